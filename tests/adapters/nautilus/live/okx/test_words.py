"""What OKX says, in our words: contracts become coins exactly, and what cannot be read is said to be so."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from nautilus_trader.model.instruments import Instrument as NautilusInstrument
from nautilus_trader.test_kit.providers import TestInstrumentProvider

from adapters.nautilus.live_words import Listed, UnreadableError
from adapters.nautilus.okx_wire import AMEND_REFUSED, CANCEL_REFUSED, DEFINITIVE, Done, judge
from adapters.nautilus.okx_words import (
    BalanceWords,
    FeeRates,
    InstrumentWords,
    Interpreter,
    OrderWords,
    PositionWords,
    Update,
    fee_rates,
    list_instruments,
)
from adapters.nautilus.translate import UnholdableError
from adapters.nautilus.venue_sizes import venue_size
from ports.reports import VenueOrderStatus
from ports.values import AccountId, is_multiple

from simulators.recorded import folder, load

FEES = {"SWAP": FeeRates(Decimal("0.0002"), Decimal("0.0005")), "SPOT": FeeRates(Decimal(0), Decimal("0.001"))}
NAUTILUS: NautilusInstrument = TestInstrumentProvider.btcusdt_perp_binance()
SWAP = {
    "instId": "BTC-USDT-SWAP",
    "instType": "SWAP",
    "lotSz": "0.01",
    "minSz": "0.01",
    "tickSz": "0.1",
    "maxLmtSz": "100000000",
    "uly": "BTC-USDT",
    "ctVal": "0.01",
    "ctMult": "1",
    "ctValCcy": "BTC",
    "ctType": "linear",
}
ORDER = {
    "instId": "BTC-USDT-SWAP",
    "ordId": "7",
    "clOrdId": "a",
    "side": "buy",
    "state": "live",
    "ordType": "limit",
    "sz": "1.5",
    "accFillSz": "0",
    "uTime": "1700000000000",
    "px": "59000",
}


def listed(**fields: str) -> dict[str, Listed]:
    said = msgspec.convert({**SWAP, **fields}, InstrumentWords)
    return dict(list_instruments([said], FEES, lambda _: NAUTILUS))


def interpreter() -> Interpreter:
    return Interpreter(AccountId("desk"), listed())


def update(**fields: Any) -> Update:
    return msgspec.convert({**ORDER, **fields}, Update)


def test_a_swap_is_listed_in_coins() -> None:
    (one,) = listed().values()
    assert one.instrument.key == "OKX:PERPETUAL:BTC-USDT@LIN"
    assert (one.unit, one.instrument.lot_size, one.instrument.max_quantity) == (
        *(Decimal("0.01"), Decimal("0.0001"), Decimal(1_000_000)),
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"ctType": "inverse", "uly": "BTC-USD", "ctVal": "100", "ctValCcy": "USD"},
        {"ctValCcy": "USDT"},
        {"ctVal": "0"},
        {"ctVal": ""},
        {"uly": "币-USDT"},
        {"instType": "FUTURES"},
    ],
)
def test_what_cannot_be_counted_in_coins_is_not_listed(fields: dict[str, str]) -> None:
    assert listed(**fields) == {}


@given(some.integers(1, 10**9), some.sampled_from(["0.01", "0.1", "1", "10", "100", "0.0001", "1000000"]))
def test_contracts_to_coins_and_back_is_exact(count: int, unit: str) -> None:
    (one,) = listed(ctVal=unit).values()
    said = Interpreter(AccountId("desk"), {"BTC-USDT-SWAP": one})
    size = Decimal(count) * Decimal("0.01")
    amount = said.status(update(sz=str(size))).quantity
    assert amount is not None
    assert amount == size * Decimal(unit)
    assert is_multiple(amount, one.instrument.lot_size)
    assert venue_size(amount, one) == size


def test_an_amount_without_an_exact_number_of_contracts_is_refused() -> None:
    (one,) = listed(ctVal="3", lotSz="1", minSz="1").values()
    with pytest.raises(UnholdableError):
        venue_size(Decimal(1), one)


def test_a_trade_pays_what_the_venue_writes_below_zero_and_a_rebate_is_a_negative_fee() -> None:
    words = {"tradeId": "9", "fillSz": "1.5", "fillPx": "59000", "fillTime": "1", "execType": "M", "fillFeeCcy": "USDT"}
    paid = interpreter().fill_of_update(update(**words, fillFee="-0.177"))
    rebate = interpreter().fill_of_update(update(**words, fillFee="0.05"))
    assert paid is not None
    assert rebate is not None
    assert (paid.fee.amount, rebate.fee.amount) == (Decimal("0.177"), Decimal("-0.05"))
    assert (paid.quantity, paid.liquidity) == (Decimal("0.015"), "MAKER")
    assert fee_rates("-0.0008", "-0.001") == FeeRates(Decimal("0.0008"), Decimal("0.001"))


@pytest.mark.parametrize("words", [{}, {"tradeId": "0"}, {"tradeId": "", "fillSz": "0"}, {"tradeId": "9"}])
def test_an_update_without_a_trade_brings_none(words: dict[str, str]) -> None:
    assert interpreter().fill_of_update(update(**words)) is None


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("live", VenueOrderStatus.ACCEPTED),
        ("partially_filled", VenueOrderStatus.ACCEPTED),
        ("filled", VenueOrderStatus.FILLED),
        ("canceled", VenueOrderStatus.CANCELED),
        ("mmp_canceled", VenueOrderStatus.CANCELED),
    ],
)
def test_every_state_is_known(state: str, status: VenueOrderStatus) -> None:
    assert interpreter().status(update(state=state)).status is status


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "sleeping"},
        {"instId": "DOGE-USDT-SWAP"},
        {"sz": "many"},
        {"accFillSz": "1e40"},
        {"px": "NaN"},
        {"uTime": ""},
        {"uTime": "-5"},
    ],
)
def test_an_order_that_cannot_be_read_is_said_to_be_so(wrong: dict[str, str]) -> None:
    with pytest.raises(UnreadableError):
        interpreter().status(update(**wrong))


def test_an_amend_is_told_when_it_is_carried_out_and_not_before() -> None:
    assert interpreter().amend(update()) is None
    assert interpreter().amend(update(amendResult="-1")) is None
    told = interpreter().amend(update(amendResult="0"))
    assert told is not None
    assert (told.quantity, told.price) == (Decimal("0.015"), Decimal(59000))


def test_positions_are_coins_and_have_to_be_net() -> None:
    (held,) = interpreter().positions(
        [
            PositionWords(inst_id="BTC-USDT-SWAP", pos="-1.5", pos_side="net"),
            PositionWords(inst_id="BTC-USDT-SWAP", pos="0", pos_side="long"),
            PositionWords(inst_id="BTC-USD-SWAP", pos="7", pos_side="net"),
        ]
    )
    assert held.quantity == Decimal("-0.015")
    with pytest.raises(UnreadableError, match="net mode"):
        interpreter().positions([PositionWords(inst_id="BTC-USDT-SWAP", pos="1", pos_side="long")])


def test_a_balance_finer_than_is_kept_is_cut_and_never_rounded_up() -> None:
    words = BalanceWords(ccy="USDT", cash_bal="0.9999999999999999999", avail_bal="")
    (balance,) = interpreter().balances([words])
    assert (balance.total, balance.free) == (Decimal("0.999999999999999999"), Decimal(0))
    with pytest.raises(UnreadableError):
        interpreter().balances([BalanceWords(ccy="USDT", cash_bal="lots", avail_bal="0")])


def test_a_market_order_for_spot_that_counts_money_tells_no_amount() -> None:
    words = {"instId": "BTC-USDT", "instType": "SPOT", "baseCcy": "BTC", "quoteCcy": "USDT", "ctType": ""}
    said = Interpreter(AccountId("desk"), listed(**words))
    by_hand = {**ORDER, "instId": "BTC-USDT", "ordType": "market", "px": ""}
    assert said.status(msgspec.convert(by_hand, OrderWords)).quantity is None
    ours = {**by_hand, "tgtCcy": "base_ccy"}
    assert said.status(msgspec.convert(ours, OrderWords)).quantity == Decimal("1.5")


@pytest.mark.parametrize(
    "code", ["50001", "50004", "50011", "50013", "50026", "50061", "51011", "51016", "51054", "51149"]
)
def test_a_code_that_proves_nothing_is_no_refusal(code: str) -> None:
    assert code not in DEFINITIVE
    assert type(judge(Done(sCode=code, sMsg="Because.", ordId=""))).__name__ == "InDoubt"


def test_no_code_of_a_cancel_or_an_amend_refuses_an_order() -> None:
    assert not DEFINITIVE & (CANCEL_REFUSED | AMEND_REFUSED)


@pytest.mark.skipif(folder() is None, reason="no recorded venue payloads here (LIVEXEC_SHARED_DATA)")
def test_recorded_instruments_and_orders_can_be_read() -> None:
    given = folder()
    assert given is not None
    for kind in ("swap", "spot"):
        said = msgspec.convert(load(given / "okx" / f"http_get_instruments_{kind}.json")["data"], list[InstrumentWords])
        found = list_instruments(said, FEES, lambda _: NAUTILUS)
        assert all(one.unit > 0 for one in found.values())
        assert len(found) == sum(one.inst_type == "SPOT" or one.ct_type == "linear" for one in said)
    for name in ("ws_orders", "ws_orders_ioc", "ws_orders_fok", "ws_orders_liquidation", "ws_orders_adl"):
        (order,) = msgspec.convert(load(given / "okx" / f"{name}.json")["data"], list[Update])
        assert order.state in ("filled", "canceled", "partially_filled", "live")
