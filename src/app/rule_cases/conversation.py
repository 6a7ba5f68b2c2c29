"""A conversation with an orchestrator of its own: a clock moved by hand, and everything that came of it is kept."""

from __future__ import annotations

from typing import Final

from app.digests import digest_of, folded
from app.rule_cases.words import ACCOUNTS, BYBIT_PERP, INVERSE, PERP, SPOT, instruments_of, quote, statement
from core.invariants import RecordedRun, Release
from core.orchestrator import Orchestrator
from core.reconciliation.patience import Patience
from ports.actor import Outcome, Told
from ports.capabilities import PLAIN_ORDERS
from ports.facts import RiskDecided
from ports.journal import Entry
from ports.reports import SessionUp
from ports.requests import SendOrder, WakeAt, WakeUp
from ports.values import ClientOrderId, OperationId

START_NS: Final = 1_700_000_000_000_000_000  # a Tuesday, 22:13:20 UTC
SECOND_NS: Final = 1_000_000_000
_PATIENCE: Final = Patience(answer_ns=5 * SECOND_NS, not_found_lag_ns=SECOND_NS)
_QUOTES: Final = (
    quote(PERP, "49999.9", "50000.1"),
    quote(BYBIT_PERP, "49990", "50010"),
    quote(SPOT, "1999.99", "2000.01"),
    quote(INVERSE, "49995", "50005"),
)


class Conversation:
    """Four accounts are connected and quoted: futures at two venues, spot, and an inverse perpetual."""

    def __init__(self) -> None:
        self.now_ns = START_NS
        self.actor = Orchestrator(_PATIENCE)
        self.entries: list[Entry] = []
        self._sends: list[ClientOrderId] = []
        self._releases: list[Release] = []
        self._wakes: list[WakeAt] = []
        self._keep(self.actor.start(1, "a conversation", self.now_ns), "start")
        for one in _QUOTES:
            account = ACCOUNTS[one.instrument]
            listed = instruments_of(account, [one.instrument])
            up = SessionUp(account=account, venue=one.instrument.venue, instruments=listed, abilities=PLAIN_ORDERS)
            self.receive(up)
            self.receive(statement(account, self.now_ns))
        for one in _QUOTES:
            self.receive(one)

    def receive(self, message: Told) -> Outcome:
        """Hand over one message, and keep what it led to."""
        return self._keep(self.actor.receive(message, self.now_ns), type(message).__name__)

    def pass_time(self, seconds: float = 0, *, ns: int = 0) -> None:
        """Move the clock, delivering every wake-up that falls due on the way, in its order."""
        until_ns = self.now_ns + int(seconds * SECOND_NS) + ns
        while due := [wake for wake in self._wakes if wake.at_ns <= until_ns]:
            first = min(due, key=lambda wake: wake.at_ns)
            self._wakes.remove(first)
            self.now_ns = max(self.now_ns, first.at_ns)
            self.receive(WakeUp(token=first.token))
        self.now_ns = until_ns

    def decision(self, operation_id: OperationId) -> RiskDecided:
        """Return what risk decided of an order.

        Raises:
            LookupError: it was never asked.
        """
        for entry in self.entries:
            if isinstance(entry.fact, RiskDecided) and entry.fact.operation_id == operation_id:
                return entry.fact
        raise LookupError(f"risk was never asked about {operation_id}")

    def run(self) -> RecordedRun:
        """Return all that the invariants judge."""
        return RecordedRun(
            entries=tuple(self.entries),
            sends=tuple(self._sends),
            releases=tuple(self._releases),
            fold=folded,
            live_digest=digest_of(self.actor),
        )

    def _keep(self, outcome: Outcome, cause: str) -> Outcome:
        for fact in outcome.facts:
            seq = len(self.entries) + 1
            name = self.actor.name
            self.entries.append(Entry(seq=seq, ts_ns=self.now_ns, epoch=1, actor=name, cause=cause, fact=fact))
        for request in outcome.requests:
            self._releases.append(Release(request, len(self.entries), len(self.entries)))
            if isinstance(request, SendOrder):
                self._sends.append(request.client_order_id)
            elif isinstance(request, WakeAt):
                self._wakes.append(request)
        return outcome
