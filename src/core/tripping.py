"""Controls that act by themselves: loss, rejections, a break, a lost account, repeated failures.

Each raises a halt that stays until a person with the risk role resumes it (RTS 6 Art. 15(3): disabled until a
designated person re-enables it). All is judged from facts, quotes and the time of the message.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Final

from core.cancelling import cancel_scope
from core.control_rules import ControlRules, is_weaker
from core.flattening import begin_flattening, flatten
from core.positions.profit import EVERYBODY
from core.reconciliation.patience import Patience, trip_look
from core.risk.loss import marks_of_new_day
from core.risk.rule import limit_for
from core.turn import Turn
from ports.commands import HaltMode, HaltScope, RaiseHalt
from ports.facts import BreakKind, BreakOpened, HaltRaised, OrderRefused, OrderRejected, TripKind
from ports.values import SYSTEM, StrategyId, plain, to_places

LOOK_NS: Final = 1_000_000_000
_MS: Final = 1_000_000


def begin_looking(turn: Turn, rules: ControlRules) -> None:
    """Look at losses and accounts every second, for as long as this process leads."""
    if rules.looks:
        turn.request(trip_look(turn.book.epoch, turn.now_ns + LOOK_NS))


def look(turn: Turn, epoch: int, rules: ControlRules, patience: Patience) -> None:
    """Trip what has to, and look again; a look of an earlier life ends its chain."""
    if epoch != turn.book.epoch:
        return
    if rules.loss is not None:
        _look_at_losses(turn, rules.loss, patience)
    if rules.disconnect is not None:
        for account, since_ns in list(turn.book.trips.lost().items()):
            key = (HaltScope.ACCOUNT, account)
            away_ns = turn.now_ns - max(since_ns, turn.book.trips.lifted_ns(key))
            if away_ns > rules.disconnect.after_ns:
                said = f"{account} has not been ready for {away_ns // _MS} ms"
                said = f"{said}, against {rules.disconnect.after_ns // _MS}"
                trip(turn, TripKind.DISCONNECT, key, rules.disconnect.mode, said, patience)
    begin_looking(turn, rules)


def trip_on_facts(turn: Turn, rules: ControlRules, breaks: Collection[BreakKind], patience: Patience) -> None:
    """Trip what this turn's own facts ask for: breaks of these kinds, and too many rejections."""
    for fact in list(turn.facts):
        if isinstance(fact, BreakOpened):
            if fact.kind in breaks and fact.instrument is not None:
                key = (HaltScope.INSTRUMENT, fact.instrument)
                trip(turn, TripKind.BREAK, key, HaltMode.HALT, f"break {fact.kind}: {fact.break_id}", patience)
        elif isinstance(fact, OrderRejected | OrderRefused) and rules.rejections is not None:
            strategy = turn.book.oms.recorded(fact.operation_id).terms.strategy_id
            _look_at_rejections(turn, strategy, rules, patience)


def look_at_failures(turn: Turn, rules: ControlRules, patience: Patience) -> None:
    """Trip where too many messages could not be processed."""
    limit, key = rules.failures, (HaltScope.GLOBAL, "")
    if limit is None:
        return
    failed = turn.book.trips.failures_within(turn.now_ns, _since_resumed(turn, key, limit.window_ns))
    if failed > limit.count:
        said = f"{failed} messages could not be processed in {limit.window_ns // _MS} ms, against {limit.count}"
        trip(turn, TripKind.FAILURES, key, limit.mode, said, patience)


def trip(
    turn: Turn, kind: TripKind, scope: tuple[HaltScope, str], mode: HaltMode, said: str, patience: Patience
) -> None:
    """Halt a scope until a person with the risk role resumes it; what is in force already is never made weaker."""
    in_force = turn.book.halts.get(*scope)
    if in_force is not None and is_weaker(mode, in_force.mode):
        mode = in_force.mode
    if in_force is not None and in_force.trip is not None and in_force.mode is mode:
        return
    raised = HaltRaised(
        scope=scope[0],
        value=scope[1],
        mode=mode,
        principal=SYSTEM,
        reason=said,
        raised_ns=turn.now_ns,
        trip=kind,
    )
    turn.fact(raised)
    if mode in (HaltMode.CANCEL, HaltMode.FLATTEN):
        asked = RaiseHalt(scope=scope[0], value=scope[1], mode=mode, principal=SYSTEM, reason=said)
        cancel_scope(turn, asked, patience)
    if mode is HaltMode.FLATTEN:
        flatten(turn, patience)
        begin_flattening(turn, raised, patience)


def _look_at_rejections(turn: Turn, strategy: StrategyId, rules: ControlRules, patience: Patience) -> None:
    limit, key = rules.rejections, (HaltScope.STRATEGY, strategy)
    if limit is None:
        return
    window_ns = _since_resumed(turn, key, limit.window_ns)
    rejected = turn.book.trips.rejected_within(strategy, turn.now_ns, window_ns)
    if rejected > limit.count:
        said = f"{rejected} orders of {strategy} were rejected in {limit.window_ns // _MS} ms, against {limit.count}"
        trip(turn, TripKind.REJECTIONS, key, limit.mode, said, patience)


def _since_resumed(turn: Turn, scope: tuple[HaltScope, str], window_ns: int) -> int:
    """Return the window without what a person has seen already when they resumed the scope."""
    return min(window_ns, turn.now_ns - turn.book.trips.lifted_ns(scope))


def _look_at_losses(turn: Turn, mode: HaltMode, patience: Patience) -> None:
    """Trip every strategy, and everything, whose loss or drawdown of the day is beyond its limit."""
    book, limits = turn.book, turn.book.limits
    if not limits.enabled:
        return
    turn.fact(*marks_of_new_day(limits, book.profit, turn.now_ns))
    _look_at_loss(turn, EVERYBODY, (limits.max_daily_loss_usd, limits.max_drawdown_usd), mode, patience)
    loss, fall = limits.max_daily_loss_per_strategy_usd, limits.max_drawdown_per_strategy_usd
    for strategy in book.profit.strategies() if loss or fall else ():
        _look_at_loss(turn, strategy, (_of(loss, strategy), _of(fall, strategy)), mode, patience)


def _of(limits: Mapping[str, Decimal], strategy: StrategyId) -> Decimal | None:
    return limit_for(limits, strategy)


def _look_at_loss(
    turn: Turn, whose: StrategyId, limits: tuple[Decimal | None, Decimal | None], mode: HaltMode, patience: Patience
) -> None:
    if limits == (None, None):
        return
    profit = turn.book.profit
    pnl, mark = profit.pnl_usd(whose), profit.mark(whose, turn.now_ns)
    if pnl is None or mark is None:
        return  # it cannot be valued now; orders that open risk are refused for that
    fallen = (("loss", mark.start_usd - pnl), ("drawdown", max(mark.peak_usd, pnl) - pnl))
    key = (HaltScope.GLOBAL, "") if whose == EVERYBODY else (HaltScope.STRATEGY, str(whose))
    for (word, amount), limit in zip(fallen, limits, strict=True):
        if limit is not None and amount > limit:
            said = f"{word} of the day {plain(to_places(amount))} USD, against {plain(limit)}"
            trip(turn, TripKind.LOSS, key, mode, said, patience)
            return
