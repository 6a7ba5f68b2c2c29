"""`livexec positions`: what is held, and putting right what no trade of ours explains."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import uuid4

from cyclopts import App, Parameter

from app.cli.options import HERE, ORDERS_GROUP, Connection, Whole, given
from app.cli.output import emit, note
from app.cli.tables import moment, table
from ports import shown

_CHANGE: Final = (
    *("sequence", "changed_at", "instrument_key", "account", "strategy_id", "quantity", "average_entry_price"),
    *("realized_pnl", "fees", "settlement_currency", "cause"),
)
Quantity = Annotated[
    str,
    Parameter(allow_leading_hyphen=True, help="In the instrument's own unit, every digit kept; negative: taken away."),
]
Moved = Annotated[
    str,
    Parameter(allow_leading_hyphen=True, help="In the instrument's own unit; negative: a short position is moved."),
]

positions = App(name="positions", group=ORDERS_GROUP, help="Positions, and putting right what no trade explains.")


@positions.default
def show(
    *,
    instrument_key: str = "",
    strategy_id: str = "",
    venue: str = "",
    account: str = "",
    base_asset: str = "",
    include_flat: bool = False,
    min_sequence: Whole = 0,
    connection: Connection = HERE,
) -> int:
    """Show positions by instrument, account and strategy.

    Parameters
    ----------
    instrument_key:
        Only this instrument.
    strategy_id:
        Only this strategy's.
    venue:
        Only at this venue.
    account:
        Only in this account.
    base_asset:
        Only of this asset, such as BTC.
    include_flat:
        Also positions whose quantity is zero.
    min_sequence:
        Wait, bounded, until the reads have reached this sequence.
    """
    from app.cli.rest import Rest

    filters = given(
        {
            "instrument_key": instrument_key,
            "strategy_id": strategy_id,
            "venue": venue,
            "account": account,
            "base_asset": base_asset,
            "include_flat": "true" if include_flat else "",
            "min_sequence": min_sequence,
        }
    )
    with Rest.of(connection) as service:
        found = service.read("/api/positions", filters)
    human = table(found["positions"], shown.POSITIONS) if found["positions"] else "no positions"
    emit({"ok": True, **found}, human, as_json=connection.json)
    return 0


@positions.command
def history(  # noqa: PLR0913 - every filter of the endpoint, by name
    *,
    instrument_key: str = "",
    strategy_id: str = "",
    account: str = "",
    venue: str = "",
    since: str = "",
    until: str = "",
    limit: Whole = 0,
    cursor: str = "",
    min_sequence: Whole = 0,
    connection: Connection = HERE,
) -> int:
    """Show what positions were after each trade and adjustment, newest first.

    Parameters
    ----------
    instrument_key:
        Only this instrument.
    strategy_id:
        Only this strategy's.
    account:
        Only in this account.
    venue:
        Only at this venue.
    since:
        Changed at or after: RFC 3339 or nanoseconds.
    until:
        Changed before: RFC 3339 or nanoseconds.
    limit:
        Changes a page, at most 1000; 0: 100.
    cursor:
        The page that an earlier listing said comes next.
    min_sequence:
        Wait, bounded, until the reads have reached this sequence.
    """
    from app.cli.rest import Rest

    filters = given(
        {
            "instrument_key": instrument_key,
            "strategy_id": strategy_id,
            "account": account,
            "venue": venue,
            "from": since,
            "to": until,
            "limit": limit,
            "cursor": cursor,
            "min_sequence": min_sequence,
        }
    )
    with Rest.of(connection) as service:
        found = service.read("/api/positions/history", filters)
    more = f"\n\nnext_cursor  {found['next_cursor']}" if found["next_cursor"] else ""
    rows = [{**one, "changed_at": moment(one["changed_at_ns"])} for one in found["changes"]]
    human = table(rows, _CHANGE) + more if rows else "no changes"
    emit({"ok": True, **found}, human, as_json=connection.json)
    return 0


@positions.command
def adjust(  # noqa: PLR0913 - every field of the protocol, by name
    *,
    kind: str,
    account: str,
    strategy_id: str,
    instrument_key: str,
    quantity: Quantity,
    price: str,
    reason: str,
    adjustment_id: str = "",
    connection: Connection = HERE,
) -> int:
    """Add to a position what no trade of ours explains, once for ever by its id; repeating the same line is safe.

    Parameters
    ----------
    kind:
        OPENING: it was there before us; CORRECTION: evidence outside of us shows it.
    account:
        The account that holds it.
    strategy_id:
        Whose position changes.
    instrument_key:
        VENUE:TYPE:SYMBOL[@SUFFIX], with a venue.
    price:
        As if it had been traded at it.
    reason:
        For the record.
    adjustment_id:
        Idempotency key, unique for ever; without it a new one is made and printed.
    """
    body = {
        "adjustment_id": _named("adjustment_id", adjustment_id),
        "kind": kind,
        "account": account,
        "strategy_id": strategy_id,
        "instrument_key": instrument_key,
        "quantity": quantity,
        "price": price,
        "reason": reason,
    }
    return _change("/api/positions/adjust", body, connection)


@positions.command
def transfer(  # noqa: PLR0913 - every field of the protocol, by name
    *,
    account: str,
    from_strategy: str,
    to_strategy: str,
    instrument_key: str,
    quantity: Moved,
    price: str,
    reason: str,
    transfer_id: str = "",
    connection: Connection = HERE,
) -> int:
    """Move a position between two strategies of one account, once for ever by its id; repeating is safe.

    Parameters
    ----------
    account:
        The account that holds it.
    from_strategy:
        Who gives; UNATTRIBUTED holds the trades that no order explains.
    to_strategy:
        Who takes.
    instrument_key:
        VENUE:TYPE:SYMBOL[@SUFFIX], with a venue.
    price:
        At which the one closes and the other opens.
    reason:
        For the record.
    transfer_id:
        Idempotency key, unique for ever; without it a new one is made and printed.
    """
    body = {
        "transfer_id": _named("transfer_id", transfer_id),
        "account": account,
        "from_strategy": from_strategy,
        "to_strategy": to_strategy,
        "instrument_key": instrument_key,
        "quantity": quantity,
        "price": price,
        "reason": reason,
    }
    return _change("/api/positions/transfer", body, connection)


@positions.command
def bust(*, account: str, instrument_key: str, trade_id: str, reason: str, connection: Connection = HERE) -> int:
    """Take back a trade that its venue has annulled: position and fee are reversed, the order stays as it ended.

    Parameters
    ----------
    account:
        The account that traded.
    instrument_key:
        What was traded.
    trade_id:
        The venue's: fill_id of a fill.
    reason:
        For the record.
    """
    body = {"account": account, "instrument_key": instrument_key, "trade_id": trade_id, "reason": reason}
    return _change("/api/trades/bust", body, connection)


def _named(field: str, given_id: str) -> str:
    if given_id:
        return given_id
    made = str(uuid4())
    note(f"{field} {made}")
    return made


def _change(path: str, body: dict[str, str], connection: Connection) -> int:
    from app.cli.rest import Rest

    named = {name: value for name, value in body.items() if name in ("adjustment_id", "transfer_id", "trade_id")}
    ids = " ".join([f"--{name.replace('_', '-')} {value}" for name, value in named.items()])
    with Rest.of(connection) as service:
        found = service.change("POST", path, body=body, again=f"to repeat it safely give {ids}").document
    changed = "changed   yes" if found["changed"] else "changed   no (it was so already)"
    emit({"ok": True, **named, **found}, f"{changed}\nsequence  {found['sequence']}", as_json=connection.json)
    return 0
