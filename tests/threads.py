"""Helper threads end by themselves, however late a loaded machine wakes them.

Home Assistant interrupts a thread that has not ended within a part of a second. One that is interrupted just
when it took the sign to end from the queue does not hand it on: the others wait for it for ever, and the test
kit finds them.
"""

from homeassistant.util.executor import InterruptibleThreadPoolExecutor

from .patience import PATIENCE


def join_all(pool: InterruptibleThreadPoolExecutor) -> None:
    """Wait for the threads of a pool that takes no more work."""
    for thread in [*pool._threads]:
        thread.join(PATIENCE)


InterruptibleThreadPoolExecutor.join_threads_or_timeout = join_all  # type: ignore[assignment, method-assign]
