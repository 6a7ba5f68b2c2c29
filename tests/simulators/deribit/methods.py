"""The methods that the simulated Deribit answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from simulators.deribit import errors, payloads, trading, triggers
from simulators.deribit.trading import Caller, Params
from simulators.deribit.venue import TRADES_RECENT_MS, USER_ID, Venue
from simulators.exchange.orders import Order, Trade

type Method = Callable[[Venue, Caller, Params], object]
_MOST = 1_000


def _time(venue: Venue, _: Caller, __: Params) -> object:
    return venue.clock()


def _test(_: Venue, __: Caller, ___: Params) -> object:
    return {"version": "1.2.26"}


def _auth(venue: Venue, caller: Caller, params: Params) -> object:
    token = venue.tokens.grant(params)
    return {
        "access_token": token.access,
        "refresh_token": token.refresh,
        "expires_in": venue.tokens.lives_s,
        "scope": "connection mainaccount trade:read_write account:read",
        "token_type": "bearer",
        "enabled_features": [],
    }


def _instruments(venue: Venue, _: Caller, params: Params) -> object:
    currency, kind = params.get("currency", "any"), params.get("kind")
    return [
        one.instrument()
        for one in venue.listings.values()
        if currency in ("any", one.currency) and kind in (None, "any", one.kind) and not _flag(params, "expired")
    ]


def _instrument(venue: Venue, _: Caller, params: Params) -> object:
    return trading.listing_of(venue, params).instrument()


def _currencies(venue: Venue, _: Caller, __: Params) -> object:
    names = sorted({one.currency for one in venue.listings.values()})
    return [{"currency": name, "currency_long": name, "fee_precision": 4, "coin_type": name} for name in names]


def _book(venue: Venue, _: Caller, params: Params) -> object:
    return payloads.book(venue, trading.listing_of(venue, params))


def _ticker(venue: Venue, _: Caller, params: Params) -> object:
    return payloads.ticker(venue, trading.listing_of(venue, params))


def _buy(venue: Venue, caller: Caller, params: Params) -> object:
    return trading.place(venue, caller, params, is_buy=True)


def _sell(venue: Venue, caller: Caller, params: Params) -> object:
    return trading.place(venue, caller, params, is_buy=False)


def _edit(venue: Venue, caller: Caller, params: Params) -> object:
    return trading.edit(venue, trading.by_id(venue, caller.user, params.get("order_id")), params)


def _edit_by_label(venue: Venue, caller: Caller, params: Params) -> object:
    name = trading.listing_of(venue, params).name
    for waits in trading.waiting(venue, caller.user, label=str(params.get("label")), name=name):
        return triggers.edit(venue, waits, params)
    named = [one for one in trading.by_label(venue, caller.user, params.get("label")) if one.symbol == name]
    still_open = [one for one in named if one.is_open]
    if len(still_open) > 1:
        raise errors.VenueError(*errors.NON_UNIQUE)
    if not named:
        raise errors.VenueError(*errors.NOT_FOUND)
    return trading.edit(venue, (still_open or named)[-1], params)


def _cancel(venue: Venue, caller: Caller, params: Params) -> object:
    for waits in trading.waiting(venue, caller.user, order_id=str(params.get("order_id"))):
        triggers.cancel(venue, [waits])
        return triggers.shown(waits)
    return trading.cancel(venue, trading.by_id(venue, caller.user, params.get("order_id")))


def _cancel_by_label(venue: Venue, caller: Caller, params: Params) -> object:
    named = trading.by_label(venue, caller.user, params.get("label"), params.get("currency"))
    waits = trading.waiting(venue, caller.user, label=str(params.get("label")), currency=params.get("currency"))
    return trading.cancel_many(venue, named) + triggers.cancel(venue, waits)


def _cancel_all(venue: Venue, caller: Caller, _: Params) -> object:
    waits = trading.waiting(venue, caller.user)
    return trading.cancel_many(venue, venue.orders(caller.user)) + triggers.cancel(venue, waits)


def _cancel_all_by_currency(venue: Venue, caller: Caller, params: Params) -> object:
    kind = params.get("kind", "any")
    wanted = [one for one in _of(venue, caller, params) if kind in ("any", venue.listings[one.symbol].kind)]
    waits = trading.waiting(venue, caller.user, currency=params.get("currency"), kind=kind)
    return trading.cancel_many(venue, wanted) + triggers.cancel(venue, waits)


def _cancel_all_by_instrument(venue: Venue, caller: Caller, params: Params) -> object:
    name = trading.listing_of(venue, params).name
    of_it = [one for one in venue.orders(caller.user) if one.symbol == name]
    return trading.cancel_many(venue, of_it) + triggers.cancel(venue, trading.waiting(venue, caller.user, name=name))


def _open_orders(venue: Venue, caller: Caller, params: Params) -> object:
    """Return those of a type: `all`, those that work (`limit`), or those that wait (`trigger_all`)."""
    kind = params.get("type", "all")
    currency, name = params.get("currency"), params.get("instrument_name")
    waits = trading.waiting(venue, caller.user, currency=currency, name=name)
    works = [one for one in _of(venue, caller, params) if one.is_open]
    return [
        *([] if kind == "trigger_all" else [payloads.order(venue, one) for one in works]),
        *([] if kind == "limit" else map(triggers.shown, waits)),
    ]


def _trigger_history(venue: Venue, caller: Caller, params: Params) -> object:
    """Return what became of orders with a trigger, newest first; the next page begins where the last one ended."""
    found = triggers.recorded(venue, caller.user, str(params["currency"]), params.get("instrument_name"))
    begin, count = int(params.get("continuation", 0)), _count(params)
    said = {"entries": found[begin : begin + count]}
    return said | ({"continuation": str(begin + count)} if len(found) > begin + count else {})


def _order_state(venue: Venue, caller: Caller, params: Params) -> object:
    for waits in trading.waiting(venue, caller.user, order_id=str(params.get("order_id"))):
        return triggers.shown(waits)
    return payloads.order(venue, trading.by_id(venue, caller.user, params.get("order_id")))


def _order_state_by_label(venue: Venue, caller: Caller, params: Params) -> object:
    named = trading.by_label(venue, caller.user, params.get("label"), params.get("currency"))
    return _orders(venue, [one for one in named if venue.is_recent(one)])


def _order_history(venue: Venue, caller: Caller, params: Params) -> object:
    """Return closed orders, newest first; recent ones, or the others."""
    historical = _flag(params, "historical")
    closed = [
        one
        for one in _of(venue, caller, params)
        if not one.is_open
        and venue.is_recent(one) is not historical
        and (one.filled or _flag(params, "include_unfilled"))
    ]
    offset, count = int(params.get("offset", 0)), _count(params)
    return _orders(venue, closed[::-1][offset : offset + count])


def _trades_by_time(venue: Venue, caller: Caller, params: Params) -> object:
    begin, end = int(params["start_timestamp"]), int(params["end_timestamp"])
    found = [one for one in _trades(venue, caller, params) if begin <= one.time_ms <= end]
    if params.get("sorting") == "desc":
        found.reverse()
    count = _count(params)
    return {"trades": _said(venue, caller, found[:count]), "has_more": len(found) > count}


def _trades_by_sequence(venue: Venue, caller: Caller, params: Params) -> object:
    """Return trades of one instrument by `start_seq`, or those of a currency; oldest first unless asked otherwise."""
    first = int(params.get("start_seq", 0))
    found = [one for one in _trades(venue, caller, params) if venue.sequence(one) >= first]
    if params.get("sorting") == "desc":
        found.reverse()
    count = _count(params)
    return {"trades": _said(venue, caller, found[:count]), "has_more": len(found) > count}


def _trades_by_order(venue: Venue, caller: Caller, params: Params) -> object:
    order = trading.by_id(venue, caller.user, params.get("order_id"))
    found = [one for one in _trades(venue, caller, params) if one.order_id == order.order_id]
    return _said(venue, caller, found)


def _positions(venue: Venue, caller: Caller, params: Params) -> object:
    currency, kind = params.get("currency", "any"), params.get("kind")
    return [
        payloads.position(venue, venue.listings[symbol], held)
        for account in venue.accounts(caller.user)
        for symbol, held in account.positions.items()
        if currency in ("any", account.asset) and kind in (None, "any", venue.listings[symbol].kind)
    ]


def _summaries(venue: Venue, caller: Caller, params: Params) -> object:
    summaries = [payloads.portfolio(venue, one) for one in venue.accounts(caller.user)]
    if _flag(params, "extended"):
        for summary in summaries:
            of = [one for one in venue.listings.values() if one.currency == summary["currency"] and one.is_tradable]
            summary |= {"limits": payloads.limits(venue), "fees": [payloads.fees(one) for one in of]}
    return {
        "id": USER_ID,
        "email": "user@example.com",
        "system_name": caller.user,
        "username": caller.user,
        "block_rfq_self_match_prevention": True,
        "creation_timestamp": 1_687_352_432_143,
        "type": "main",
        "referrer_id": None,
        "login_enabled": False,
        "security_keys_enabled": False,
        "mmp_enabled": False,
        "interuser_transfers_enabled": False,
        "self_trading_reject_mode": "cancel_maker",
        "self_trading_extended_to_subaccounts": False,
        "summaries": summaries,
    }


def _summary(venue: Venue, caller: Caller, params: Params) -> object:
    account = venue.account(caller.user, str(params.get("currency")))
    return payloads.portfolio(venue, account) | {"limits": payloads.limits(venue)}


def _of(venue: Venue, caller: Caller, params: Params) -> Iterable[Order]:
    currency, name = params.get("currency", "any"), params.get("instrument_name")
    for one in venue.orders(caller.user):
        if currency in ("any", venue.listings[one.symbol].currency) and name in (None, one.symbol):
            yield one


def _orders(venue: Venue, orders: Iterable[Order]) -> object:
    return [payloads.order(venue, one) for one in orders]


def _trades(venue: Venue, caller: Caller, params: Params) -> list[Trade]:
    currency, name = params.get("currency", "any"), params.get("instrument_name")
    since = venue.clock() - TRADES_RECENT_MS
    historical = _flag(params, "historical")
    return [
        one
        for one in venue.trades(caller.user)
        if currency in ("any", venue.listings[one.symbol].currency)
        and name in (None, one.symbol)
        and (one.time_ms <= since) is historical
    ]


def _said(venue: Venue, caller: Caller, trades: Iterable[Trade]) -> object:
    orders = {one.order_id: one for one in venue.orders(caller.user)}
    return [payloads.user_trade(venue, one, orders[one.order_id]) for one in trades]


def _count(params: Params) -> int:
    return min(int(params.get("count", 10)), _MOST)


def _flag(params: Params, name: str) -> bool:
    return params.get(name) in (True, "true")


METHODS: Mapping[str, Method] = {
    "public/get_time": _time,
    "public/test": _test,
    "public/hello": _test,
    "public/auth": _auth,
    "public/get_instruments": _instruments,
    "public/get_instrument": _instrument,
    "public/get_currencies": _currencies,
    "public/get_order_book": _book,
    "public/ticker": _ticker,
    "private/buy": _buy,
    "private/sell": _sell,
    "private/edit": _edit,
    "private/edit_by_label": _edit_by_label,
    "private/cancel": _cancel,
    "private/cancel_by_label": _cancel_by_label,
    "private/cancel_all": _cancel_all,
    "private/cancel_all_by_currency": _cancel_all_by_currency,
    "private/cancel_all_by_instrument": _cancel_all_by_instrument,
    "private/get_open_orders": _open_orders,
    "private/get_open_orders_by_currency": _open_orders,
    "private/get_open_orders_by_instrument": _open_orders,
    "private/get_order_state": _order_state,
    "private/get_order_state_by_label": _order_state_by_label,
    "private/get_trigger_order_history": _trigger_history,
    "private/get_order_history_by_instrument": _order_history,
    "private/get_order_history_by_currency": _order_history,
    "private/get_user_trades_by_currency_and_time": _trades_by_time,
    "private/get_user_trades_by_instrument_and_time": _trades_by_time,
    "private/get_user_trades_by_currency": _trades_by_sequence,
    "private/get_user_trades_by_instrument": _trades_by_sequence,
    "private/get_user_trades_by_order": _trades_by_order,
    "private/get_positions": _positions,
    "private/get_account_summaries": _summaries,
    "private/get_account_summary": _summary,
}
