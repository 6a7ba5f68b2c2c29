"""The orchestrator inside NautilusTrader's backtest: what the live service decides with, over recorded ticks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from adapters.nautilus.backtest import BacktestRuntime, Hosting, Timed, TimedCommand
from adapters.runtime import QuoteBoard
from adapters.runtime.mailbox import cause_of
from core.orchestrator import Orchestrator
from core.reconciliation.patience import Patience
from ports.actor import Message
from ports.instruments import Instrument, InstrumentKey
from ports.journal import Entry
from ports.market_data import Quote, Trade, VolumeProfile
from ports.replies import Reply


class BacktestRun:
    """One run of the core over recorded ticks: everything that became true, and every reply."""

    def __init__(
        self, instruments: Sequence[Instrument], patience: Patience | None = None, actor: Orchestrator | None = None
    ) -> None:
        """Prepare a run of a new orchestrator, or of `actor`, which nothing was said to yet."""
        self._runtime = BacktestRuntime(instruments)
        self.actor = actor or Orchestrator(patience)
        self.entries: list[Entry] = []
        self.replies: list[tuple[Message, Sequence[Reply]]] = []

    @property
    def busy_s(self) -> float:
        """Processor time of the run, without the reading of quotes."""
        return self._runtime.busy_s

    @property
    def left_out(self) -> int:
        """Ticks that do not fit their instrument."""
        return self._runtime.left_out

    def run(
        self,
        ticks: Iterable[Quote | Trade | Timed],
        commands: Sequence[TimedCommand] = (),
        profiles: Iterable[VolumeProfile] = (),
    ) -> None:
        """Hand the commands to the core at their times, between the ticks; see `BacktestRuntime.run`.

        `profiles` are what it knows of volumes by time of day from the start.
        """
        board = QuoteBoard()
        for profile in profiles:
            board.put_profile(profile)
        hosting = Hosting(
            actor=self.actor,
            commands=commands,
            take=self.entries.extend,
            replied=lambda command, replies: self.replies.append((command, replies)),
            cause_of=cause_of,
            board=board,
            waits_for=self._waits_for,
        )
        self._runtime.run(ticks, hosting)

    def _waits_for(self, instrument: InstrumentKey) -> bool:
        book = self.actor.book
        return bool(book.desk.watching(instrument)) or bool(book.oms.contingent.watching(instrument))
