"""`/api/positions/history`: what positions were after each change, newest first."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from adapters.http.models_positions import PositionHistoryAnswer
from ports.history import PositionChange
from ports.instruments import InstrumentKey
from ports.values import AccountId, Currency, StrategyId, TradeId

from fakes.gateway import ACCOUNT, NOW_NS, PERPETUAL, MemoryService

pytestmark = pytest.mark.asyncio(loop_scope="module")
SPOT = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BTC-USDT")


def change(number: int, instrument: InstrumentKey = PERPETUAL, quantity: str = "0.50") -> PositionChange:
    return PositionChange(
        sequence=number,
        account=AccountId(ACCOUNT),
        strategy_id=StrategyId(f"s-{number % 2}"),
        instrument=instrument,
        quantity=Decimal(quantity),
        average_entry_price=None if quantity == "0" else Decimal(60_000),
        realized_pnl=Decimal("-1.20"),
        fees={Currency("USDT"): Decimal("0.10")},
        cause=TradeId(f"t-{number}"),
        changed_ns=NOW_NS + number,
    )


async def test_changes_are_listed_newest_first_in_pages(web: httpx.AsyncClient, memory: MemoryService) -> None:
    memory.changes += [change(1), change(2, SPOT), change(3, quantity="0")]
    first = PositionHistoryAnswer.model_validate((await web.get("/api/positions/history?limit=2")).json())
    rest = (await web.get(f"/api/positions/history?cursor={first.next_cursor}")).json()
    assert [one.cause for one in first.changes] == ["t-3", "t-2"]
    assert [one["cause"] for one in rest["changes"]] == ["t-1"]
    newest, spot = first.changes
    assert (newest.quantity, newest.average_entry_price, newest.realized_pnl) == ("0", "", "-1.2")
    assert (spot.instrument_key, spot.venue, spot.fees, spot.changed_at_ns) == (
        *(SPOT, "BINANCE-SPOT", {"USDT": "0.1"}, NOW_NS + 2),
    )


async def test_filters_narrow_and_wrong_ones_are_named(web: httpx.AsyncClient, memory: MemoryService) -> None:
    memory.changes += [change(1), change(2, SPOT), change(3)]
    for query, found in (
        ("strategy_id=s-1", ["t-3", "t-1"]),
        ("venue=BINANCE-SPOT", ["t-2"]),
        (f"instrument_key={SPOT}", ["t-2"]),
        (f"account={ACCOUNT}&from={NOW_NS + 2}&to={NOW_NS + 3}", ["t-2"]),
    ):
        said = (await web.get(f"/api/positions/history?{query}")).json()
        assert [one["cause"] for one in said["changes"]] == found
    for query, field in (("limit=2000", "limit"), (f"from={NOW_NS}&to={NOW_NS}", "to"), ("strategy=x", "strategy")):
        wrong = await web.get(f"/api/positions/history?{query}")
        assert (wrong.status_code, wrong.json()["field"]) == (422, field)
    assert (await web.get(f"/api/positions/history?min_sequence={memory.sequence + 1}")).status_code == 504
