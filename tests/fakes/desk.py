"""A desk: an orchestrator with its journal, a clock moved by hand, and everything that left it."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

from adapters.runtime.mailbox import cause_of
from core.control_rules import ControlRules
from core.invariants import RecordedRun, Release
from core.orchestrator import KEPT_IN_MEMORY, Orchestrator
from core.orders.order import Order
from core.reconciliation.accounts import AccountStatus
from core.reconciliation.patience import Patience
from core.routing.offers import RoutingRules
from ports.actor import Message, Outcome, Recalled, Told
from ports.capabilities import PLAIN_ORDERS, Abilities
from ports.facts import BreakKind, Fact, decode_fact, kind_of, version_of
from ports.instruments import InstrumentKey
from ports.journal import Entry
from ports.recall import NOTHING, LoadedOrders, LoadOrders
from ports.reports import SessionDown, SessionUp
from ports.requests import Request, SendOrder, WakeAt, WakeUp
from ports.values import AccountId, ClientOrderId, OperationId, OrderStatus, StrategyId, exact, plain

from fakes.records import found_in
from fakes.sayings import ACCOUNTS, BYBIT_PERP, INVERSE, PERP, SPOT, instruments_of, quote, statement

START_NS: Final = 1_700_000_000_000_000_000
SECOND_NS: Final = 1_000_000_000
PATIENCE: Final = Patience(answer_ns=5 * SECOND_NS, not_found_lag_ns=SECOND_NS)
QUOTES: Final = (
    quote(PERP, "49999.9", "50000.1"),
    quote(BYBIT_PERP, "49990", "50010"),
    quote(SPOT, "1999.99", "2000.01"),
    quote(INVERSE, "49995", "50005"),
)


class Desk:
    """Hands messages to an orchestrator, one at a time, and keeps what came of each.

    By default four accounts are connected and quoted: futures at two venues, spot, and an inverse perpetual.
    """

    def __init__(
        self,
        instruments: Sequence[InstrumentKey] = (PERP, BYBIT_PERP, SPOT, INVERSE),
        abilities: Abilities = PLAIN_ORDERS,
        halt_on_breaks: Collection[BreakKind] = (),
        keep: int = KEPT_IN_MEMORY,
        controls: ControlRules | None = None,
        routing: RoutingRules | None = None,
    ) -> None:
        self.abilities = abilities
        self.controls = controls
        self.keep = keep
        self.loads: list[LoadOrders] = []
        self.now_ns = START_NS
        self.epoch = 0
        self.entries: list[Entry] = []
        self.sends: list[ClientOrderId] = []
        self.releases: list[Release] = []
        self.wakes: list[WakeAt] = []
        self.instruments = tuple(instruments)
        self.actor = Orchestrator(
            PATIENCE, halt_on_breaks=halt_on_breaks, routing=routing, keep=keep, controls=controls
        )
        self._begin()
        for account in self.accounts:
            self.connect(account)
        for one in QUOTES:
            if one.instrument in self.instruments:
                self.receive(one)

    @property
    def accounts(self) -> list[AccountId]:
        """The accounts of the listed instruments, each once."""
        return list(dict.fromkeys(ACCOUNTS[key] for key in self.instruments))

    @property
    def facts(self) -> list[Fact]:
        """Everything that was ever true here."""
        return [entry.fact for entry in self.entries]

    # -- what is said to it

    def receive(self, message: Told) -> Outcome:
        """Hand over one message, again with what it waits for, and keep what it led to."""
        outcome = self.actor.receive(message, self.now_ns)
        asked, found = NOTHING, LoadedOrders()
        while (wanted := outcome.awaits) is not None:
            self.loads.append(wanted)
            asked, found = asked | wanted, found + found_in(through_json(self.facts), wanted)
            outcome = self.actor.receive(Recalled(message=message, asked=asked, found=found), self.now_ns)
        return self._keep(outcome, cause_of(message))

    def quarantine(self, message: Message, error: str) -> Outcome:
        """Set a message aside as the runtime does when `receive` raised."""
        return self._keep(self.actor.quarantine(message, error, self.now_ns), f"quarantine:{cause_of(message)}")

    def connect(self, account: AccountId) -> Outcome:
        """The venue session of an account is up, and has stated it: no open order, no trade, and it keeps no positions.

        Returns what both messages led to.
        """
        up = self.come_up(account)
        said = self.receive(statement(account, self.now_ns))
        return Outcome(facts=up.facts + said.facts, requests=up.requests + said.requests)

    def come_up(self, account: AccountId) -> Outcome:
        """The venue session of an account is up, and has stated nothing yet."""
        venue = next(key.venue for key in self.instruments if ACCOUNTS[key] == account)
        return self.receive(
            SessionUp(
                account=account,
                venue=venue,
                instruments=instruments_of(account, self.instruments),
                abilities=self.abilities,
            )
        )

    def disconnect(self, account: AccountId = ACCOUNTS[PERP]) -> Outcome:
        """The venue session of an account is gone."""
        venue = next(key.venue for key, own in ACCOUNTS.items() if own == account)
        return self.receive(SessionDown(account=account, venue=venue, reason="the line is dead"))

    def pass_time(self, seconds: float = 0, *, ns: int = 0) -> list[Outcome]:
        """Move the clock, delivering every wake-up that falls due on the way, in its order."""
        until_ns = self.now_ns + int(seconds * SECOND_NS) + ns
        outcomes = []
        while due := [wake for wake in self.wakes if wake.at_ns <= until_ns]:
            first = min(due, key=lambda wake: wake.at_ns)
            self.wakes.remove(first)
            self.now_ns = max(self.now_ns, first.at_ns)
            outcomes.append(self.receive(WakeUp(token=first.token)))
        self.now_ns = until_ns
        return outcomes

    def restart(self) -> Outcome:
        """Lose the process: only what was written is left, read back as the journal would give it."""
        self.actor = folded(through_json(self.facts), self.keep, self.controls)
        self.wakes.clear()
        return self._begin()

    # -- what it holds

    def order(self, operation_id: str) -> Order:
        """The order of an operation id."""
        return self.actor.book.oms.recorded(OperationId(operation_id))

    def status(self, operation_id: str) -> OrderStatus:
        """Where an order is."""
        return self.order(operation_id).status

    def account_status(self, account: AccountId = ACCOUNTS[PERP]) -> AccountStatus | None:
        """How far an account is."""
        state = self.actor.book.accounts.get(account)
        return None if state is None else state.status

    def position(self, instrument: InstrumentKey = PERP, strategy: str = "momentum") -> Decimal:
        """What a strategy holds of an instrument."""
        held = dict(self.actor.book.positions)
        position = held.get((ACCOUNTS[instrument], StrategyId(strategy), instrument))
        return Decimal(0) if position is None else position.holding.quantity

    def reserved(self, instrument: InstrumentKey = PERP) -> tuple[Decimal, Decimal]:
        """What open orders may still buy and sell of an instrument."""
        exposure = self.actor.book.exposure.of_instrument(instrument)
        return exposure.open_buys, exposure.open_sells

    def breaks(self) -> list[str]:
        """The kinds of the breaks that are open."""
        return sorted(one.kind for one in self.actor.book.breaks.values())

    def run(self) -> RecordedRun:
        """Everything that the invariants judge."""
        return RecordedRun(
            entries=tuple(self.entries),
            sends=tuple(self.sends),
            releases=tuple(self.releases),
            fold=lambda facts: digest(folded(through_json(facts))),
            live_digest=digest(self.actor),
        )

    def _begin(self) -> Outcome:
        self.epoch += 1
        return self._keep(self.actor.start(self.epoch, "test", self.now_ns), "start")

    def _keep(self, outcome: Outcome, cause: str) -> Outcome:
        for fact in outcome.facts:
            seq = len(self.entries) + 1
            self.entries.append(
                Entry(seq=seq, ts_ns=self.now_ns, epoch=self.epoch, actor=self.actor.name, cause=cause, fact=fact)
            )
        for request in outcome.requests:
            self._let_out(request)
        return outcome

    def _let_out(self, request: Request) -> None:
        self.releases.append(Release(request, len(self.entries), len(self.entries)))
        if isinstance(request, SendOrder):
            self.sends.append(request.client_order_id)
        elif isinstance(request, WakeAt):
            self.wakes.append(request)


def folded(facts: Iterable[Fact], keep: int = KEPT_IN_MEMORY, controls: ControlRules | None = None) -> Orchestrator:
    """A new orchestrator that knows these facts and nothing else."""
    actor = Orchestrator(PATIENCE, keep=keep, controls=controls)
    actor.apply(facts)
    return actor


def digest(actor: Orchestrator) -> str:
    """One word for a whole state: equal states give equal words."""
    with exact():
        return blake2b(repr(actor.book.canonical()).encode(), digest_size=16).hexdigest()


def through_json(facts: Iterable[Fact]) -> list[Fact]:
    """The facts as they come back from any store that writes JSON."""
    return [decode_fact(kind_of(fact), version_of(fact), json.loads(as_json(fact))) for fact in facts]


def as_json(fact: Fact) -> str:
    """A fact as JSON text, decimals as plain text."""
    return json.dumps(asdict(fact), default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    raise TypeError(f"facts hold no {type(value)}")
