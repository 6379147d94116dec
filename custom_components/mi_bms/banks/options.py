"""What the user may set for a bank."""

from typing import Final

from ..options import Option, schema

PARTIAL: Final = Option(key="partial", default=False)
TOGETHER: Final = Option(key="together", default=False)
# In the order of the form.
ROWS: Final = (PARTIAL, TOGETHER)
STORED: Final = schema(ROWS, {})
