"""What goes wrong: every fault of the matrix, how it is brought about, and what it may leave behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fault_matrix.desk import Desk
from fault_matrix.places import GARBAGE
from ports.facts import BreakKind, BreakOpened
from ports.values import OrderStatus

_OFTEN = 100  # more messages than a script brings
type Met = tuple[str, ...]  # what has to meet a fault: its kind, and the request or message


async def _nothing(desk: Desk) -> None:
    del desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One row of the matrix.

    `strike` comes while an order rests and before the others are sent; it returns what has to meet the
    fault. `then` comes while orders work. `breaks` and `passing` as in `judgement.findings`.
    """

    name: str
    says: str
    strike: Callable[[Desk], Awaitable[Met]]
    then: Callable[[Desk], Awaitable[None]] = _nothing
    breaks: frozenset[BreakKind] = frozenset()
    passing: frozenset[BreakKind] = frozenset()


async def _later(desk: Desk) -> Met:
    del desk
    return ()


# -- messages of the user stream


async def _drop(desk: Desk) -> Met:
    return await _trades(desk, "drop")


async def _delay(desk: Desk) -> Met:
    return await _trades(desk, "delay", times=2, delay_ms=1_500)


async def _reorder(desk: Desk) -> Met:
    return await _trades(desk, "hold")


async def _trades(desk: Desk, kind: str, **fields: object) -> Met:
    """Let messages about trades go wrong, and, where orders have a topic of their own, those that tell the same."""
    only = desk.name_of("resting") if desk.place.answers_tell_trades else ""  # it was answered before it traded
    for topic in desk.place.topics:
        await desk.venue.fault(topic, kind, execution="TRADE", only=only, **fields)
    return (f"{kind} {desk.place.topics[0]}",)


async def _another_fill(desk: Desk) -> None:
    await desk.fill("resting", "0.002")


async def _duplicate(desk: Desk) -> Met:
    for topic in desk.place.topics:
        await desk.venue.fault(topic, "duplicate", times=_OFTEN)
    return tuple(f"duplicate {topic}" for topic in desk.place.topics)


async def _decorate(desk: Desk) -> Met:
    for topic in desk.place.topics:
        await desk.venue.fault(topic, "decorate", times=_OFTEN)
    if desk.place.unheard_of is not None:
        await desk.venue.command("tell", message=desk.place.unheard_of)
    return tuple(f"decorate {topic}" for topic in desk.place.topics)


# -- requests that are carried out and not answered as they should be


async def _order(desk: Desk, kind: str, **fields: object) -> Met:
    """Let the answer to the next order fail, before the stream has said a word of it: the answer alone must decide."""
    for topic in desk.place.topics:
        await desk.venue.fault(topic, "delay", delay_ms=500, only=desk.future_name_of("taking"), times=_OFTEN)
    return await _request(desk, desk.place.order, kind, **fields)


async def _request(desk: Desk, where: str, kind: str, **fields: object) -> Met:
    await desk.venue.fault(where, kind, **fields)
    return (f"{kind} {where}",)


async def _no_answer(desk: Desk) -> Met:
    return await _order(desk, "no_answer") + await _request(desk, desk.place.cancel, "no_answer")


async def _trouble(desk: Desk) -> Met:
    order = await _order(desk, "error", **desk.place.trouble)
    return order + await _request(desk, desk.place.cancel, "error", **desk.place.cancel_trouble)


async def _unknown(desk: Desk) -> Met:
    return await _order(desk, "error", **desk.place.unknown)


async def _limited(desk: Desk) -> Met:
    order = await _order(desk, "error", **desk.place.limited)
    if desk.place.cancel_limited is None:
        return order  # what follows is not sent
    return order + await _request(desk, desk.place.cancel, "error", **desk.place.cancel_limited)


async def _banned(desk: Desk) -> Met:
    where, answer = desk.place.banned
    if where == desk.place.order:
        return await _order(desk, "error", **answer)
    return await _request(desk, where, "error", **answer)


async def _garbage(desk: Desk) -> Met:
    met = await _drop(desk)  # so that there is something to ask for
    if desk.place.answers_tell_trades:
        for topic in desk.place.topics:
            await desk.venue.fault(topic, "drop", only=desk.future_name_of("taking"), times=_OFTEN)
        met += await _request(desk, desk.place.order, "no_answer")
    for where in desk.place.lists:
        met += await _request(desk, where, "error", status=200, body=GARBAGE, times=2)
    return met


# -- the venue as a whole


async def _silent(desk: Desk) -> Met:
    await desk.venue.command("silent", silent=True)
    return ()


async def _hung_up(desk: Desk) -> None:
    await desk.at_venue("resting")
    await desk.venue.command("hang_up", what="all")
    await _trade_while_away(desk)


async def _expired(desk: Desk) -> None:
    if desk.place.expired_key is not None:
        where, answer = desk.place.expired_key
        await desk.venue.fault(where, "error", **answer)
        await desk.venue.command("hang_up", what="all")
    else:
        await desk.venue.command("end_streams")
    await _trade_while_away(desk)


async def _maintenance(desk: Desk) -> None:
    await desk.venue.command("maintenance", on=True)
    await _trade_while_away(desk)
    await desk.submit("during", "58000")
    await desk.until("connecting was refused", lambda: bool(desk.telemetry.noted("venue.connect_failed")))


async def _trade_while_away(desk: Desk) -> None:
    await desk.lost()
    await desk.fill("resting", "0.002")


async def _skew(desk: Desk) -> Met:
    await desk.venue.command("clock", offset_ms=desk.place.skew_ms)
    return ()


async def _refused_for_time(desk: Desk) -> None:
    if not desk.place.checks_time:
        return  # what trades there has times to come

    async def refused() -> bool:
        codes = {str(one["code"]) for one in await desk.venue.look("requests")}
        return bool(codes & {"-1021", "10002", "50102", "51149", "13888"})

    await desk.until("the venue refused a request for its time", refused)


# -- what happens at the venue


async def _many_fills(desk: Desk) -> None:
    await desk.fill("resting", "0.001", times=5)
    await desk.until("every trade is booked", lambda: len(desk.trades("resting")) == 6)


async def _fill_after_cancel(desk: Desk) -> None:
    await desk.until("the cancel is through", lambda: desk.status("doomed") is OrderStatus.CANCELED)
    await desk.fill("doomed", "0.002")
    await desk.until("its trade is booked", lambda: len(desk.trades("doomed")) == 1)


async def _out_of_band(desk: Desk) -> None:
    await desk.submit("taken-back", "58800")
    name = await desk.at_venue("taken-back")
    await desk.venue.command("hand_cancel", client_order_id=name)
    await desk.hand("SELL", "0.003")
    await desk.hand("BUY", "0.004", price="57000")
    await desk.until("the cancel by hand is known", lambda: desk.status("taken-back") is OrderStatus.CANCELED)
    await desk.until("the trade by hand is booked", lambda: any(one.operation_id is None for one in desk.trades()))

    def is_known() -> bool:
        return any(one.kind is BreakKind.UNATTRIBUTED_ORDER for one in desk.facts(BreakOpened))

    await desk.until("the order by hand is known", is_known)  # where nothing tells of it, the next question does


async def _holes(desk: Desk) -> None:
    await desk.venue.command("silent", silent=True)
    await desk.fill("resting", "0.002")
    hidden = (await desk.venue.trades())[-1]["id"]
    await desk.venue.command("hide_trades", trade_ids=[hidden])
    seen = len(await desk.venue.look("requests"))

    async def asked() -> bool:
        return any(one["path"] == desk.place.trades for one in (await desk.venue.look("requests"))[seen:])

    await desk.until("trades were asked for", asked)


_UNATTRIBUTED = frozenset({BreakKind.UNATTRIBUTED_ORDER, BreakKind.UNATTRIBUTED_FILL})
_DIFFERS = frozenset({BreakKind.POSITION_DIFFERS})
FAULTS = (
    Fault(name="drop", says="messages of trades are lost", strike=_drop, then=_another_fill),
    Fault(name="delay", says="messages of trades come 1.5 s late", strike=_delay, then=_another_fill),
    Fault(name="duplicate", says="every message comes twice", strike=_duplicate),
    Fault(name="reorder", says="messages of trades come after later ones", strike=_reorder, then=_another_fill),
    Fault(name="no answer", says="an order and a cancel are carried out and never answered", strike=_no_answer),
    Fault(name="5xx", says="an order and a cancel are carried out and answered with a failure", strike=_trouble),
    Fault(name="418 or 403", says="a request is carried out, and this address turned away", strike=_banned),
    Fault(name="429", says="an order is taken, and answered as one too many", strike=_limited),
    Fault(name="unknown outcome", says="an order is taken, and the venue says it does not know", strike=_unknown),
    Fault(name="silent stream", says="the user stream stays open and tells nothing", strike=_silent, then=Desk.lost),
    Fault(name="disconnect", says="all connections break while orders work", strike=_later, then=_hung_up),
    Fault(name="maintenance", says="everything is turned away for a while", strike=_later, then=_maintenance),
    Fault(name="expiry", says="listen key, login or key expire", strike=_later, then=_expired),
    Fault(name="partial fills", says="an order fills bit by bit", strike=_later, then=_many_fills),
    Fault(name="fill after cancel", says="a canceled order trades", strike=_later, then=_fill_after_cancel),
    Fault(
        name="out of band",
        says="orders, trades and a cancel by hand",
        strike=_later,
        then=_out_of_band,
        breaks=_UNATTRIBUTED,
    ),
    Fault(name="unknown fields", says="messages have fields and kinds that nobody knows yet", strike=_decorate),
    Fault(name="holes", says="lists leave a trade out", strike=_later, then=_holes, passing=_DIFFERS),
    Fault(name="garbage", says="lists are answered with no list", strike=_garbage, then=_another_fill),
    # The last one: what trades in it has times to come, and a venue lists it again when they have come.
    Fault(name="clock skew", says="the venue's clock runs ahead", strike=_skew, then=_refused_for_time),
)
