"""The planted bugs: for each invariant one line of the shipped source, changed as a tired person might change it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).resolve().parents[2] / "src"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One bug: `before` stands once in `path` (below src) and becomes `after`; `breaks` names its invariant."""

    breaks: str
    path: str
    before: str
    after: str
    bug: str

    def planted(self, text: str) -> str:
        """Return a source with the bug in it.

        Raises:
            PatchDoesNotApplyError: the line has changed; write the bug anew.
        """
        found = text.count(self.before)
        if found != 1:
            raise PatchDoesNotApplyError(
                f"the mutant of {self.breaks}: {self.path} holds {self.before!r} {found} times, not once; "
                "the line has changed, so write its bug anew in tests/mutants/planted.py"
            )
        return text.replace(self.before, self.after)


class PatchDoesNotApplyError(AssertionError):
    """A planted bug does not fit the source any more."""


MUTANTS: Final = (
    Mutant(
        breaks="sent_once",
        path="adapters/runtime/venue_worker.py",
        before='            self._in_doubt(order, f"{type(failure).__name__}: {failure}")\n',
        after="            self._orders[order.client_order_id] = order\n",
        bug="an order whose sending failed somehow is sent again, not asked about",
    ),
    Mutant(
        breaks="one_order_per_operation",
        path="core/submitting.py",
        before="    if known is not None:\n",
        after="    if known is not None and not known.status.is_terminal:\n",
        bug="an operation id whose order has ended makes another order",
    ),
    Mutant(
        breaks="never_overfilled",
        path="core/reconciliation/trades.py",
        before="    filled = order.filled_quantity + report.quantity\n",
        after="    filled = max(order.filled_quantity, report.quantity)\n",
        bug="of two trades of an order only the larger counts as filled",
    ),
    Mutant(
        breaks="position_equals_fills",
        path="core/reconciliation/trades.py",
        before="    if counted is not None:",
        after="    if found_by is FoundBy.QUESTION and counted is not None:",
        bug="a trade that a venue's stream repeats is counted again",
    ),
    Mutant(
        breaks="limits_hold",
        path="core/positions/exposure.py",
        before="return Exposure(self.position, self.open_buys + quantity, self.open_sells)\n",
        after="return Exposure(self.position, quantity, self.open_sells)\n",
        bug="an order to buy is judged as if it were the only open one",
    ),
    Mutant(
        breaks="durable_before_release",
        path="adapters/runtime/commits.py",
        before="                    await self._journal.append(entries)\n",
        after="                    self._append = asyncio.ensure_future(self._journal.append(entries))\n",
        bug="requests leave while their facts are still being written",
    ),
    Mutant(
        breaks="replay_identical",
        path="core/reconciliation/venue_word.py",
        before="    turn.fact(OrderUnseen(",
        after="    turn.book.oms.unseen(OrderUnseen(",
        bug="an answer `no such order` changes the book and leaves no fact",
    ),
    Mutant(
        breaks="halt_holds",
        path="core/risk/halts.py",
        before="            (HaltScope.VENUE, self.venue),\n",
        after="",
        bug="a halt of a venue covers no order",
    ),
    Mutant(
        breaks="terminal_on_evidence",
        path="core/reconciliation/patience.py",
        before="TIMES_UNSEEN_IS_EVIDENCE: Final = 2\n",
        after="TIMES_UNSEEN_IS_EVIDENCE: Final = 1\n",
        bug="one answer `no such order` is taken as proof that it never arrived",
    ),
)
