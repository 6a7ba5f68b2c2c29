"""A session told by hand for cost analysis: quotes, public trades, and orders of whatever happened to them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from core.tca.tape import Tape, Tapes
from ports.algorithms import Conditions
from ports.commands import OrderTerms
from ports.facts import (
    Fact,
    FoundBy,
    OrderAmended,
    OrderCanceled,
    OrderFilled,
    OrderHeld,
    OrderRecorded,
    OrderReleased,
    OrderRouted,
    OrderTriggered,
    ParentEnded,
    ParentStarted,
    QuoteUsed,
)
from ports.instruments import InstrumentKey
from ports.journal import Entry
from ports.results import VolumeRow
from ports.values import (
    AccountId,
    ClientOrderId,
    Currency,
    Liquidity,
    Money,
    OperationId,
    OrderId,
    OrderStatus,
    OrderType,
    Price,
    Principal,
    Quantity,
    Side,
    StrategyId,
    TradeId,
)

SECOND_NS: Final = 1_000_000_000
BEGIN_NS: Final = 1_700_000_000 * SECOND_NS
PERP: Final = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
SPOT: Final = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BTC-USDT")
INVERSE: Final = InstrumentKey("DERIBIT:PERPETUAL:BTC-USD@INV")
USD_PER: Final = {"USD": Decimal(1), "USDT": Decimal(1)}


def at(seconds: float) -> int:
    """So many seconds after the session began."""
    return BEGIN_NS + round(seconds * SECOND_NS)


def quotes(*bid_asks: tuple[float, str, str], key: InstrumentKey = PERP) -> list[QuoteUsed]:
    """Quotes as (seconds, bid, ask)."""
    return [
        QuoteUsed(instrument=key, bid=Price(Decimal(bid)), ask=Price(Decimal(ask)), received_ns=at(seconds))
        for seconds, bid, ask in bid_asks
    ]


def volume(second: int, quantity: str, value: str, key: InstrumentKey = PERP) -> VolumeRow:
    return VolumeRow(
        timestamp_ns=at(second),
        width_ns=SECOND_NS,
        instrument=key,
        quantity=Decimal(quantity),
        value=Decimal(value),
        trades=1,
    )


def tapes(seen: Sequence[QuoteUsed], until: float = 1_000, volumes: Sequence[VolumeRow] | None = None) -> Tapes:
    keys = {quote.instrument for quote in seen}
    return {
        key: Tape(
            BEGIN_NS,
            at(until),
            [quote for quote in seen if quote.instrument == key],
            None if volumes is None else [row for row in volumes if row.instrument == key],
        )
        for key in keys
    }


class Session:
    """Facts as they come; times are seconds from the session's beginning."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._trades = 0

    def order(
        self,
        name: str,
        seconds: float,
        side: Side = Side.BUY,
        quantity: str = "10",
        key: InstrumentKey = PERP,
        **terms: Any,
    ) -> None:
        """Record and route an order."""
        operation_id = OperationId(name)
        asked = OrderTerms(
            operation_id=operation_id,
            strategy_id=StrategyId(terms.pop("strategy", "desk")),
            instrument=key,
            side=side,
            quantity=Quantity(Decimal(quantity)),
            order_type=OrderType.MARKET,
            price=None,
            **terms,
        )
        self.fact(
            OrderRecorded(
                operation_id=operation_id,
                order_id=OrderId(name),
                content_hash="",
                terms=asked,
                principal=Principal("desk"),
                received_ns=at(seconds),
                recorded_ns=at(seconds),
            ),
            seconds,
        )
        routed = OrderRouted(
            operation_id=operation_id, venue=key.venue, account=AccountId("A"), instrument=key, reason="asked for"
        )
        self.fact(routed, seconds)

    def release(self, name: str, seconds: float, key: InstrumentKey = PERP) -> None:
        self.fact(
            OrderReleased(
                operation_id=OperationId(name),
                account=AccountId("A"),
                instrument=key,
                client_order_id=ClientOrderId(name),
                released_ns=at(seconds),
            ),
            seconds,
        )

    def fill(
        self,
        name: str,
        seconds: float,
        quantity: str,
        price: str,
        *,
        side: Side = Side.BUY,
        key: InstrumentKey = PERP,
        fee: str = "0",
        paid_in: str = "USDT",
        liquidity: Liquidity | None = Liquidity.TAKER,
        status: OrderStatus = OrderStatus.PARTIALLY_FILLED,
        venue_seconds: float | None = None,
    ) -> None:
        self._trades += 1
        self.fact(
            OrderFilled(
                operation_id=OperationId(name),
                status=status,
                filled_quantity=Decimal(0),
                average_price=Decimal(0),
                strategy_id=StrategyId("desk"),
                account=AccountId("A"),
                instrument=key,
                trade_id=TradeId(f"T-{self._trades}"),
                side=side,
                quantity=Quantity(Decimal(quantity)),
                price=Price(Decimal(price)),
                fee=Money(Decimal(fee), Currency(paid_in)),
                liquidity=liquidity,
                venue_order_id=None,
                found_by=FoundBy.STREAM,
                venue_time_ns=at(seconds if venue_seconds is None else venue_seconds),
                learnt_ns=at(seconds),
            ),
            seconds,
        )

    def cancel(self, name: str, seconds: float) -> None:
        canceled = OrderCanceled(operation_id=OperationId(name), reason="", venue_time_ns=0, learnt_ns=at(seconds))
        self.fact(canceled, seconds)

    def amend(self, name: str, seconds: float, quantity: str) -> None:
        amended = OrderAmended(
            operation_id=OperationId(name),
            status=OrderStatus.ACCEPTED,
            quantity=Quantity(Decimal(quantity)),
            price=Price(Decimal(100)),
            venue_order_id=None,
            venue_time_ns=at(seconds),
            learnt_ns=at(seconds),
        )
        self.fact(amended, seconds)

    def hold(self, name: str, seconds: float) -> None:
        self.fact(OrderHeld(operation_id=OperationId(name), waits_for="its trigger", held_ns=at(seconds)), seconds)

    def trigger(self, name: str, seconds: float) -> None:
        triggered = OrderTriggered(
            operation_id=OperationId(name), trigger_price=None, quote=None, triggered_ns=at(seconds)
        )
        self.fact(triggered, seconds)

    def start_parent(self, name: str, seconds: float) -> None:
        started = ParentStarted(operation_id=OperationId(name), seed=1, conditions=Conditions(), started_ns=at(seconds))
        self.fact(started, seconds)

    def end_parent(self, name: str, seconds: float, status: OrderStatus) -> None:
        ended = ParentEnded(operation_id=OperationId(name), status=status, code="", reason="", ended_ns=at(seconds))
        self.fact(ended, seconds)

    def fact(self, fact: Fact, seconds: float) -> None:
        self.entries.append(
            Entry(seq=len(self.entries) + 1, ts_ns=at(seconds), epoch=1, actor="orchestrator", cause="", fact=fact)
        )
