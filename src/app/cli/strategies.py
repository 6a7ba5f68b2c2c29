"""`livexec strategies`: strategies whose signals the running service trades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

from cyclopts import App, Parameter

from app.cli.options import HERE, ORDERS_GROUP, Connection, PositiveDecimal, Texts, Whole, given, read_pairs
from app.cli.output import emit
from app.cli.tables import fields, section, table
from ports import shown
from ports.values import plain

_PATH: Final = "/api/strategies"
_SHOWN: Final = (
    *("strategy_id", "running", "size", "instruments", "exec_algorithm", "exec_algorithm_params", "max_age_secs"),
    *("principal", "error"),
)

strategies = App(name="strategies", group=ORDERS_GROUP, help="Strategies whose signals the running service trades.")

StrategyId = Annotated[str, Parameter(help="The strategy, as its signal files are called.")]


@strategies.default
def show(*, connection: Connection = HERE) -> int:
    """List the strategies, whether their signals are followed, and what became of the newest."""
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        found = service.read(_PATH)
    rows = [each | {"newest": _signal(each), "what_became_of_it": _answer(each)} for each in found["strategies"]]
    emit(
        {"ok": True, **found}, table(rows, shown.STRATEGIES) if rows else "none is configured", as_json=connection.json
    )
    return 0


@strategies.command
def configure(
    strategy_id: StrategyId,
    /,
    *,
    size: Annotated[
        PositiveDecimal | None, Parameter(help="What direction 1 holds; without it signals say a target_position.")
    ] = None,
    instruments: Annotated[Texts, Parameter(help="The only ones to trade; without it, all that signals name.")] = (),
    exec_algorithm: Annotated[str, Parameter(help="Of signals that name none.")] = "",
    param: Annotated[Texts, Parameter(help="A parameter of that algorithm, name=value.")] = (),
    max_age_secs: Annotated[Whole, Parameter(help="A signal that began longer ago is not traded.")] = 300,
    connection: Connection = HERE,
) -> int:
    """Add a strategy, stopped; or change one that is stopped."""
    body = given(
        {
            "strategy_id": strategy_id,
            "size": "" if size is None else plain(size),
            "instruments": list(instruments),
            "exec_algorithm": exec_algorithm,
            "exec_algorithm_params": read_pairs("--param", param),
            "max_age_secs": max_age_secs,
        }
    )
    return _change(connection, _PATH, body)


@strategies.command
def start(strategy_id: StrategyId, /, *, connection: Connection = HERE) -> int:
    """Follow its signals from now on, over restarts."""
    return _change(connection, f"{_PATH}/{quote(strategy_id, safe='')}/start", {})


@strategies.command
def stop(strategy_id: StrategyId, /, *, connection: Connection = HERE) -> int:
    """Follow its signals no more; its orders and positions stay."""
    return _change(connection, f"{_PATH}/{quote(strategy_id, safe='')}/stop", {})


def _change(connection: Connection, path: str, body: Mapping[str, Any]) -> int:
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        found = service.change("POST", path, body=dict(body)).document
    text = "\n".join(_parts(found))
    emit({"ok": True, **found}, text, as_json=connection.json)
    return 0


def _parts(found: Mapping[str, Any]) -> Sequence[str]:
    parts = (fields(found, _SHOWN), section("newest signal", _signal(found)), section("became", _answer(found)))
    return [part for part in parts if part]


def _signal(strategy: Mapping[str, Any]) -> str:
    signal = strategy["signal"]
    return "" if signal is None else f"{signal['direction']} in {signal['instrument_key']}"


def _answer(strategy: Mapping[str, Any]) -> str:
    answer = strategy["answer"]
    if answer is None:
        return ""
    return f"order {answer['operation_id']}" if answer["ordered"] else f"{answer['why']} {answer['detail']}".strip()
