"""The limits as one whole document, under the names that the configuration gives them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

from adapters.doors.render import Plain
from adapters.doors.text import member, read_name, read_reason, read_venue
from ports.commands import ApproveLimits, Limits, SetLimits
from ports.errors import InvalidInputError
from ports.facts import LimitsProposed
from ports.instruments import SMART, SMART_IS_NOWHERE, InstrumentKey
from ports.limits import ANY_KEY, DAY_MS, LIMIT_FIELDS, LONGEST_VOLUME_MS, MINUTE_MS, LimitKind, SelfTrade
from ports.trading_hours import parse_hours
from ports.values import Principal, parse_decimal, plain

# A document as received: every value has the type of its kind (switch: bool or None; count: int or None; else text,
# a list of texts or a map of texts), contents are not judged yet. None and empty mean: not set.
type LimitsDraft = Mapping[str, Any]
type _Reader = Callable[[str, Any], Any]

PATH: Final = "limits"  # what refusals call the document
MAX_KEYS: Final = 10_000
MAX_RATE: Final = 1_000_000_000  # orders; nothing real sends more in a minute
LONGEST_CURRENCY: Final = 20
LONGEST_HOURS: Final = 1000
UNKNOWN_VENUE: Final = "nobody here knows {}, so that it holds nothing"
_OF_VENUES: Final = frozenset(
    {
        *(LimitKind.AMOUNT_BY_VENUE, LimitKind.COUNT_BY_VENUE, LimitKind.VENUES),
        *(LimitKind.AMOUNT_BY_INSTRUMENT, LimitKind.INSTRUMENTS, LimitKind.HOURS),
    }
)
_DECISIONS: Final = {"APPROVE": True, "REFUSE": False}


def read_limits(draft: LimitsDraft, reason: str, principal: Principal) -> SetLimits:
    """Judge a whole document of limits and return the command that puts it in force.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    if draft.get("enabled") is None:
        raise InvalidInputError(f"{PATH}.enabled", "", "write true; false switches every limit off")
    given = {
        field.attribute: _READERS[field.kind](f"{PATH}.{field.name}", value)
        for field in LIMIT_FIELDS
        if (value := draft.get(field.name)) not in (None, "")
    }
    return SetLimits(limits=Limits(**given), principal=principal, reason=read_reason("reason", reason))


def read_approval(proposal_id: str, decision: str, reason: str, principal: Principal) -> ApproveLimits:
    """Read a second person's word on limits that wait for it.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    approve = _DECISIONS.get(decision.upper())
    if approve is None:
        raise InvalidInputError("decision", decision, f"write one of {', '.join(_DECISIONS)}")
    if not proposal_id:
        raise InvalidInputError("proposal_id", proposal_id, "name what waits: reading the limits shows it as pending")
    return ApproveLimits(
        proposal_id=read_name("proposal_id", proposal_id),
        approve=approve,
        principal=principal,
        reason=read_reason("reason", reason),
    )


def proposal_plain(proposal: LimitsProposed | None, now_ns: int) -> Plain | None:
    """Return what waits for a second person as plain data; None where nothing does, or its time is over."""
    if proposal is None or now_ns >= proposal.expires_ns:
        return None
    return {
        "proposal_id": proposal.proposal_id,
        "principal": proposal.principal,
        "reason": proposal.reason,
        "proposed_ns": proposal.proposed_ns,
        "expires_ns": proposal.expires_ns,
        "changes": [asdict(change) for change in proposal.changes],
    }


def venues_named(limits: Limits) -> Iterator[tuple[str, str]]:
    """Return each limit of a venue or of an instrument, as `NAME: KEY`, and the venue that it is of."""
    for field in LIMIT_FIELDS:
        if field.kind in _OF_VENUES:
            for key in getattr(limits, field.attribute):
                if key != ANY_KEY:
                    yield f"{field.name}: {key}", InstrumentKey(key).venue if ":" in key else key


def limit_warnings(limits: Limits, known: Collection[str]) -> list[str]:
    """Say which limits hold nothing, since no adapter and no plugin brings their venue; `known` empty: nobody can say.

    A venue that is known and not traded here is none of them: a document of limits may serve several processes.
    """
    named = venues_named(limits) if known else ()
    return [f"{where}: {UNKNOWN_VENUE.format(venue)}" for where, venue in named if venue not in known]


def limits_plain(limits: Limits) -> Plain:
    """Return the whole document as plain data: None where a limit is not set, decimals as text, keys in order."""
    return {field.name: _plainly(getattr(limits, field.attribute)) for field in LIMIT_FIELDS}


def _plainly(value: object) -> object:
    match value:
        case Decimal():
            return plain(value)
        case Mapping():
            return {key: _plainly(value[key]) for key in sorted(value)}
        case tuple():
            return sorted(value)
        case SelfTrade():
            return value.value
        case _:
            return value


def _count(where: str, number: int) -> int:
    if not 1 <= number <= MAX_RATE:
        raise InvalidInputError(where, number, f"write a whole number from 1 to {MAX_RATE}; to let no order pass, halt")
    return number


def _milliseconds(longest: int) -> _Reader:
    def read(where: str, number: int) -> int:
        if not 1 <= number <= longest:
            raise InvalidInputError(where, number, f"write milliseconds from 1 to {longest}")
        return number

    return read


def _amount(where: str, text: str) -> Decimal:
    value = parse_decimal(where, text)
    if value < 0:
        raise InvalidInputError(where, text, "must not be below zero")
    return value


def _whole(where: str, text: str) -> Decimal:
    value = _amount(where, text)
    if value != int(value):
        raise InvalidInputError(where, text, "write a whole number")
    return Decimal(_count(where, int(value)))


def _rate(where: str, text: str) -> Decimal:
    value = _amount(where, text)
    if not value:
        raise InvalidInputError(where, text, "must be greater than zero: else what is counted in it has no limit")
    return value


def _instrument(where: str, text: str) -> str:
    try:
        instrument = InstrumentKey(text)
    except InvalidInputError as wrong:
        raise InvalidInputError(where, text, wrong.remedy) from None
    if instrument.venue == SMART:
        raise InvalidInputError(where, text, SMART_IS_NOWHERE)
    return instrument


def _currency(where: str, text: str) -> str:
    if len(text) > LONGEST_CURRENCY or not text.isascii() or not text.isalnum() or text != text.upper():
        raise InvalidInputError(where, text, "write a currency in capitals, such as EUR")
    return text


def _venue_or_instrument(where: str, text: str) -> str:
    return _instrument(where, text) if ":" in text else read_venue(where, text)


def _hours(where: str, text: str) -> str:
    if len(text) > LONGEST_HOURS:
        raise InvalidInputError(where, text[:60], f"write at most {LONGEST_HOURS} characters")
    parse_hours(where, text)
    return text


def _self_trade(where: str, text: str) -> SelfTrade:
    try:
        return SelfTrade(text)
    except ValueError:
        raise InvalidInputError(where, text, f"write one of {', '.join(SelfTrade)}") from None


def _switch(where: str, value: bool) -> bool:
    return value


def _map(key: _Reader, value: _Reader, *, with_default: bool = True) -> _Reader:
    def read(where: str, given: Mapping[str, str]) -> dict[str, Any]:
        if len(given) > MAX_KEYS:
            raise InvalidInputError(where, f"{len(given)} entries", f"give at most {MAX_KEYS}")
        found: dict[str, Any] = {}
        for text, amount in given.items():
            at = member(where, text)
            name = ANY_KEY if with_default and text == ANY_KEY else key(at, text)
            if name in found:
                raise InvalidInputError(at, amount, f"{name} is there twice: give it once")
            found[name] = value(at, amount)
        return found

    return read


def _list(one: _Reader, *, with_default: bool = False) -> _Reader:
    def read(where: str, given: Sequence[str]) -> tuple[str, ...]:
        if len(given) > MAX_KEYS:
            raise InvalidInputError(where, f"{len(given)} entries", f"give at most {MAX_KEYS}")
        names = [ANY_KEY if with_default and text == ANY_KEY else one(where, text) for text in given]
        if len(set(names)) < len(names):
            raise InvalidInputError(where, ", ".join(names[:20]), "give each once")
        return tuple(sorted(names))

    return read


_READERS: Final[Mapping[LimitKind, _Reader]] = {
    LimitKind.SWITCH: _switch,
    LimitKind.COUNT: _count,
    LimitKind.WINDOW_MS: _milliseconds(MINUTE_MS),
    LimitKind.VOLUME_MS: _milliseconds(LONGEST_VOLUME_MS),
    LimitKind.DAY_MS: _milliseconds(DAY_MS),
    LimitKind.AMOUNT: _amount,
    LimitKind.AMOUNT_BY_INSTRUMENT: _map(_instrument, _amount),
    LimitKind.AMOUNT_BY_STRATEGY: _map(read_name, _amount),
    LimitKind.AMOUNT_BY_VENUE: _map(read_venue, _amount),
    LimitKind.AMOUNT_BY_CURRENCY: _map(_currency, _amount),
    LimitKind.COUNT_BY_VENUE: _map(read_venue, _whole),
    LimitKind.RATE_BY_CURRENCY: _map(_currency, _rate, with_default=False),
    LimitKind.SELF_TRADE: _self_trade,
    LimitKind.INSTRUMENTS: _list(_instrument),
    LimitKind.CURRENCIES: _list(_currency),
    LimitKind.STRATEGIES: _list(read_name),
    LimitKind.VENUES: _list(read_venue, with_default=True),
    LimitKind.HOURS: _map(_venue_or_instrument, _hours),
}
