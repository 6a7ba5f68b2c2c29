"""After the calm: the simulator's own count against our book, and every invariant over the recorded run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from core.invariants import RecordedRun, check
from core.orchestrator import Orchestrator
from core.orders.order import Order
from core.reconciliation.patience import Patience
from fault_matrix.desk import Desk
from ports.facts import BreakKind, BreakOpened, Fact, MessageQuarantined
from ports.journal import Entry
from ports.values import ClientOrderId, OrderStatus

_IN_DOUBT = frozenset(
    {
        *(OrderStatus.PENDING, OrderStatus.SUBMITTED, OrderStatus.UNCONFIRMED),
        *(OrderStatus.PENDING_CANCEL, OrderStatus.PENDING_AMEND),
    }
)
_SAME = {
    "NEW": {OrderStatus.ACCEPTED},
    "PARTIALLY_FILLED": {OrderStatus.PARTIALLY_FILLED},
    "FILLED": {OrderStatus.FILLED},
    "CANCELED": {OrderStatus.CANCELED},
    "EXPIRED": {OrderStatus.EXPIRED},
    "REJECTED": {OrderStatus.REJECTED},
}


def differences(desk: Desk, held: Mapping[str, Any]) -> list[str]:
    """Return where our book and the venue's record, since this desk began, are not the same; empty: nowhere."""
    return [*_doubtful(desk), *_orders(desk, held), *_trades(desk, held), *_positions(desk, held)]


async def findings(desk: Desk, breaks: Collection[BreakKind], passing: Collection[BreakKind]) -> list[str]:
    """Return everything that is wrong with a run that is over.

    `breaks` are those that its fault makes, for a person to settle; `passing` those that it may make, and that
    evidence settles.
    """
    held = await desk.venue.look("orders")
    opened = {one.kind for one in desk.facts(BreakOpened)}
    left = {one.kind for one in desk.book.breaks.values()}
    wrong = [f"a break of kind {kind}" for kind in sorted(opened - {*breaks, *passing})]
    wrong += [f"an open break of kind {kind}" for kind in sorted(left & set(passing))]
    wrong += [f"no break of kind {kind}" for kind in sorted(set(breaks) - opened)]
    wrong += [f"quarantined: {one.message}: {one.error}" for one in desk.facts(MessageQuarantined)]
    wrong += [f"{_told(one)}, and still open" for one in desk.book.oms.open_orders()]
    return [*differences(desk, held), *wrong, *await _invariants(desk, held)]


def _doubtful(desk: Desk) -> list[str]:
    return [f"{_told(one)}, in doubt" for one in desk.book.oms.all_orders() if one.status in _IN_DOUBT]


def _orders(desk: Desk, held: Mapping[str, Any]) -> list[str]:
    wrong = [f"{name} reached the venue {times} times" for name, times in _asked(desk, held).items() if times > 1]
    theirs = {one["clientOrderId"]: one for one in held["orders"]}
    for order in desk.book.oms.all_orders():
        if order.release is None:
            continue
        there = theirs.get(order.release.client_order_id)
        if there is None:
            if order.status is not OrderStatus.REJECTED or order.filled_quantity:
                wrong.append(f"{_told(order)}, and the venue does not know it")
        elif order.status not in _SAME[there["status"]] or order.filled_quantity != Decimal(there["executedQty"]):
            wrong.append(f"{_told(order)}, and at the venue {there['status']} with {there['executedQty']}")
    return wrong


def _asked(desk: Desk, held: Mapping[str, Any]) -> Counter[str]:
    return Counter(held["asked"]) - Counter(desk.before["asked"])


def _trades(desk: Desk, held: Mapping[str, Any]) -> list[str]:
    ours = Counter(str(trade.trade_id) for trade in desk.trades())
    theirs = Counter(str(trade["id"]) for trade in held["trades"][len(desk.before["trades"]) :])
    return [f"trade {name}: {ours[name]} times in our book, {theirs[name]} at the venue" for name in ours - theirs] + [
        f"trade {name}: {ours[name]} times in our book, {theirs[name]} at the venue" for name in theirs - ours
    ]


def _positions(desk: Desk, held: Mapping[str, Any]) -> list[str]:
    ours = desk.book.positions.by_instrument(desk.session.account).get(desk.place.btc, Decimal(0))
    theirs = _held(desk, held) - _held(desk, desk.before)
    return [] if ours == theirs else [f"we hold {ours}, and at the venue {theirs}"]


def _held(desk: Desk, held: Mapping[str, Any]) -> Decimal:
    return sum((Decimal(one.get(desk.place.symbol, "0")) for one in held["positions"].values()), Decimal(0))


def _told(order: Order) -> str:
    return f"{order.terms.operation_id} is {order.status} with {order.filled_quantity} filled"


async def _invariants(desk: Desk, held: Mapping[str, Any]) -> list[str]:
    def fold(facts: Collection[Fact]) -> str:
        return _digest(_folded(desk.patience, facts))

    entries, digest = await _recorded(desk)
    run = RecordedRun(
        entries=entries,
        sends=[ClientOrderId(name) for name in _asked(desk, held).elements()],
        releases=desk.telemetry.releases,
        fold=fold,
        live_digest=digest,
    )
    found = check(run)
    wrong = [f"{name}: {one}" for name, finding in found.items() if not finding.ok for one in finding.violations]
    return wrong + [f"{name} examined nothing" for name, finding in found.items() if not finding.examined]


async def _recorded(desk: Desk) -> tuple[Sequence[Entry], str]:
    """Return the journal and the book at one instant: the run goes on, and a statement may come between."""
    await desk.host.drained()
    entries, digest = await desk.entries(), _digest(desk.actor)
    await desk.host.drained()
    return (entries, digest) if len(await desk.entries()) == len(entries) else await _recorded(desk)


def _folded(patience: Patience, facts: Collection[Fact]) -> Orchestrator:
    actor = Orchestrator(patience)
    actor.apply(list(facts))
    return actor


def _digest(actor: Orchestrator) -> str:
    return blake2b(repr(actor.book.canonical()).encode()).hexdigest()
