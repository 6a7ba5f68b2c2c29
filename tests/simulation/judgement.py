"""After the calm: the venues' own records against our book, and the book against its journal."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Final

from adapters.sql.codec import NO_CHECKSUM, decode_rows
from adapters.sql.rows import is_of_an_order
from core.invariants import Finding, RecordedRun, check
from core.orchestrator import Orchestrator
from core.orders.lives import lives_of
from core.orders.oms import Oms
from core.orders.order import Order
from core.positions.exposure import Exposure
from core.reconciliation.accounts import AccountStatus
from ports.facts import BreakKind, Fact
from ports.journal import Entry
from ports.replies import InvalidOrder, OrderReply
from ports.reports import VenueOrderStatus
from ports.values import OrderStatus

from simulation.world import PATIENCE, World

_SAME = {
    VenueOrderStatus.ACCEPTED: (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED),
    VenueOrderStatus.FILLED: (OrderStatus.FILLED,),
    VenueOrderStatus.CANCELED: (OrderStatus.CANCELED,),
    VenueOrderStatus.REJECTED: (OrderStatus.REJECTED,),
    VenueOrderStatus.EXPIRED: (OrderStatus.EXPIRED,),
}


def faults_of(world: World, findings: Mapping[str, Finding]) -> list[str]:
    """Everything that is wrong with how this world ended, what the judges found included; empty: nothing."""
    return [
        *[f"{name}: {one}" for name, finding in findings.items() for one in finding.violations],
        *world.unsettled,
        *_orders(world),
        *_positions(world),
        *_parents(world),
        *_book(world),
        *_journal(world),
        *_answers(world),
    ]


def unsettled(world: World) -> list[str]:
    """What is still in doubt although everything has been calm for long; empty: nothing."""
    waited_for = (OrderStatus.SUBMITTED, OrderStatus.UNCONFIRMED, OrderStatus.PENDING_CANCEL)
    waiting = [order for order in world.process.book.oms.open_orders() if order.status in waited_for]
    in_doubt = [f"{_told(order)} long after the storm" for order in waiting]
    stuck = [one for one in world.process.book.oms.contingent.all_held() if one.triggered is not None]
    in_doubt += [f"{_told(order)}: triggered, and has not left" for order in stuck]
    return [*in_doubt, *_orders(world), *_positions(world), *_accounts(world), *_cancels(world)]


def digest_of(actor: Orchestrator) -> str:
    """Return a digest of the whole state that facts made."""
    return blake2b(repr(actor.book.canonical()).encode()).hexdigest()


def _orders(world: World) -> list[str]:
    faults = []
    ours = {order.client_order_id: order for order in every_order(world).all_orders() if order.client_order_id}
    for venue in world.venues:
        faults += [f"{name} reached {venue.venue} {n} times" for name, n in Counter(venue.arrivals).items() if n > 1]
        for name, theirs in venue.orders.items():
            mine = ours.pop(name, None)
            if mine is None:
                faults.append(f"{venue.venue} holds {name}, which we never released")
            elif mine.status not in _SAME[theirs.status] or mine.filled_quantity != theirs.filled:
                faults.append(f"{_told(mine)}, but {venue.venue} says {theirs.status}, {theirs.filled} filled")
    return faults + [f"{_told(order)}, but no venue knows it" for order in ours.values() if not _was_never_there(order)]


_TRUE_OF_POSITIONS: Final = frozenset({BreakKind.STOP_FAILED, BreakKind.CLOSING_REFUSED})  # the venues' doing


def _was_never_there(order: Order) -> bool:
    return order.status is OrderStatus.REJECTED and order.reason_code in ("NOT_SENT", "NEVER_REACHED_VENUE")


def _told(order: Order) -> str:
    return f"{order.terms.operation_id} is {order.status} ({order.reason_code}), {order.filled_quantity} filled"


def _positions(world: World) -> list[str]:
    theirs: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    ours: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for venue in world.venues:
        for trade in venue.trades:
            theirs[trade.account, trade.instrument] += trade.side.sign * trade.quantity
    for (account, _, instrument), position in world.process.book.positions:
        ours[account, instrument] += position.holding.quantity
    return [
        f"{key}: we hold {ours[key]}, the trades make {theirs[key]}"
        for key in {*ours, *theirs}
        if ours[key] != theirs[key]
    ]


def _book(world: World) -> list[str]:
    book = world.process.book
    still_there = [*book.oms.open_orders(), *book.oms.contingent.all_held(), *book.oms.contingent.all_parents()]
    still_open = [f"{_told(order)}, and still open" for order in still_there]
    breaks = [f"break {one.kind}: {one.detail}" for one in book.breaks.values() if one.kind not in _TRUE_OF_POSITIONS]
    reserved = [
        f"{key} still reserves {exposure}" for key, exposure in book.exposure.by_instrument().items()
        if exposure != Exposure(position=exposure.position, open_buys=Decimal(0), open_sells=Decimal(0))
    ]  # fmt: skip
    return [*still_open, *_accounts(world), *breaks, *reserved]


def _parents(world: World) -> list[str]:
    """A parent is what its children are: it reaches no venue, and has traded what they have."""
    faults = []
    for parent in [one for one in every_order(world).all_orders() if one.is_parent]:
        filled = sum([child.filled_quantity for child in parent.children], Decimal(0))
        if parent.release is not None or filled != parent.filled_quantity or filled > parent.quantity:
            faults.append(f"{_told(parent)} of {parent.quantity}; its children traded {filled}")
        if parent.status.is_terminal and any(not child.status.is_terminal for child in parent.children):
            faults.append(f"{_told(parent)}, and a child of it has not ended")
    return faults


def _accounts(world: World) -> list[str]:
    accounts = world.process.book.accounts.all().items()
    return [f"{account} is {state.status}" for account, state in accounts if state.status is not AccountStatus.READY]


def _cancels(world: World) -> list[str]:
    """A cancel that was answered has its way: the order ends, or, where it was not known yet, never begins."""
    faults = []
    orders = every_order(world)
    for reply in world.cancels:
        order = orders.get(reply.operation_id)
        if order is None:
            continue
        if reply.order is None and order.release is not None:
            faults.append(f"{_told(order)}: released although it was canceled before")
        if order.is_open or order.is_held or order.is_worked:
            faults.append(f"{_told(order)}: still open although somebody canceled it")
    return faults


def _journal(world: World) -> list[str]:
    faults = []
    entries = entries_of(world)
    if world.table.seen != entries:
        faults.append("a follower saw something else than the journal holds")
    if digest_of(folded([entry.fact for entry in entries])) != _live_digest(world):
        faults.append("the book is not the fold of its journal")
    return faults


def _answers(world: World) -> list[str]:
    faults = []
    orders = every_order(world)
    for operation_id, replies in world.answers.items():
        order = orders.get(operation_id)
        told = [reply for reply in replies if not isinstance(reply, InvalidOrder)]
        if (order is None) != (not told):
            faults.append(f"{operation_id} was answered {replies}, and the book holds {order and _told(order)}")
        elif replies[len(replies) - len(told) :] != told:
            faults.append(f"{operation_id} was recorded, and then called invalid: {replies}")
        same = order.order_id if order is not None else None
        other = [one for one in told if not isinstance(one, OrderReply) or one.order.order_id != same]
        faults += [f"{operation_id} was answered {one}" for one in other]
    return faults


def findings_of(world: World) -> Mapping[str, Finding]:
    """What every invariant's judge finds in a life."""
    run = RecordedRun(
        entries=entries_of(world),
        sends=[name for venue in world.venues for name in venue.arrivals],
        releases=world.releases,
        fold=lambda facts: digest_of(folded(facts)),
        live_digest=_live_digest(world),
    )
    return check(run)


def every_order(world: World) -> Oms:
    """Return every order that ever was, those too that have left memory."""
    return lives_of([fact for entry in world.table.seen if is_of_an_order(fact := entry.fact)])


def entries_of(world: World) -> Sequence[Entry]:
    """Return the whole journal, as the store holds it."""
    return decode_rows(world.store.rows, 0, NO_CHECKSUM)


def _live_digest(world: World) -> str:
    return digest_of(world.process.orchestrator)


def folded(facts: Sequence[Fact]) -> Orchestrator:
    """Return what a new book makes of facts."""
    actor = Orchestrator(PATIENCE)
    actor.apply(facts)
    return actor
