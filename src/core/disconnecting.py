"""Cancel on disconnect: a strategy whose streams are all gone, and which does not come back, loses its orders."""

from __future__ import annotations

from core.cancelling import take_all_of
from core.reconciliation.patience import Patience, strategy_gone
from core.turn import Turn
from ports.commands import CloseStream, OpenStream
from ports.facts import OrdersAbandoned, StreamLost, StreamOpened
from ports.replies import ControlReply
from ports.values import StrategyId


def open_stream(turn: Turn, message: OpenStream) -> None:
    """A strategy is there; its orders are not cancelled for an earlier loss any more."""
    is_new = message.stream_id not in turn.book.streams.of(message.strategy_id).open
    if is_new:
        turn.fact(
            StreamOpened(
                strategy_id=message.strategy_id,
                stream_id=message.stream_id,
                grace_ns=message.grace_ns,
                principal=message.principal,
                opened_ns=turn.now_ns,
            )
        )
    turn.reply(ControlReply(changed=is_new))


def close_stream(turn: Turn, message: CloseStream) -> None:
    """One of its streams is gone; where it was the last, it is awaited for the stream's grace."""
    known = turn.book.streams.of(message.strategy_id).open.get(message.stream_id)
    if known is not None:
        _lose(turn, known, "the stream ended")
    turn.reply(ControlReply(changed=known is not None))


def all_streams_lost(turn: Turn) -> None:
    """At a start no stream is open: who had one is awaited from now on, and who was awaited already, still is."""
    for strategy, mine in list(turn.book.streams.all().items()):
        for one in list(mine.open.values()):
            _lose(turn, one, "the service was restarted")
        if mine.cancel_at_ns is not None:
            turn.request(strategy_gone(strategy, mine.cancel_at_ns))


def look_at_strategy(turn: Turn, strategy: StrategyId, cancel_at_ns: int, patience: Patience) -> None:
    """Its time is over, unless it has come back: everything of it that works or is held is taken back."""
    mine = turn.book.streams.of(strategy)
    if mine.cancel_at_ns != cancel_at_ns:
        return
    taken = take_all_of(turn, strategy, mine.principal, "its strategy is disconnected", patience)
    turn.fact(
        OrdersAbandoned(strategy_id=strategy, principal=mine.principal, orders=len(taken), abandoned_ns=turn.now_ns)
    )


def _lose(turn: Turn, stream: StreamOpened, reason: str) -> None:
    is_last = len(turn.book.streams.of(stream.strategy_id).open) == 1
    cancel_at_ns = turn.now_ns + stream.grace_ns if is_last else None
    turn.fact(
        StreamLost(
            strategy_id=stream.strategy_id,
            stream_id=stream.stream_id,
            reason=reason,
            cancel_at_ns=cancel_at_ns,
            lost_ns=turn.now_ns,
        )
    )
    if cancel_at_ns is not None:
        turn.request(strategy_gone(stream.strategy_id, cancel_at_ns))
