"""What is told to the book of a release, so that its journal holds nearly every kind of fact."""

from dataclasses import replace
from decimal import Decimal

from ports.commands import AdjustmentKind, AdjustPosition, AmendOrder, BustTrade, HaltMode, HaltScope, TransferPosition
from ports.reports import AmendRefused, AmendReport, VenueOrderStatus
from ports.values import (
    AmendId,
    OperationId,
    OrderType,
    Price,
    Quantity,
    Side,
    StrategyId,
    TradeId,
    VenueOrderId,
)

from fakes.desk import Desk
from fakes.sayings import (
    ACCOUNTS,
    INVERSE,
    PERP,
    SPOT,
    TRADER,
    accepted,
    cancel,
    cancel_refused,
    canceled,
    client_id,
    halt,
    not_found,
    not_sent,
    outcome_unknown,
    quote,
    resume,
    said,
    set_limits,
    statement,
    submit,
    traded,
)

FUTURES = ACCOUNTS[PERP]


def lived() -> Desk:
    """Return a desk that has seen a bit of everything, keeping four orders that have ended."""
    desk = Desk(keep=4)
    rates = {"USDT": Decimal(1), "USD": Decimal(1), "BNB": Decimal(600), "ETH": Decimal(2000), "BTC": Decimal(50000)}
    desk.receive(set_limits(max_order_quantity={PERP: Decimal(5)}, usd_per=rates))
    _whole_lives(desk)
    _amends_and_doubts(desk)
    _waiting(desk)
    _worked(desk)
    _put_right(desk)
    _halts(desk)
    desk.receive(set_limits(max_daily_loss_usd=Decimal(100_000), usd_per=rates))
    desk.receive(submit("op-last", buy="0.1"))
    desk.restart()
    for account in desk.accounts:
        desk.connect(account)
    desk.quarantine(submit("op-poison", buy="1"), "ValueError: a defect")
    return desk


def _whole_lives(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1.5", at="50000", tags={"why": "golden"}))
    desk.receive(accepted("op-1"))
    desk.receive(traded("op-1", "t-1", "0.5", fee="0.25"))
    desk.receive(traded("op-1", "t-2", "1", "49900.5", fee="-0.1", currency="BNB"))
    desk.receive(submit("op-inverse", sell="100", instrument=INVERSE))
    desk.receive(
        traded("op-inverse", "t-3", "100", "50001.5", side=Side.SELL, instrument=INVERSE, fee="0.00001", currency="BTC")
    )
    desk.receive(submit("op-spot", buy="0.3", at="2000.01", instrument=SPOT))
    desk.receive(traded("op-spot", "t-4", "0.3", "2000.01", instrument=SPOT, fee="0.0003", currency="ETH"))
    desk.receive(submit("op-big", buy="50"))
    desk.receive(cancel("op-never"))
    desk.receive(submit("op-refused", buy="1", at="49999"))
    desk.receive(said("op-refused", VenueOrderStatus.REJECTED, reason="margin"))
    desk.receive(submit("op-unsent", buy="1", at="49998"))
    desk.receive(not_sent("op-unsent"))
    desk.receive(submit("op-expired", buy="1", at="49997"))
    desk.receive(accepted("op-expired"))
    desk.receive(said("op-expired", VenueOrderStatus.EXPIRED))
    desk.receive(traded(None, "t-foreign", "0.1"))


def _amends_and_doubts(desk: Desk) -> None:
    desk.receive(submit("op-amended", buy="2", at="49000"))
    desk.receive(accepted("op-amended"))
    for name, at in (("a-1", "49100"), ("a-2", "49200")):
        desk.receive(
            AmendOrder(
                operation_id=OperationId("op-amended"),
                amend_id=AmendId(name),
                quantity=None,
                price=Price(Decimal(at)),
                principal=TRADER,
            )
        )
        if name == "a-1":
            desk.receive(_works_with("op-amended", "2", at))
    desk.receive(AmendRefused(account=FUTURES, client_order_id=client_id("op-amended"), reason="too late"))
    desk.receive(cancel("op-amended"))
    desk.receive(cancel_refused("op-amended"))
    desk.receive(submit("op-doubt", buy="0.5", at="48000"))
    desk.receive(outcome_unknown("op-doubt"))
    for _ in range(2):
        desk.pass_time(3)
        desk.receive(not_found("op-doubt", desk.now_ns))


def _works_with(operation_id: str, quantity: str, at: str) -> AmendReport:
    return AmendReport(
        account=FUTURES,
        instrument=PERP,
        client_order_id=client_id(operation_id),
        venue_order_id=VenueOrderId("v-2"),
        quantity=Quantity(Decimal(quantity)),
        price=Price(Decimal(at)),
    )


def _waiting(desk: Desk) -> None:
    trailing = submit("op-trail", sell="0.5")
    desk.receive(
        replace(
            trailing,
            terms=replace(
                trailing.terms,
                order_type=OrderType.TRAILING_STOP,
                trailing_offset=Price(Decimal(100)),
                reduce_only=True,
            ),
        )
    )
    stop = submit("op-stop", sell="0.25")
    desk.receive(
        replace(stop, terms=replace(stop.terms, order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(49000))))
    )
    desk.receive(
        AmendOrder(
            operation_id=OperationId("op-stop"),
            amend_id=AmendId("a-3"),
            quantity=None,
            price=None,
            trigger_price=Price(Decimal(49500)),
            principal=TRADER,
        )
    )
    desk.receive(quote(PERP, "50200", "50200.1", desk.now_ns))
    desk.receive(quote(PERP, "49400", "49400.1", desk.now_ns))
    desk.receive(traded("op-stop", "t-5", "0.25", "49400", side=Side.SELL))


def _worked(desk: Desk) -> None:
    params = {"horizon_secs": "20", "intervals": "2"}
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    desk.receive(submit("op-twap", buy="2", exec_algorithm="TWAP", exec_algorithm_params=params))
    desk.receive(traded("op-twap.1", "t-6", "1"))
    desk.pass_time(10)
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    desk.receive(cancel("op-twap"))
    for order in list(desk.actor.book.oms.open_orders()):
        if order.parent is not None:
            desk.receive(canceled(order.terms.operation_id))


def _put_right(desk: Desk) -> None:
    shared = {"account": FUTURES, "instrument": PERP, "principal": TRADER}
    price = Price(Decimal(50000))
    desk.receive(
        AdjustPosition(
            adjustment_id=TradeId("adj-1"),
            kind=AdjustmentKind.OPENING,
            strategy_id=StrategyId("momentum"),
            quantity=Decimal("0.4"),
            price=price,
            reason="held before",
            **shared,  # type: ignore[arg-type]  # by name
        )
    )
    desk.receive(
        TransferPosition(
            transfer_id=TradeId("tr-1"),
            from_strategy=StrategyId("momentum"),
            to_strategy=StrategyId("basis"),
            quantity=Decimal("0.1"),
            price=price,
            reason="moved",
            **shared,  # type: ignore[arg-type]  # by name
        )
    )
    desk.receive(BustTrade(trade_id=TradeId("t-1"), reason="annulled", **shared))  # type: ignore[arg-type]  # by name
    for held in ("3", "3", "2"):
        desk.receive(statement(FUTURES, desk.now_ns, positions={PERP: held}, balances={"USDT": ("1000.5", "900")}))


def _halts(desk: Desk) -> None:
    desk.receive(halt(HaltScope.STRATEGY, "basis", HaltMode.CANCEL))
    desk.receive(halt(HaltScope.VENUE, "BYBIT"))
    desk.receive(resume(HaltScope.STRATEGY, "basis"))
