"""`livexec exposure`, `venues`, `halt` and `resume`: what is at stake, where it trades, and the kill switch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from app.cli.failures import usage
from app.cli.options import HERE, Connection, Whole, given
from app.cli.output import emit, results_alone
from app.cli.progress import progress
from app.cli.tables import moment, table
from app.cli.work import report
from app.cli.work_views import drill_text
from ports import shown

_ROUNDS: Final = 5
_WITHOUT_IT: Final = (
    "start it with `livexec run`, or give --url; to stop trading without it: the file HALT in its state folder, "
    "or `livexec kill`"
)

type Group = Literal["instrument", "strategy", "venue", "base-asset"]


def exposure(
    *,
    by: Annotated[Group, Parameter(help="What to show beside the whole.")] = "instrument",
    strategy_id: str = "",
    venue: str = "",
    connection: Connection = HERE,
) -> int:
    """Show gross and net exposure in USD: in all, and by instrument, strategy, venue or base asset.

    Parameters
    ----------
    strategy_id:
        Only this strategy's.
    venue:
        Only at this venue.
    """
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        found = service.read("/api/exposure", given({"strategy_id": strategy_id, "venue": venue}))
    rows = [*found[f"by_{by.replace('-', '_')}"], found["total"] | {"group": f"all, {found['currency']}"}]
    emit({"ok": True, **found}, table(rows, shown.EXPOSURE), as_json=connection.json)
    return 0


def venues(*, connection: Connection = HERE) -> int:
    """Show every venue's state."""
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        found = service.read("/api/venues")
    rows = [{**each, "last_message": moment(each["last_message_ns"])} for each in found["venues"]]
    human = table(rows, shown.VENUES) if rows else "no venues"
    emit({"ok": True, **found}, human, as_json=connection.json)
    return 0


def halt(
    *,
    scope: str = "",
    value: str = "",
    mode: str = "",
    reason: str = "",
    drill: bool = False,
    rounds: Whole | None = None,
    connection: Connection = HERE,
) -> int:
    """Let no order open risk in a scope until it is resumed; it survives restarts, and cancels always pass.

    With --drill nothing that runs is halted: a service of its own, on paper venues, is flattened and the time measured.

    Parameters
    ----------
    scope:
        order, strategy, instrument, account, venue or global.
    value:
        Which one (an order by its operation id); not for global.
    mode:
        halt: only reduce-only orders go out. reduce: those too that shrink a position. cancel: halt, and take back what
        works or is held. flatten: that, and close the positions. Without it: halt.
    reason:
        For the record; every halt needs one.
    drill:
        Measure the time to flat on paper, over --rounds rounds, and halt nothing.
    rounds:
        Of a drill; 5 without it.
    """
    if drill:
        return _drill((scope, value, mode, reason), rounds, as_json=connection.json)
    if rounds is not None:
        raise usage("--rounds", str(rounds), "only a drill has rounds: add --drill, or leave it out")
    for name, text in (("--scope", scope), ("--reason", reason)):
        if not text:
            raise usage(name, text, "a halt needs both: which scope, and why (see livexec halt --help)")
    return _control("halt", {"scope": scope, "scope_value": value, "mode": mode, "reason": reason}, connection)


def flatten(*, scope: str, value: str = "", reason: str, connection: Connection = HERE) -> int:
    """Halt a scope, take back what works, and close its positions by market orders until there are none.

    It goes on through restarts until the scope is resumed.

    Parameters
    ----------
    scope:
        strategy, instrument, account, venue or global.
    value:
        Which one; not for global.
    reason:
        For the record.
    """
    return _control("flatten", {"scope": scope, "scope_value": value, "reason": reason}, connection)


def resume(*, scope: str, value: str = "", reason: str, connection: Connection = HERE) -> int:
    """Let a halted scope trade again; a wider or narrower halt stays.

    Parameters
    ----------
    scope:
        As it was halted: order, strategy, instrument, account, venue or global.
    value:
        Which one; not for global.
    reason:
        For the record.
    """
    return _control("resume", {"scope": scope, "scope_value": value, "reason": reason}, connection)


def _drill(of_a_halt: Sequence[str], rounds: int | None, *, as_json: bool) -> int:
    if any(of_a_halt):
        remedy = "a drill flattens its own paper service: leave out --scope, --value, --mode and --reason"
        raise usage("--drill", " ".join(text for text in of_a_halt if text), remedy)
    if rounds == 0:
        raise usage("--rounds", "0", "write at least 1")
    with results_alone(), progress() as tell:
        from app.demo import run_drill

        result = run_drill(rounds or _ROUNDS, tell)
    return report(result, drill_text(result), as_json=as_json)


def _control(action: str, body: dict[str, str], connection: Connection) -> int:
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        found = service.change("POST", f"/api/control/{action}", body=given(body), instead=_WITHOUT_IT).document
    changed = "changed  yes" if found["changed"] else "changed  no (it was so already)"
    rows = [{**each, "since": moment(each["since_ns"])} for each in found["halts"]]
    halts = table(rows, shown.HALTS) if rows else "no halts in force"
    named = [f"{what}  {' '.join(found[f'{what}_operation_ids'])}" for what in ("cancelled", "closing")]
    orders = "\n".join([line for line in named if not line.endswith("  ")])
    warning = f"warning: {found['warning']}" if found["warning"] else ""
    human = "\n\n".join([part for part in (warning, changed, orders, halts) if part])
    emit({"ok": True, **found}, human, as_json=connection.json)
    return 0
