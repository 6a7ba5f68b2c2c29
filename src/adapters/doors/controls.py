"""Cancels, halts and resumes, from untrusted text to commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from adapters.doors.text import read_name, read_note, read_reason, read_side, read_venue
from ports.commands import NORMAL, CancelAll, CancelOrder, HaltMode, HaltScope, LiftHalt, RaiseHalt
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey
from ports.values import AccountId, Principal, StrategyId, VenueId, parse_operation_id

_SCOPES: Final = {str(scope): scope for scope in HaltScope}
_MODES: Final = {"": HaltMode.HALT} | {str(mode): mode for mode in HaltMode}
CANCEL_FILTERS: Final = ("strategy_id", "venue", "instrument_key", "account", "side")


def read_cancel(operation_id: str, reason: str, principal: Principal) -> CancelOrder:
    """Read the cancellation of one order.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    return CancelOrder(
        operation_id=parse_operation_id("operation_id", operation_id),
        principal=principal,
        reason=read_note("reason", reason),
    )


def read_cancel_all(filters: Mapping[str, str], reason: str, principal: Principal) -> CancelAll:
    """Read the cancellation of every order that `CANCEL_FILTERS` leave; an empty or missing one does not filter.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    strategy_id, venue, instrument_key, account, side = (filters.get(name, "") for name in CANCEL_FILTERS)
    return CancelAll(
        principal=principal,
        strategy_id=StrategyId(read_name("strategy_id", strategy_id)) if strategy_id else None,
        venue=VenueId(read_venue("venue", venue)) if venue else None,
        instrument=InstrumentKey(instrument_key) if instrument_key else None,
        account=AccountId(read_name("account", account)) if account else None,
        side=read_side("side", side) if side else None,
        reason=read_note("reason", reason),
    )


def read_halt(scope: str, scope_value: str, mode: str, reason: str, principal: Principal) -> RaiseHalt:
    """Read a halt; scope and mode are read in any case, an empty mode is `halt`.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    halt_scope = _scope(scope)
    halt_mode = _MODES.get(mode.lower())
    if halt_mode is None:
        raise _unknown("mode", mode, HaltMode)
    return RaiseHalt(
        scope=halt_scope,
        value=_scope_value(halt_scope, scope_value),
        mode=halt_mode,
        principal=principal,
        reason=read_reason("reason", reason),
    )


def read_flatten(
    scope: str, scope_value: str, reason: str, algorithm: str, params: Mapping[str, str], principal: Principal
) -> RaiseHalt:
    """Read the closing of every position of a scope, which is a halt in mode `flatten`.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    if algorithm not in ("", NORMAL):
        raise InvalidInputError("exec_algorithm", algorithm, f"positions are closed by {NORMAL} market orders")
    if params:
        raise InvalidInputError(
            "exec_algorithm_params", " ".join(params), f"{NORMAL} has no parameters: leave them out"
        )
    return read_halt(scope, scope_value, HaltMode.FLATTEN, reason, principal)


def read_resume(scope: str, scope_value: str, reason: str, principal: Principal) -> LiftHalt:
    """Read the end of a halt.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    halt_scope = _scope(scope)
    return LiftHalt(
        scope=halt_scope,
        value=_scope_value(halt_scope, scope_value),
        principal=principal,
        reason=read_reason("reason", reason),
    )


def _scope(text: str) -> HaltScope:
    scope = _SCOPES.get(text.lower())
    if scope is None:
        raise _unknown("scope", text, HaltScope)
    return scope


def _scope_value(scope: HaltScope, text: str) -> str:
    match scope:
        case HaltScope.GLOBAL:
            if text:
                raise InvalidInputError("scope_value", text, "a global halt has no value: leave it empty")
            return ""
        case HaltScope.INSTRUMENT:
            return InstrumentKey(text)
        case HaltScope.ORDER:
            return parse_operation_id("scope_value", text)
        case HaltScope.VENUE:
            return read_venue("scope_value", text)
        case HaltScope.STRATEGY | HaltScope.ACCOUNT:
            return read_name("scope_value", text)


def _unknown(field: str, text: str, known: Iterable[str]) -> InvalidInputError:
    return InvalidInputError(field, text, f"there is no such word; write one of: {' '.join(known)}")
