"""Every venue of ours keeps what the conformance suites demand; Deribit sits them with its plugin."""

from functools import partial

from plugins.conformance import SilverSuite

from contract.venue.grounds import in_memory, on_paper, simulated
from simulators.okx_account import SITE as OKX
from simulators.sites import BYBIT, FUTURES, SPOT


class TestInMemory(SilverSuite):
    """The fake that most tests trade at behaves as a venue does."""

    opened = staticmethod(in_memory)


class TestOnPaper(SilverSuite):
    """The Nautilus sandbox: its book is in this process, and its market trades every order that it reaches."""

    opened = staticmethod(on_paper)
    test_without_a_connection_nothing_is_learnt = None  # type: ignore[assignment]  # it always knows
    test_silence_is_never_taken_for_none = None  # type: ignore[assignment]  # it is never silent
    # It trades no part of an order: these have nothing to look at.
    test_an_order_fills_bit_by_bit_and_its_cancel_loses_no_trade = None  # type: ignore[assignment]
    test_an_amended_order_fills_with_its_new_quantity = None  # type: ignore[assignment]
    test_an_amend_that_races_with_a_trade_loses_neither = None  # type: ignore[assignment]
    test_a_new_session_finds_what_an_earlier_one_left = None  # type: ignore[assignment]  # both orders would trade


class TestBinanceFutures(SilverSuite):
    """At the simulator."""

    opened = partial(
        simulated, FUTURES, "BINANCE-FUTURES:PERPETUAL:BNB-USDT@LIN", 590, "/fapi/v1/userTrades", can_amend=True
    )


class TestBinanceSpot(SilverSuite):
    """At the simulator."""

    opened = partial(simulated, SPOT, "BINANCE-SPOT:SPOT_PAIR:BNB-USDT", 590, "/api/v3/myTrades", can_amend=False)


class TestBybit(SilverSuite):
    """At the simulator."""

    opened = partial(simulated, BYBIT, "BYBIT:PERPETUAL:SOL-USDT@LIN", 140, "/v5/execution/list", can_amend=True)


class TestOkx(SilverSuite):
    """At the simulator, a swap: contracts there, coins here."""

    opened = partial(simulated, OKX, "OKX:PERPETUAL:BTC-USDT@LIN", 590, "/api/v5/trade/fills", can_amend=True)


class TestOkxSpot(SilverSuite):
    """At the simulator."""

    opened = partial(simulated, OKX, "OKX:SPOT_PAIR:BTC-USDT", 590, "/api/v5/trade/fills", can_amend=True)
