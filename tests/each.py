"""Check many rows in one test: an id of its own costs more than what it checks."""

from collections.abc import Callable, Iterable


def each[T](rows: Iterable[tuple[str, T]], check: Callable[[T], None]) -> None:
    """Check every row; fail with the names of all that are wrong, and why each is."""
    wrong: dict[str, Exception] = {}
    count = 0
    for count, (name, row) in enumerate(rows, 1):
        try:
            check(row)
        except Exception as err:  # noqa: BLE001 (the rest is to be checked as well)
            err.add_note(name)
            wrong[f"{count}: {name}"] = err
    assert count, "there is no row to check"
    if wrong:
        raise ExceptionGroup("; ".join(wrong), list(wrong.values()))
