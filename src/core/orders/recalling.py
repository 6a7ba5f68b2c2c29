"""What has left memory and a message may be about: it waits until that was read back."""

from __future__ import annotations

from collections.abc import Iterable

from core.orders.lives import lives_of
from core.orders.oms import Oms
from ports.actor import Recalled, Told
from ports.commands import AmendOrder, BustTrade, CancelOrder, SubmitOrder
from ports.recall import NOTHING, LoadOrders, TradeKey
from ports.reports import AccountStatement, FillReport, OrderEvidence, OrderStatusReport
from ports.values import ClientOrderId, OperationId


def recall(oms: Oms, message: Recalled) -> None:
    """Let what was read back for a message be found, for the time of one turn."""
    oms.recall(lives_of([fact for _, fact in message.found.facts]), message.found.trades)


def wanted_for(oms: Oms, message: Told, asked: LoadOrders) -> LoadOrders:
    """Return what has to be read back before a message can be decided on; nothing of what was `asked` before.

    A message that an order which ended long ago can make no difference to wants nothing: a wake-up, or the answer to
    an amend.
    """
    match message:
        case SubmitOrder():
            wanted = _order(oms, message.terms.operation_id)
        case CancelOrder() | AmendOrder():
            wanted = _order(oms, message.operation_id)
        case BustTrade():
            wanted = _trade(oms, (message.account, message.instrument, message.trade_id))
        case OrderStatusReport():
            wanted = _clients(oms, [message.client_order_id])
        case FillReport():
            wanted = _fills(oms, [message], asked)
        case OrderEvidence():
            wanted = _clients(oms, [message.status.client_order_id]) | _fills(oms, message.fills, asked)
        case AccountStatement():
            listed = [report.client_order_id for report in message.open_orders]
            wanted = _clients(oms, listed) | _fills(oms, message.fills, asked)
        case _:
            return NOTHING
    return wanted - asked if wanted and asked else wanted


def _order(oms: Oms, operation_id: OperationId) -> LoadOrders:
    if oms.get(operation_id) is not None or not oms.departed.may_have(operation_id):
        return NOTHING
    return LoadOrders(operation_ids=frozenset([operation_id]))


def _clients(oms: Oms, names: Iterable[ClientOrderId]) -> LoadOrders:
    gone = [name for name in names if oms.by_client(name) is None and oms.departed.may_have_client(name)]
    return LoadOrders(client_order_ids=frozenset(gone)) if gone else NOTHING


def _trade(oms: Oms, key: TradeKey) -> LoadOrders:
    if oms.has_trade(key) or not oms.departed.may_have_trade(key):
        return NOTHING
    return LoadOrders(trades=frozenset([key]))


def _fills(oms: Oms, fills: Iterable[FillReport], asked: LoadOrders) -> LoadOrders:
    """Ask first which trades were counted; only of one that was not, its order matters."""
    trades: list[TradeKey] = []
    orders: list[ClientOrderId] = []
    for fill in fills:
        key = (fill.account, fill.instrument, fill.trade_id)
        if oms.has_trade(key):
            continue
        if key not in asked.trades and oms.departed.may_have_trade(key):
            trades.append(key)
        elif fill.client_order_id is not None:
            orders.append(fill.client_order_id)
    wanted = _clients(oms, orders)
    return LoadOrders(trades=frozenset(trades)) | wanted if trades else wanted
