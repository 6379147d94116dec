"""Eleksol: the JBD protocol on another service. Protocol: ``dialects/jbd``. Source: what aiobmsble reads."""

from typing import Final

from ..contract import Wire
from ..dialects import jbd

FAMILY: Final = jbd.family(
    "eleksol", (Wire(service="ff06", notify=("ff07",), write="ff08"),)
)
