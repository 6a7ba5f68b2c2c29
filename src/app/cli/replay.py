"""`livexec replay`: signals worked again over recorded markets, or a recorded session led again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from app.cli.failures import usage
from app.cli.options import Config, Json, PositiveDecimal, Texts, Whole, read_pairs
from app.cli.output import results_alone
from app.cli.progress import progress
from app.cli.tables import fields, section, table
from app.cli.work import report
from app.cli.work_views import replay_text
from ports.commands import NORMAL
from ports.instruments import InstrumentKey
from ports.values import StrategyId

if TYPE_CHECKING:
    from app.replay import ReplaySpec


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class SignalOptions:
    """Which signals are worked again, over what, and how."""

    signals: Annotated[str, Parameter(help="Where signals/by_date is: a folder, or gs://BUCKET.")] = ""
    ticks: Annotated[str, Parameter(help="Where raw_tick_data/by_date is.")] = ""
    out: Annotated[str, Parameter(help="Where the results go.")] = ""
    days: Annotated[str, Parameter(help="2024-08-08, 2024-08-08..2024-08-23, several joined by commas.")] = ""
    instruments: Annotated[Texts, Parameter(help="Only these.")] = ()
    strategies: Annotated[Texts, Parameter(help="Only these.")] = ()
    size: Annotated[
        PositiveDecimal | None, Parameter(help="What direction 1 holds, where signals have no target_position.")
    ] = None
    exec_algorithm: Annotated[str, Parameter(help="Of signals that name none.")] = NORMAL
    param: Annotated[Texts, Parameter(help="A parameter of that algorithm, name=value.")] = ()
    definitions: Annotated[
        str, Parameter(help="Where instrument_availability/by_date is, for instruments that are not built in.")
    ] = ""
    seed: Annotated[Whole, Parameter(help="Of everything drawn by lot.")] = 0
    workers: Annotated[Whole, Parameter(help="Processes that work at once.")] = 1
    dask: Annotated[str | None, Parameter(help="The scheduler of a Dask cluster that works instead.")] = None
    config: Config = None

    def checked(self) -> SignalOptions:
        """Return themselves.

        Raises:
            FailedError: a place is missing, or nobody is to work.
        """
        places = {"--signals": self.signals, "--ticks": self.ticks, "--out": self.out}
        missing = next((option for option, place in places.items() if not place), None)
        if missing is not None:
            raise usage(missing, "", "give --signals, --ticks and --out, or --session with --verify")
        if self.workers == 0:
            raise usage("--workers", "0", "write at least 1")
        return self


_NO_SIGNALS: Final = SignalOptions()


def replay(
    *,
    of_signals: SignalOptions = _NO_SIGNALS,
    session: Annotated[
        Path | None, Parameter(help="Instead: the state folder of a session recorded by livexec run --record.")
    ] = None,
    verify: bool = False,
    database_url: Annotated[str | None, Parameter(help="Where its journal is, if not in that folder.")] = None,
    json: Json = False,
) -> int:
    """Work the days of strategies' signals over the windows of recorded ticks that they need, and write the results.

    Every order goes through the unchanged core. Begun again after a kill, it does only what was left; a day that fails
    is told, and the others have their results. With --session: lead a recorded session again, message by message, and
    hold every fact against its journal's, byte for byte; the service that wrote it must not be running. Exit 0 only
    where nothing failed or differs and every invariant holds.

    Parameters
    ----------
    verify:
        With --session: say so, there is nothing else that can be done with a session yet.
    """
    if session is not None:
        if of_signals != _NO_SIGNALS:
            raise usage("--session", str(session), "give it alone: a session has its own orders")
        return _lead_again(session, database_url, verify=verify, as_json=json)
    given = of_signals.checked()
    with results_alone(), progress() as tell:
        from app.replay import pool_of, run_replay

        result = run_replay(_spec(given), partial(pool_of, given.workers, given.dask), tell)
    return report(result, _text(result), as_json=json)


def _spec(given: SignalOptions) -> ReplaySpec:
    from app.replay import ReplaySpec, read_days
    from app.settings import load_settings
    from app.settings_limits import dollars, risk_limits
    from app.volume_curves import configured_curves

    settings = load_settings(given.config, os.environ)
    return ReplaySpec(
        signals=given.signals,
        ticks=given.ticks,
        out=given.out,
        definitions=given.definitions,
        days=read_days(given.days),
        strategies=tuple([StrategyId(each) for each in given.strategies]),
        instruments=tuple([InstrumentKey(each) for each in given.instruments]),
        size=given.size,
        exec_algorithm=given.exec_algorithm,
        exec_algorithm_params=read_pairs("--param", given.param),
        seed=given.seed,
        start_value_usd=dollars(settings.paper.starting_balances),
        limits=risk_limits(settings),
        volume_curves=tuple(configured_curves(settings)),
        markout_secs=settings.results.markout_secs,
        endpoint=settings.gcs.endpoint,
    )


def _lead_again(session: Path, database_url: str | None, *, verify: bool, as_json: bool) -> int:
    if not verify:
        raise usage("--verify", "", "add it: a session is led again to be verified")
    with results_alone(), progress() as tell:
        from app.replaying import replay_session

        result = replay_session(session, database_url, tell)
    return report(result, replay_text(result), as_json=as_json)


def _text(result: Mapping[str, Any]) -> str:
    figures = [{"figure": name, "value": value} for name, value in result["summary"].items() if name != "by_status"]
    ends = ", ".join(f"{count} {status}" for status, count in result["summary"]["by_status"].items())
    untraded = ", ".join(f"{count} {why}" for why, count in result["not_traded"].items())
    return "\n".join(
        part
        for part in (
            fields(result, ("run_id", "tasks", "worked_now", "signals", "windows", "quotes", "trades")),
            table(figures, ("figure", "value")),
            section("orders", ends),
            section("signals that were not traded", untraded),
            section("failed", "\n".join(f"{each['name']}: {each['error']}" for each in result["failed"])),
            f"results: {result['results']}",
        )
        if part
    )
