"""What the user may set for a bank."""

from typing import Final

from ..options import Option, schema
from ..window.options import WINDOW_ROWS

PARTIAL: Final = Option(key="partial", default=False)
ESTIMATES: Final = Option(key="estimates", default=True)
TOGETHER: Final = Option(key="together", default=False)
# In the order of the form.
ROWS: Final = (PARTIAL, ESTIMATES, TOGETHER)
STORED: Final = schema((*ROWS, *WINDOW_ROWS), {})
