"""Positions that a flatten closes and whose closing orders come to nothing: how often in a row, and since when."""

from __future__ import annotations

from core.positions.ledger import PositionKey
from ports.values import AccountId


class Closings:
    """Closing orders that ended without a trade, in a row, by position; made from facts."""

    def __init__(self) -> None:
        self._failed: dict[PositionKey, tuple[int, int]] = {}  # how often, and when last

    def failed(self, key: PositionKey, now_ns: int) -> None:
        """A closing order ended, and nothing of it had traded."""
        self._failed[key] = (self.times(key) + 1, now_ns)

    def moved(self, key: PositionKey) -> None:
        """The position traded, or somebody adjusted it: what was refused before says nothing any more."""
        if self._failed:
            self._failed.pop(key, None)

    def came_up(self, account: AccountId) -> None:
        """An account is ready again: its venue may think otherwise now."""
        for key in [one for one in self._failed if one[0] == account]:
            del self._failed[key]

    def times(self, key: PositionKey) -> int:
        """Return how many closing orders in a row came to nothing."""
        return self._failed.get(key, (0, 0))[0]

    def last_ns(self, key: PositionKey) -> int:
        """Return when the last of them ended; 0 where none did."""
        return self._failed.get(key, (0, 0))[1]

    def canonical(self) -> tuple[object, ...]:
        """Return all of it in one fixed shape."""
        return tuple([(*key, *told) for key, told in sorted(self._failed.items())])
