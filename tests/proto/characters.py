"""Text of any characters."""

from typing import Final

from hypothesis import strategies as st

# The default of text, said in a way that does not encode all characters first: nearly a second.
ANY: Final = st.characters(exclude_categories=("Cs",))
