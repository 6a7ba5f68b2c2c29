"""The simulated TWS judged by the official client of Interactive Brokers, unmodified.

Its licence lets nobody ship it, so that nothing here depends on it: `uv pip install --no-deps nautilus-ibapi` puts it
beside, and these tests find it. It speaks in a thread of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from simulators.process import SimulatedVenue
from simulators.shared import Shared

WHY = "the official client is not installed (nautilus-ibapi; its licence is its own)"
client: Any = pytest.importorskip("ibapi.client", reason=WHY)
wrapper: Any = pytest.importorskip("ibapi.wrapper", reason=WHY)
words: Any = {name: pytest.importorskip(f"ibapi.{name}", reason=WHY) for name in ("contract", "order", "execution")}
_SOON_S = 20.0


class Told(wrapper.EWrapper):  # type: ignore[misc]  # nothing of it has types
    """Keeps whatever the client says, by the name of its call."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self.news = threading.Condition()

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(wrapper.EWrapper, name):
            return super().__getattribute__(name)

        def hear(*said: Any) -> None:
            with self.news:
                self.heard.append((name, said))
                self.news.notify_all()

        return hear

    def wait[Found](self, name: str, fits: Callable[..., Found | None]) -> Found:
        """Return the first that fits of what was said under a name; waits for it, bounded."""
        until = time.monotonic() + _SOON_S
        with self.news:
            while True:
                for said in [said for called, said in self.heard if called == name]:
                    if found := fits(*said):
                        return found
                if not self.news.wait(until - time.monotonic()):
                    raise TimeoutError(f"no such {name} among {self.heard[-20:]}")


class Judge:
    """The official client, logged in."""

    def __init__(self, venue: SimulatedVenue) -> None:
        self.told = Told()
        self.ask = client.EClient(self.told)
        host, _, port = venue.ws.partition(":")
        self.ask.connect(host, int(port), 3)
        self._reading = threading.Thread(target=self.ask.run, daemon=True)
        self._reading.start()
        self.number: int = self.told.wait("nextValidId", lambda number: number)

    def place(self, number: int, *, price: float, what_if: bool = False) -> None:
        order = words["order"].Order()
        order.action, order.orderType, order.totalQuantity = "BUY", "LMT", Decimal(10)
        order.lmtPrice, order.tif, order.orderRef, order.account = price, "GTC", f"ref-{number}", "DU1234567"
        order.whatIf = what_if
        self.ask.placeOrder(number, share(), order)

    def close(self) -> None:
        self.ask.disconnect()
        self._reading.join(_SOON_S)


def share() -> Any:
    made = words["contract"].Contract()
    made.symbol, made.secType, made.exchange, made.currency = "AAPL", "STK", "SMART", "USD"
    made.conId = 265_598
    return made


@pytest.fixture(scope="module")
def simulator() -> Iterator[Shared]:
    running = Shared("ibkr")
    yield running
    running.stop()


@pytest_asyncio.fixture
async def venue(simulator: Shared) -> AsyncIterator[SimulatedVenue]:
    async with simulator.anew() as running:
        yield running


@pytest.fixture
def judge(venue: SimulatedVenue) -> Iterator[Judge]:
    made = Judge(venue)
    yield made
    made.close()
    wrong = [said for name, said in made.told.heard if name == "error" and said[-3] not in (202, 2104)]
    assert not wrong, "the client could not read something, or was refused"


async def test_it_reads_the_login_contracts_and_the_account(judge: Judge) -> None:
    assert judge.told.wait("managedAccounts", lambda accounts: accounts) == "DU1234567"
    judge.ask.reqContractDetails(1, share())
    details = judge.told.wait("contractDetails", lambda _, found: found)
    assert (details.contract.conId, details.longName, details.minTick) == (265_598, "APPLE INC", 0.01)
    judge.ask.reqAccountSummary(2, "All", "$LEDGER:ALL,AvailableFunds")
    assert judge.told.wait("accountSummary", lambda *said: said[2] == "AvailableFunds" and said[3:]) == (
        "10000000.00",
        "USD",
    )
    judge.ask.reqCurrentTime()
    assert abs(judge.told.wait("currentTime", lambda now: now) - time.time()) < 60


async def test_it_reads_an_order_its_trade_its_commission_and_what_is_held(judge: Judge, venue: SimulatedVenue) -> None:
    number = judge.number
    judge.place(number, price=170)
    order = judge.told.wait("openOrder", lambda one, _contract, order, _state: one == number and order)
    assert (order.orderRef, order.totalQuantity, order.lmtPrice, order.tif) == (f"ref-{number}", 10, 170, "GTC")
    await venue.command("fill", client_order_id=f"ref-{number}", quantity="10")
    done = judge.told.wait("execDetails", lambda _request, _contract, done: done)
    assert (done.shares, done.price, done.side, done.orderRef) == (10, 170, "BOT", f"ref-{number}")
    name = "commissionAndFeesReport" if hasattr(wrapper.EWrapper, "commissionAndFeesReport") else "commissionReport"
    paid = judge.told.wait(name, lambda report: report)
    assert (paid.execId, paid.currency) == (done.execId, "USD")
    ended = judge.told.wait("orderStatus", lambda *said: said[1] == "Filled" and said)
    assert (ended[0], ended[2], ended[3]) == (number, 10, 0)
    judge.ask.reqPositions()
    assert judge.told.wait("position", lambda _, contract, held, __: contract.conId == 265_598 and held) == 10
    judge.ask.reqExecutions(5, words["execution"].ExecutionFilter())
    again = judge.told.wait("execDetails", lambda request, _contract, one: request == 5 and one)
    assert again.execId == done.execId
    judge.ask.reqCompletedOrders(False)
    assert judge.told.wait("completedOrder", lambda _, order, state: state.status == "Filled" and order.orderRef)


async def test_it_reads_a_cancel_and_what_an_order_would_need(judge: Judge) -> None:
    number = judge.number
    judge.place(number, price=170)
    judge.told.wait("orderStatus", lambda one, status, *_: one == number and status == "Submitted")
    judge.ask.reqAllOpenOrders()
    judge.told.wait("openOrderEnd", lambda: True)
    cancel = (number, words_of_cancel()) if words_of_cancel() is not None else (number, "")
    judge.ask.cancelOrder(*cancel)
    judge.told.wait("orderStatus", lambda one, status, *_: one == number and status == "Cancelled")
    judge.place(number + 1, price=170, what_if=True)
    state = judge.told.wait("openOrder", lambda one, _contract, _order, state: one == number + 1 and state)
    assert (Decimal(state.initMarginAfter), Decimal(state.equityWithLoanAfter)) == (Decimal(425), Decimal(10_000_000))


def words_of_cancel() -> Any:
    """Return what newer clients name a cancel by; None where the client is older."""
    try:
        from ibapi.order_cancel import OrderCancel  # type: ignore[import-not-found]  # not installed as a rule
    except ImportError:
        return None
    return OrderCancel()
