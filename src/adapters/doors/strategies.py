"""Strategies whose signals are traded, and signals that are pushed: from untrusted text, and to plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.doors.errors import Kind, Refusal, RefusedError
from adapters.doors.render import Plain
from adapters.doors.service import Service
from adapters.doors.text import read_count, read_map, read_name
from ports.algorithms import ALGORITHM_NAMES, is_of_plugin
from ports.commands import NORMAL
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey
from ports.signals import Signal, SignalAnswer, SignalStrategies, SignalStrategy, StrategyView
from ports.values import Principal, StrategyId, parse_decimal, plain

_SECOND_NS: Final = 1_000_000_000
_OLDEST_S: Final = 86_400
_USUAL_S: Final = 300
_MOST_INSTRUMENTS: Final = 1_000
_MOST_PARAMS: Final = 64
_EARLIEST_NS: Final = 10**18  # 2001: what is smaller is in another unit
_DIRECTIONS: Final = (-1, 0, 1)
_MAKE: Final = "configure it first: `livexec strategies configure`"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyDraft:
    """A strategy as received."""

    strategy_id: str = ""
    size: str = ""
    instruments: Sequence[str] = ()
    exec_algorithm: str = ""
    exec_algorithm_params: Mapping[str, str] = field(default_factory=dict)
    max_age_secs: int = _USUAL_S


def read_strategy(draft: StrategyDraft) -> SignalStrategy:
    """Judge a strategy's configuration.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    size = parse_decimal("size", draft.size) if draft.size else None
    if size is not None and size <= 0:
        raise InvalidInputError("size", draft.size, "write a number above zero; without it signals say a target")
    if len(draft.instruments) > _MOST_INSTRUMENTS:
        raise InvalidInputError("instruments", len(draft.instruments), f"name at most {_MOST_INSTRUMENTS}")
    max_age_s = read_count("max_age_secs", draft.max_age_secs, _OLDEST_S)
    if not max_age_s:
        raise InvalidInputError("max_age_secs", 0, f"write 1 to {_OLDEST_S} seconds")
    return SignalStrategy(
        strategy_id=StrategyId(read_name("strategy_id", draft.strategy_id)),
        size=size,
        instruments=tuple([InstrumentKey(each) for each in draft.instruments]),
        exec_algorithm=_algorithm(draft.exec_algorithm) or NORMAL,
        exec_algorithm_params=read_map("exec_algorithm_params", draft.exec_algorithm_params, _MOST_PARAMS),
        max_age_ns=max_age_s * _SECOND_NS,
    )


def read_signal(
    *,
    strategy_id: str,
    instrument_key: str,
    timestamp_ns: int,
    direction: int,
    target_position: str,
    exec_algorithm: str,
    exec_algorithm_params: Mapping[str, str],
) -> Signal:
    """Judge a signal that somebody pushes.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    if read_count("timestamp_ns", timestamp_ns) < _EARLIEST_NS:
        raise InvalidInputError("timestamp_ns", timestamp_ns, "write UTC nanoseconds")
    if direction not in _DIRECTIONS:
        raise InvalidInputError("direction", direction, "write -1, 0 or 1")
    return Signal(
        strategy_id=StrategyId(read_name("strategy_id", strategy_id)),
        instrument=InstrumentKey(instrument_key),
        start_ns=timestamp_ns,
        direction=direction,
        target_position=parse_decimal("target_position", target_position) if target_position else None,
        exec_algorithm=_algorithm(exec_algorithm),
        exec_algorithm_params=read_map("exec_algorithm_params", exec_algorithm_params, _MOST_PARAMS),
    )


def list_strategies(service: Service) -> Plain:
    """Return every configured strategy."""
    return {"strategies": [strategy_plain(each) for each in service.strategies.listed()]}


async def configure(service: Service, strategy: SignalStrategy, principal: Principal) -> Plain:
    """Add a strategy, or change one that is stopped.

    Raises:
        RefusedError: it runs, with other terms.
    """
    view = await service.strategies.configure(strategy, principal)
    if view is None:
        shown, remedy = repr(strategy.strategy_id), "it runs with other terms: stop it first"
        message = f"strategy_id: {shown} is not usable: {remedy}"
        raise RefusedError(Refusal(Kind.OPERATION_CONFLICT, message, "strategy_id", shown, remedy))
    return strategy_plain(view)


def checked(service: Service, strategy: SignalStrategy) -> Plain:
    """Return a strategy as it would be kept; nothing is.

    Raises:
        InvalidInputError: nobody lists one of its instruments.
    """
    for instrument in strategy.instruments:
        if not service.listed_in(instrument):
            raise InvalidInputError("instruments", instrument, "no venue lists it: see /api/instruments")
    view = StrategyView(strategy=strategy, running=False, principal=Principal(""), signal=None, answer=None, error="")
    return strategy_plain(view)


async def set_running(service: Service, strategy_id: str, principal: Principal, *, running: bool) -> Plain:
    """Start or stop a strategy.

    Raises:
        InvalidInputError: the name cannot be one.
        RefusedError: it is not configured.
    """
    strategies: SignalStrategies = service.strategies
    named = StrategyId(read_name("strategy_id", strategy_id))
    view = await (strategies.start(named, principal) if running else strategies.stop(named, principal))
    if view is None:
        raise _unknown(named)
    return strategy_plain(view)


async def push(service: Service, signal: Signal) -> Plain:
    """Trade a signal; a repeated one is answered as it was.

    Raises:
        RefusedError: its strategy is not configured.
    """
    answer = await service.strategies.push(signal)
    if answer is None:
        raise _unknown(signal.strategy_id)
    return answer_plain(answer)


def strategy_plain(view: StrategyView) -> Plain:
    """Return a strategy as plain data."""
    strategy = view.strategy
    return {
        "strategy_id": strategy.strategy_id,
        "running": view.running,
        "size": "" if strategy.size is None else plain(strategy.size),
        "instruments": list(strategy.instruments),
        "exec_algorithm": strategy.exec_algorithm,
        "exec_algorithm_params": dict(strategy.exec_algorithm_params),
        "max_age_secs": strategy.max_age_ns // _SECOND_NS,
        "principal": view.principal,
        "signal": None if view.signal is None else _signal_plain(view.signal),
        "answer": None if view.answer is None else answer_plain(view.answer),
        "error": view.error,
    }


def answer_plain(answer: SignalAnswer) -> Plain:
    """Return what became of a signal, as plain data."""
    return {
        "operation_id": answer.operation_id,
        "ordered": not answer.why,
        "why": answer.why,
        "detail": answer.detail,
        "again": answer.again,
    }


def _signal_plain(signal: Signal) -> Plain:
    target = signal.target_position
    return {
        "instrument_key": str(signal.instrument),
        "timestamp_ns": signal.start_ns,
        "direction": signal.direction,
        "target_position": "" if target is None else plain(target),
    }


def _algorithm(name: str) -> str:
    if name and name != NORMAL and name not in ALGORITHM_NAMES and not is_of_plugin(name):
        raise InvalidInputError("exec_algorithm", name, f"write {NORMAL}, {', '.join(ALGORITHM_NAMES)}, or nothing")
    return name


def _unknown(strategy_id: StrategyId) -> RefusedError:
    shown = repr(strategy_id)
    message = f"strategy_id: {shown} is not known: {_MAKE}"
    return RefusedError(Refusal(Kind.NOT_FOUND, message, "strategy_id", shown, _MAKE))
