"""How a check fails: with what was found, and what the author of the plugin has to mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class NonconformanceError(AssertionError):
    """A promise of `ports.venue` is not kept."""

    def __init__(self, mend: str, found: object = "") -> None:
        self.mend = mend
        shown = f"\n  found: {found}" if found != "" else ""
        super().__init__(f"{mend}{shown}")


def demand(holds: object, mend: str, found: object = "") -> None:
    """Let the check fail, with what to mend, unless something holds."""
    if not holds:
        raise NonconformanceError(mend, found)


@contextmanager
def raises(kind: type[Exception], mend: str) -> Iterator[None]:
    """Let the check fail, with what to mend, unless the block raises an error of that kind."""
    try:
        yield
    except kind:
        return
    except Exception as other:
        raise NonconformanceError(mend, f"{type(other).__name__}: {other}") from other
    raise NonconformanceError(mend, f"no {kind.__name__}")
