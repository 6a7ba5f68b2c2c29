"""`livexec positions`, `venues`, `halt` and `resume`: what is held, where it trades, and the kill switch."""

from __future__ import annotations

from typing import Final

from app.cli.options import HERE, Connection, Whole, given
from app.cli.output import emit
from app.cli.tables import table

_POSITION: Final = (
    *("instrument_key", "account", "strategy_id", "quantity", "average_entry_price", "current_price"),
    *("realized_pnl", "unrealized_pnl", "fees", "settlement_currency"),
)
_VENUE: Final = (
    *("venue", "state", "mode", "venue_type", "accounts", "open_orders", "unconfirmed_orders", "open_breaks"),
    *("instrument_types", "detail"),
)
_HALT: Final = ("scope", "scope_value", "mode", "reason", "principal", "since_ns")


def positions(
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
    human = table(found["positions"], _POSITION) if found["positions"] else "no positions"
    emit({"ok": True, **found}, human, as_json=connection.json)
    return 0


def venues(*, connection: Connection = HERE) -> int:
    """Show every venue's state."""
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        found = service.read("/api/venues")
    human = table(found["venues"], _VENUE) if found["venues"] else "no venues"
    emit({"ok": True, **found}, human, as_json=connection.json)
    return 0


def halt(*, scope: str, value: str = "", mode: str = "", reason: str, connection: Connection = HERE) -> int:
    """Let no order open risk in a scope until it is resumed; it survives restarts, and cancels always pass.

    Parameters
    ----------
    scope:
        strategy, instrument, account, venue or global.
    value:
        Which one; not for global.
    mode:
        halt, or cancel: also take back what works. Without it: halt.
    reason:
        For the record.
    """
    return _control("halt", {"scope": scope, "scope_value": value, "mode": mode, "reason": reason}, connection)


def resume(*, scope: str, value: str = "", reason: str, connection: Connection = HERE) -> int:
    """Let a halted scope trade again; a wider or narrower halt stays.

    Parameters
    ----------
    scope:
        As it was halted: strategy, instrument, account, venue or global.
    value:
        Which one; not for global.
    reason:
        For the record.
    """
    return _control("resume", {"scope": scope, "scope_value": value, "reason": reason}, connection)


def _control(action: str, body: dict[str, str], connection: Connection) -> int:
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        found = service.change("POST", f"/api/control/{action}", body=given(body)).document
    changed = "changed  yes" if found["changed"] else "changed  no (it was so already)"
    halts = table(found["halts"], _HALT) if found["halts"] else "no halts in force"
    emit({"ok": True, **found}, f"{changed}\n\n{halts}", as_json=connection.json)
    return 0
