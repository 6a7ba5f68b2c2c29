"""A simulated venue's own count against ours: what is missing on one side, what is there twice, what differs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ports.facts import CancelRequested, Fact, OrderFilled, OrderRecorded, OrderReleased, PositionChanged, status_after
from ports.values import AccountId


@dataclass(slots=True)
class Verdict:
    """Findings, each as one line; none of them is the proof."""

    lost: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    wrong_positions: list[str] = field(default_factory=list)
    asked: int = 0  # new orders that reached the venue, whatever became of them
    orders: int = 0  # that the venue held
    trades: int = 0  # that the venue made


def judge(
    account: AccountId,
    facts: Sequence[Fact],
    venue: Mapping[str, Any],
    told: Mapping[str, Decimal],
    keys: Mapping[str, str],
) -> Verdict:
    """Compare the facts of one account, and its positions as the service tells them, with the venue's own record.

    `told` are quantities by instrument key; `keys` are instrument keys by the venue's symbols.
    """
    ours = [fact for fact in facts if getattr(fact, "account", account) == account]
    verdict = Verdict(asked=sum(venue["asked"].values()), orders=len(venue["orders"]), trades=len(venue["trades"]))
    verdict.lost = [*_differing_orders(ours, venue), *_one_sided_trades(ours, venue, keys)]
    verdict.repeated = list(_repeated(ours, venue))
    verdict.wrong_positions = list(_wrong_positions(ours, venue, told, keys))
    return verdict


def _differing_orders(facts: Sequence[Fact], venue: Mapping[str, Any]) -> Iterator[str]:
    """Tell orders that only one side has, that have not ended, or that ended otherwise there."""
    out_of_time = {fact.operation_id for fact in facts if isinstance(fact, CancelRequested) and fact.expired}
    released = {str(fact.client_order_id): fact.operation_id for fact in facts if isinstance(fact, OrderReleased)}
    ended: dict[Any, str] = {}
    filled: defaultdict[Any, Decimal] = defaultdict(Decimal)
    for fact in facts:
        if (status := status_after(fact)) is not None:
            ended[getattr(fact, "operation_id", None)] = status
        if isinstance(fact, OrderFilled):
            filled[fact.operation_id] += fact.quantity
    there = {str(order["clientOrderId"]): order for order in venue["orders"]}
    yield from (f"the venue holds {name}, which we never released" for name in there.keys() - released.keys())
    for name, operation_id in released.items():
        ours, order = ended.get(operation_id), there.get(name)
        theirs = ["REJECTED", "CANCELED"] if order is None else [order["status"]]
        if "CANCELED" in theirs and operation_id in out_of_time:
            theirs.append("EXPIRED")  # taken back because its time was over: the venue knows no such end
        quantity = Decimal(0) if order is None else Decimal(order["executedQty"])
        if ours not in theirs or filled[operation_id] != quantity:
            yield (
                f"{operation_id} ended {ours} with {filled[operation_id]} filled, and at the venue "
                f"{'it is not known' if order is None else order['status']} with {quantity}"
            )


def _one_sided_trades(facts: Sequence[Fact], venue: Mapping[str, Any], keys: Mapping[str, str]) -> Iterator[str]:
    names = {fact.operation_id: str(fact.client_order_id) for fact in facts if isinstance(fact, OrderReleased)}
    orders = {order["orderId"]: str(order["clientOrderId"]) for order in venue["orders"]}
    ours = {
        (
            str(fact.trade_id),
            str(fact.instrument),
            names.get(fact.operation_id) if fact.operation_id else None,
            str(fact.side),
            Decimal(fact.quantity),
            Decimal(fact.price),
        )
        for fact in facts
        if isinstance(fact, OrderFilled)
    }
    theirs = {
        (
            str(trade["id"]),
            keys[trade["symbol"]],
            orders.get(trade["orderId"]),
            trade["side"],
            Decimal(trade["qty"]),
            Decimal(trade["price"]),
        )
        for trade in venue["trades"]
    }
    yield from (f"the venue alone has the trade {trade}" for trade in theirs - ours)
    yield from (f"we alone have the trade {trade}" for trade in ours - theirs)


def _repeated(facts: Sequence[Fact], venue: Mapping[str, Any]) -> Iterator[str]:
    counted = {
        "asked for as a new order": Counter(venue["asked"]),
        "held by the venue": Counter(order["clientOrderId"] for order in venue["orders"]),
        "recorded": Counter(fact.operation_id for fact in facts if isinstance(fact, OrderRecorded)),
        "released": Counter(fact.operation_id for fact in facts if isinstance(fact, OrderReleased)),
        "booked": Counter((fact.instrument, fact.trade_id) for fact in facts if isinstance(fact, OrderFilled)),
    }
    for what, counts in counted.items():
        yield from (f"{name} was {what} {times} times" for name, times in counts.items() if times > 1)


def _wrong_positions(
    facts: Sequence[Fact],
    venue: Mapping[str, Any],
    told: Mapping[str, Decimal],
    keys: Mapping[str, str],
) -> Iterator[str]:
    last = {
        (fact.account, fact.strategy_id, fact.instrument): fact.quantity
        for fact in facts
        if isinstance(fact, PositionChanged)
    }
    ours, theirs = (defaultdict[str, Decimal](Decimal) for _ in range(2))
    for (_, _, instrument), quantity in last.items():
        ours[instrument] += quantity
    for positions in venue["positions"].values():
        for symbol, quantity in positions.items():
            theirs[keys[symbol]] += Decimal(quantity)
    for key in sorted(ours.keys() | told.keys() | theirs.keys()):
        doors = told.get(key, Decimal(0))
        if not ours[key] == doors == theirs[key]:
            yield f"{key}: {ours[key]} in the journal, {doors} at the doors, {theirs[key]} at the venue"
