"""What chaos ends with: the venue's own count against ours, and the callers' answers against our journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.simulated.verdict import Verdict
from app.simulated.verdict import judge as judge_venue
from end_to_end.traders import Tally
from ports.facts import Fact, OrderRecorded
from ports.journal import Entry
from ports.values import AccountId

__all__ = ["Verdict", "judge"]


def judge(
    account: AccountId,
    tally: Tally,
    entries: Sequence[Entry],
    venue: Mapping[str, Any],
    told: Iterable[Mapping[str, Any]],
    keys: Mapping[str, str],
) -> Verdict:
    """Compare the callers' answers, our journal, and positions as the doors tell them, with the venue's own record."""
    facts = [entry.fact for entry in entries]
    doors: defaultdict[str, Decimal] = defaultdict(Decimal)
    for position in told:
        doors[position["instrument_key"]] += Decimal(position["quantity"])
    verdict = judge_venue(account, facts, venue, doors, keys)
    verdict.lost = [*_unrecorded(tally, facts), *verdict.lost]
    return verdict


def _unrecorded(tally: Tally, facts: Sequence[Fact]) -> Iterator[str]:
    ours = {str(fact.operation_id): str(fact.order_id) for fact in facts if isinstance(fact, OrderRecorded)}
    for operation_id, order_id in tally.orders.items():
        if ours.get(operation_id) != order_id:
            yield f"{operation_id} was acknowledged as {order_id}, and the journal has {ours.get(operation_id)}"
