"""`livexec breaks`: what does not agree with the venues, and closing it by a person's word."""

from __future__ import annotations

from urllib.parse import quote

from cyclopts import App

from app.cli.options import HERE, WATCH_GROUP, Connection, Whole, given
from app.cli.output import emit
from app.cli.tables import age, fields, moment
from ports import shown

breaks = App(
    name="breaks", group=WATCH_GROUP, help="Differences between our ledger and a venue's word, each with what to do."
)


@breaks.default
def show(
    *,
    settled: bool = False,
    kind: str = "",
    venue: str = "",
    account: str = "",
    instrument_key: str = "",
    limit: Whole = 0,
    cursor: str = "",
    connection: Connection = HERE,
) -> int:
    """Show the open breaks, oldest first; or the settled ones, the last settled first.

    Parameters
    ----------
    settled:
        Those that evidence or a person settled, with how and by whom.
    kind:
        Only of this kind, such as POSITION_DIFFERS.
    venue:
        Only at this venue.
    account:
        Only in this account.
    instrument_key:
        Only of this instrument.
    limit:
        Breaks a page, at most 1000; 0: 100.
    cursor:
        The page that an earlier listing said comes next.
    """
    from app.cli.rest import Rest

    filters = given(
        {
            "status": "SETTLED" if settled else "",
            "kind": kind,
            "venue": venue,
            "account": account,
            "instrument_key": instrument_key,
            "limit": limit,
            "cursor": cursor,
        }
    )
    with Rest.of(connection) as service:
        found = service.read("/api/breaks", filters)
    none = "no settled breaks" if settled else "no open breaks"
    more = f"\n\nnext_cursor  {found['next_cursor']}" if found["next_cursor"] else ""
    human = "\n\n".join(_text(each) for each in found["breaks"]) + more if found["breaks"] else none
    emit({"ok": True, **found}, human, as_json=connection.json)
    return 0


@breaks.command
def resolve(break_id: str, /, *, how: str, reason: str = "", connection: Connection = HERE) -> int:
    """Close one break by your word; it changes no position.

    Where the answer was lost and a repeat says that no such break is open, the first one closed it.

    Parameters
    ----------
    break_id:
        As the list names it.
    how:
        What you found out and did, for the record.
    reason:
        Of BALANCE_DIFFERS alone, and required there: what moved the balance. DEPOSIT, WITHDRAWAL, TRANSFER, FEE,
        INTEREST, CONVERSION, MISSING_TRADE or OTHER.
    """
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        path = f"/api/breaks/{quote(break_id, safe='')}/resolve"
        found = service.change("POST", path, body=given({"how": how, "reason": reason})).document
    emit({"ok": True, **found}, _text(found), as_json=connection.json)
    return 0


def _text(one: dict[str, object]) -> str:
    opened_ns, age_ns, settled_ns = (one.get(name, 0) for name in ("opened_at_ns", "age_ns", "settled_at_ns"))
    times = {
        "age": age(age_ns) if isinstance(age_ns, int) else "",
        "opened_at": moment(opened_ns) if isinstance(opened_ns, int) else "",
        "settled_at": moment(settled_ns) if isinstance(settled_ns, int) and settled_ns else "",
    }
    return fields({**one, **times}, (*shown.BREAKS, *shown.SETTLED))
