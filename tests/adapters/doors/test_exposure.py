"""Exposure adds up exactly, and says what it could not value and what it valued at an old price."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest

from adapters.doors import ExposureLine
from adapters.http.models_control import ExposureAnswer
from livexec.v1 import execution_pb2 as pb
from ports.instruments import InstrumentKey
from ports.values import StrategyId, exact

from fakes.gateway import NOW_NS, PERPETUAL, MemoryService

if TYPE_CHECKING:
    from livexec.v1.execution_pb2_grpc import ExecutionServiceAsyncStub

pytestmark = pytest.mark.asyncio(loop_scope="module")
ETH = InstrumentKey("OKX:SPOT_PAIR:ETH-USDT")
INVERSE = InstrumentKey("BYBIT:PERPETUAL:BTC-USD@INV")
MINUTE_NS = 60_000_000_000


def line(strategy: str, key: InstrumentKey, position: str, unit: str | None, **more: Any) -> ExposureLine:
    held = Decimal(position)
    return ExposureLine(
        strategy_id=StrategyId(strategy),
        instrument=key,
        position=held,
        worst_case=more.get("worst_case", abs(held)),
        unit_usd=None if unit is None else Decimal(unit),
        price_ns=more.get("price_ns", NOW_NS),
    )


@pytest.fixture
def held(memory: MemoryService) -> None:
    memory.lines += [
        line("s-1", PERPETUAL, "0.3", "64000.123456789012345678", worst_case=Decimal("0.5")),
        line("s-2", PERPETUAL, "-0.1", "64000.123456789012345678", price_ns=NOW_NS - MINUTE_NS),
        line("s-2", ETH, "2", "3000", price_ns=NOW_NS - MINUTE_NS - 1),
        line("s-2", INVERSE, "-500", "1", price_ns=None),
        line("s-1", ETH, "7", None, price_ns=0),
        line("s-3", ETH, "0", "3000"),
    ]


@pytest.mark.usefixtures("held")
async def test_the_parts_add_up_to_the_whole_exactly(web: httpx.AsyncClient) -> None:
    said = ExposureAnswer.model_validate((await web.get("/api/exposure")).json())
    assert said.currency == "USD"
    assert said.total.gross == "32100.049382715604938271"  # each line to 18 places, half-even; their sum to the last
    assert said.total.net == "18300.024691357802469135"
    assert said.total.worst_case == "44900.074074073407407407"
    for groups in (said.by_strategy, said.by_instrument, said.by_venue, said.by_base_asset):
        for name in ("gross", "net", "worst_case"):
            with exact():
                parts = sum([Decimal(getattr(one, name)) for one in groups])
            assert parts == Decimal(getattr(said.total, name))
        assert sum(group.unpriced for group in groups) == said.total.unpriced == 1
        assert sum(group.stale for group in groups) == said.total.stale == 1


@pytest.mark.usefixtures("held")
async def test_stale_and_missing_prices_are_marked_where_they_are(web: httpx.AsyncClient) -> None:
    said = ExposureAnswer.model_validate((await web.get("/api/exposure")).json())
    marks = {group.group: (group.unpriced, group.stale) for group in said.by_instrument}
    assert marks == {PERPETUAL: (0, 0), ETH: (1, 1), INVERSE: (0, 0)}
    assert [group.group for group in said.by_strategy] == ["s-1", "s-2"]
    assert [group.group for group in said.by_base_asset] == ["BTC", "ETH"]
    assert [group.group for group in said.by_venue] == ["BINANCE-FUTURES", "BYBIT", "OKX"]


async def test_a_price_of_our_own_last_trade_is_stale(web: httpx.AsyncClient, memory: MemoryService) -> None:
    memory.lines.append(line("s-1", ETH, "1", "3000", price_ns=0))
    assert (await web.get("/api/exposure")).json()["total"]["stale"] == 1


@pytest.mark.usefixtures("held")
async def test_both_doors_say_the_same(web: httpx.AsyncClient, stub: ExecutionServiceAsyncStub) -> None:
    rest = (await web.get("/api/exposure?venue=BINANCE-FUTURES&strategy_id=s-2")).json()
    for by in ("strategy", "INSTRUMENT", "venue", "BASE_ASSET"):
        call = await stub.GetExposure(pb.GetExposureRequest(group_by=by, venue="BINANCE-FUTURES", strategy_id="s-2"))
        groups = [{name: getattr(each, name) for name in rest["total"]} for each in (call.total, *call.groups)]
        assert groups == [rest["total"], *rest[f"by_{by.lower()}"]]
        assert (call.currency, call.sequence) == ("USD", rest["sequence"])
    whole = await stub.GetExposure(pb.GetExposureRequest())
    assert (len(whole.groups), whole.total.unpriced) == (0, 1)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.GetExposureRequest(group_by="ACCOUNT"), "group_by"),
        (pb.GetExposureRequest(group_by="PLANET"), "group_by"),
        (pb.GetExposureRequest(account="a"), "account"),
        (pb.GetExposureRequest(venue="okx"), "venue"),
        (pb.GetExposureRequest(venue="BINANCE"), "venue"),  # of a venue that is none nothing is said, and not "flat"
        (pb.GetExposureRequest(strategy_id="a b"), "strategy_id"),
        (pb.GetExposureRequest(min_sequence=-1), "min_sequence"),
    ],
)
async def test_a_bad_question_is_named(
    request_: pb.GetExposureRequest, field: str, stub: ExecutionServiceAsyncStub
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.GetExposure(request_)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (refused.value.details() or "").startswith(f"{field}: ")


@pytest.mark.parametrize("path", ["/api/exposure", "/api/positions"])
async def test_of_a_venue_that_is_none_nobody_is_told_that_it_is_flat(web: httpx.AsyncClient, path: str) -> None:
    refused = await web.get(f"{path}?venue=BINANCE")
    assert (refused.status_code, refused.json()["field"]) == (422, "venue")
    assert "BINANCE-FUTURES" in refused.json()["remedy"]
    assert (await web.get(f"{path}?venue=BINANCE-FUTURES")).status_code == 200
