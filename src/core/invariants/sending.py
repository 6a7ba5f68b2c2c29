"""`sent_once`, `one_order_per_operation`, `durable_before_release`: what left, and how often."""

from __future__ import annotations

from collections import Counter

from core.invariants.run import Finding, RecordedRun, Tally
from ports.facts import OrderRecorded, OrderReleased, OrderUnsent
from ports.requests import SendCancel, SendOrder
from ports.values import OperationId


def sent_once(run: RecordedRun) -> Finding:
    """No venue saw a client order id twice as a new order, nor one that was never released; examines sends."""
    tally = Tally()
    released = {entry.fact.client_order_id for entry in run.entries if isinstance(entry.fact, OrderReleased)}
    tally.saw(len(run.sends))
    for client_order_id, times in Counter(run.sends).items():
        tally.expect(times == 1, f"{client_order_id} reached its venue {times} times as a new order")
        tally.expect(client_order_id in released, f"{client_order_id} reached its venue and was never released")
    requested = Counter(request.client_order_id for request, _, _ in run.releases if isinstance(request, SendOrder))
    for client_order_id, times in requested.items():
        tally.expect(times == 1, f"{client_order_id} was handed to its venue's worker {times} times")
    return tally.finding()


def one_order_per_operation(run: RecordedRun) -> Finding:
    """An operation id was recorded once, and shares its names with no other; examines orders.

    It is released once, and again only after its last send is proven never to have left, under a new name.
    """
    tally = Tally()
    recorded: set[OperationId] = set()
    released: set[OperationId] = set()
    owners: dict[str, OperationId] = {}
    for entry in run.entries:
        fact = entry.fact
        if isinstance(fact, OrderRecorded):
            tally.saw()
            tally.expect(fact.operation_id not in recorded, f"seq {entry.seq}: {fact.operation_id} recorded again")
            tally.expect(
                fact.terms.operation_id == fact.operation_id, f"seq {entry.seq}: {fact.operation_id} holds other terms"
            )
            recorded.add(fact.operation_id)
            owner = owners.setdefault(fact.order_id, fact.operation_id)
            tally.expect(owner == fact.operation_id, f"{fact.order_id} is of {owner} and of {fact.operation_id}")
        elif isinstance(fact, OrderReleased):
            tally.expect(fact.operation_id in recorded, f"seq {entry.seq}: {fact.operation_id} released unrecorded")
            tally.expect(fact.operation_id not in released, f"seq {entry.seq}: {fact.operation_id} released again")
            released.add(fact.operation_id)
            tally.expect(fact.client_order_id not in owners, f"seq {entry.seq}: {fact.client_order_id} used again")
            owners[fact.client_order_id] = fact.operation_id
        elif isinstance(fact, OrderUnsent):
            released.discard(fact.operation_id)  # `terminal_on_evidence` looks at the proof
    return tally.finding()


def durable_before_release(run: RecordedRun) -> Finding:
    """No request left before its facts were durable, cancels (which only reduce risk) excepted; examines requests."""
    tally = Tally()
    released_at = {
        entry.fact.client_order_id: entry.seq for entry in run.entries if isinstance(entry.fact, OrderReleased)
    }
    for request, needs_seq, durable_seq in run.releases:
        tally.saw()
        if isinstance(request, SendCancel):
            continue
        tally.expect(needs_seq <= durable_seq, f"{request} left at {durable_seq}, and needed {needs_seq}")
        if isinstance(request, SendOrder):
            seq = released_at.get(request.client_order_id)
            tally.expect(
                seq is not None and seq <= durable_seq,
                f"{request.client_order_id} left at {durable_seq}; it was released at {seq}",
            )
    return tally.finding()
