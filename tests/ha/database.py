"""A house with a database: for tests of what is recorded."""

from freezegun.api import FrozenDateTimeFactory
import pytest


# In the place of the common one, which would set Home Assistant up before its database is there.
@pytest.fixture(autouse=True, name="_our_integration")
def written_database(
    frozen: FrozenDateTimeFactory,
    recorder_mock: object,
    enable_custom_integrations: None,
) -> None:
    """Give a house whose database is written; it has to be there first."""
