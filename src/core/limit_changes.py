"""What changes between two documents of limits, and whether a change lets more through than before."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ports.commands import Limits
from ports.facts import LimitChange
from ports.limits import ANY_KEY, LIMIT_FIELDS, LimitField, LimitKind, SelfTrade
from ports.values import plain

# Of these a larger number asks for more; of all others it allows more.
_LEAST: Final = frozenset({"min_order_quantity", "min_order_value"})
_LONGER_IS_TIGHTER: Final = frozenset({"duplicate_window_ms"})
# What limits are reckoned from: which way it goes depends on the rest, so that any change counts as loosening.
_RECKONED_FROM: Final = frozenset(
    {
        *("runaway_window_ms", "volume_window_ms", "reference_max_age_ms", "messages_per_trade_from"),
        *("price_move_window_ms", "concentration_from", "leverage", "usd_per"),
    }
)
_LISTS: Final = frozenset({LimitKind.INSTRUMENTS, LimitKind.CURRENCIES, LimitKind.STRATEGIES, LimitKind.VENUES})
_SELF_TRADE: Final = (SelfTrade.ALLOW, SelfTrade.CANCEL_RESTING, SelfTrade.REFUSE)  # from the loosest


def changes_between(old: Limits, new: Limits) -> tuple[LimitChange, ...]:
    """Return every limit that differs, by its name in documents, as text; what is not set is empty."""
    return tuple(
        [
            LimitChange(name=field.name, old=_text(before), new=_text(after), loosens=_loosens(field, before, after))
            for field in LIMIT_FIELDS
            for before, after in ((getattr(old, field.attribute), getattr(new, field.attribute)),)
            if before != after
        ]
    )


def _loosens(field: LimitField, before: Any, after: Any) -> bool:
    if field.kind is LimitKind.SWITCH:
        return not after
    if field.kind is LimitKind.SELF_TRADE:
        return _SELF_TRADE.index(after) < _SELF_TRADE.index(before)
    if field.name in _RECKONED_FROM:
        return True
    if field.kind is LimitKind.HOURS:
        return bool(before)  # where there were none, everything was open
    if field.kind in _LISTS:
        return not set(before) <= set(after)
    more_is_looser = field.name not in _LEAST | _LONGER_IS_TIGHTER
    if isinstance(before, Mapping):
        return any(
            _lets_more(_limit(before, key), _limit(after, key), more_is_looser=more_is_looser)
            for key in {*before, *after, ANY_KEY}
        )
    return _lets_more(before, after, more_is_looser=more_is_looser)


def _limit(limits: Mapping[str, Decimal], key: str) -> Decimal | None:
    own = limits.get(key)
    return own if own is not None else limits.get(ANY_KEY)


def _lets_more(before: Decimal | int | None, after: Decimal | int | None, *, more_is_looser: bool) -> bool:
    """Say whether one number lets more through than another; none at all lets everything."""
    if before is None or before == after:
        return False
    if after is None:
        return True
    return (after > before) is more_is_looser


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return plain(value)
        case Mapping():
            return ", ".join(f"{key}: {_text(value[key])}" for key in sorted(value))
        case tuple():
            return ", ".join(sorted(value))
        case _:
            return str(value)
