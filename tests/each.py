"""Check many rows in one test: an id of its own costs more than what it checks."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def rows(
    names: str | tuple[str, ...], table: Iterable[Any]
) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Make one test of a check and all its rows; ``parametrize`` with the same words makes one of each."""

    def decorate(check: Callable[..., None]) -> Callable[[], None]:
        single = isinstance(names, str)

        def test() -> None:
            said = (((row,) if single else row) for row in table)
            each(((repr(row)[:80], row) for row in said), lambda row: check(*row))

        test.__name__, test.__qualname__ = check.__name__, check.__qualname__
        test.__module__, test.__doc__ = check.__module__, check.__doc__
        return test

    return decorate


def each[T](rows: Iterable[tuple[str, T]], check: Callable[[T], None]) -> None:
    """Check every row; fail with the names of all that are wrong, and why each is."""
    wrong: dict[str, BaseException] = {}
    count = 0
    for count, (name, row) in enumerate(rows, 1):
        try:
            check(row)
        except (Exception, pytest.fail.Exception) as err:  # noqa: BLE001 (the rest is to be checked as well)
            err.add_note(name)
            wrong[f"{count}: {name}"] = err
    assert count, "there is no row to check"
    if wrong:
        raise BaseExceptionGroup("; ".join(wrong), list(wrong.values()))
