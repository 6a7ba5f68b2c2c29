"""What the simulated Deribit writes, field by field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulators.deribit.contracts import Listing
from simulators.deribit.venue import USER_ID, Venue
from simulators.exchange.orders import Account, Order, Position, Status, Trade

type Json = dict[str, Any]
_CENTS = Decimal("0.00000001")


def order(venue: Venue, one: Order) -> Json:
    """Return an order as answers and `user.orders` show it."""
    meta = venue.meta(one)
    average = one.value / one.filled if one.filled else Decimal(0)
    said: Json = {
        "label": meta.label,
        "price": float(one.price) if one.price is not None else float(average),
        "user_id": USER_ID,
        "amount": float(one.quantity),
        "direction": _direction(one.is_buy),
        "time_in_force": meta.time_in_force,
        "instrument_name": one.symbol,
        "web": not meta.api,
        "api": meta.api,
        "order_id": venue.order_id(one.order_id, one.symbol),
        "creation_timestamp": one.time_ms,
        "replaced": meta.replaced,
        "filled_amount": float(one.filled),
        "last_update_timestamp": one.update_ms,
        "post_only": meta.post_only,
        "reduce_only": one.reduce_only,
        "average_price": float(average.quantize(_CENTS)),
        "mmp": False,
        "contracts": float(one.quantity / venue.listings[one.symbol].contract_size),
        "reject_post_only": meta.reject_post_only,
        "order_state": state(one),
        "order_type": meta.order_type,
        "is_liquidation": False,
        "risk_reducing": False,
    }
    if meta.shown is not None:
        said |= {"display_amount": float(min(meta.shown, one.left)), "refresh_amount": float(meta.shown)}
    if meta.spawned_by:
        said |= {"triggered": True, "trigger_order_id": meta.spawned_by}
    if meta.cancel_reason and state(one) == "cancelled":
        said["cancel_reason"] = meta.cancel_reason
    return said


def state(one: Order) -> str:
    """Return an order's state in the venue's word."""
    if one.is_open:
        return "open"
    return "filled" if one.status is Status.FILLED else "cancelled"


def user_trade(venue: Venue, one: Trade, owner: Order) -> Json:
    """Return a trade as answers and `user.trades` show it to its owner."""
    meta, listing = venue.meta(owner), venue.listings[one.symbol]
    return public_trade(venue, one) | {
        "state": state(owner),
        "reduce_only": owner.reduce_only,
        "post_only": meta.post_only,
        "order_type": meta.order_type,
        "order_id": venue.order_id(owner.order_id, owner.symbol),
        "matching_id": None,
        "liquidity": "M" if one.is_maker else "T",
        "label": meta.label,
        "fee_currency": one.fee_asset,
        "fee": float(one.fee),
        "api": meta.api,
        "profit_loss": float(one.realized.quantize(_CENTS)) if listing.kind == "future" else None,
        "mmp": False,
        "risk_reducing": False,
        "self_trade": False,
        "user_id": USER_ID,
    }


def public_trade(venue: Venue, one: Trade) -> Json:
    """Return a trade as everybody sees it."""
    listing = venue.listings[one.symbol]
    return {
        "timestamp": one.time_ms,
        "price": float(one.price),
        "amount": float(one.quantity),
        "direction": _direction(one.is_buy),
        "index_price": float(index_price(venue, listing)),
        "instrument_name": one.symbol,
        "trade_seq": venue.sequence(one),
        "mark_price": float(mark_price(venue, listing)),
        "tick_direction": 1,
        "contracts": float(one.quantity / listing.contract_size),
        "trade_id": venue.order_id(one.trade_id, one.symbol),
    }


def mark_price(venue: Venue, listing: Listing) -> Decimal:
    """Return the middle of the market, or where it began."""
    bid, ask = (venue.exchange.best(listing.name, is_buy) for is_buy in (True, False))
    return (bid[0] + ask[0]) / 2 if bid and ask else listing.price


def index_price(venue: Venue, listing: Listing) -> Decimal:
    """Return the underlying's price: that of its inverse perpetual."""
    return mark_price(venue, venue.listings[f"{listing.base}-PERPETUAL"])


def position(venue: Venue, listing: Listing, held: Position) -> Json:
    """Return a position; its size counts as amounts do, negative where short."""
    mark = mark_price(venue, listing)
    size, value = abs(held.quantity), listing.contract.value
    gained = value(size, held.entry) - value(size, mark) if listing.contract.is_inverse else (mark - held.entry) * size
    floating = gained * (1 if held.quantity > 0 else -1)
    said: Json = {
        "instrument_name": listing.name,
        "kind": listing.kind,
        "size": float(held.quantity),
        "direction": "zero" if not held.quantity else _direction(held.quantity > 0),
        "average_price": float(held.entry.quantize(_CENTS)),
        "mark_price": float(mark),
        "index_price": float(index_price(venue, listing)),
        "floating_profit_loss": float(floating.quantize(_CENTS)),
        "realized_profit_loss": float(held.realized.quantize(_CENTS)),
        "total_profit_loss": float((floating + held.realized).quantize(_CENTS)),
        "settlement_price": float(mark),
        "initial_margin": 0.0,
        "maintenance_margin": 0.0,
        "delta": 0.0,
        "leverage": 50,
    }
    if listing.kind == "future":
        in_coin = value(held.quantity, mark) if listing.contract.is_inverse else held.quantity
        said["size_currency"] = float(in_coin.quantize(_CENTS))
    return said


_ZEROES = (
    *("futures_session_rpl", "options_session_rpl", "session_upl", "options_vega", "options_value"),
    *("maintenance_margin", "total_pl", "projected_maintenance_margin", "options_delta", "fee_balance"),
    *("futures_session_upl", "options_session_upl", "projected_initial_margin", "options_theta", "futures_pl"),
    *("options_pl", "initial_margin", "spot_reserve", "delta_total", "options_gamma", "session_rpl"),
    *("projected_delta_total", "estimated_liquidation_ratio", "additional_reserve", "locked_balance"),
)
_MAPS = (
    "delta_total_map",
    "estimated_liquidation_ratio_map",
    "options_gamma_map",
    "options_vega_map",
    "options_theta_map",
)


def portfolio(venue: Venue, one: Account) -> Json:
    """Return what an account has of its currency."""
    wallet, free = (float(amount.quantize(_CENTS)) for amount in (one.wallet, venue.exchange.available(one)))
    return {
        "currency": one.asset,
        "balance": wallet,
        "equity": wallet,
        "margin_balance": wallet,
        "available_funds": free,
        "available_withdrawal_funds": free,
        "portfolio_margining_enabled": False,
        "cross_collateral_enabled": False,
        "margin_model": "segregated_sm",
        **dict.fromkeys(_ZEROES, 0.0),
        **{name: {} for name in _MAPS},
    }


def limits(venue: Venue) -> Json:
    """Return the limits of an account as its summary states them."""
    matching, general = venue.limits.matching, venue.limits.general
    pair = {"burst": int(matching.capacity), "rate": int(matching.refill)}
    few = {"burst": 10, "rate": 10}
    return {
        "limits_per_currency": False,
        "non_matching_engine": {"burst": int(general.capacity / 500), "rate": int(general.refill / 500)},
        "matching_engine": {
            "trading": {"total": pair},
            "spot": pair,
            "quotes": few,
            "max_quotes": few,
            "guaranteed_quotes": few,
            "cancel_all": pair,
        },
    }


def fees(listing: Listing) -> Json:
    """Return what trades of an instrument's kind cost."""
    contract = listing.contract
    default = {"type": "fixed", "taker": float(contract.taker_rate), "maker": float(contract.maker_rate)}
    return {"value": {"default": default, "block_trade": 0.3}, "kind": listing.kind, "index_name": listing.index}


def quote(venue: Venue, listing: Listing) -> Json:
    """Return the best prices."""
    said: Json = {"timestamp": venue.clock(), "instrument_name": listing.name}
    for name, is_buy in (("ask", False), ("bid", True)):
        best = venue.exchange.best(listing.name, is_buy)
        said |= {
            f"best_{name}_price": float(best[0]) if best else 0.0,
            f"best_{name}_amount": float(best[1]) if best else 0.0,
        }
    return said


def ticker(venue: Venue, listing: Listing) -> Json:
    """Return the state of a market."""
    mark = float(mark_price(venue, listing))
    index = float(index_price(venue, listing))
    return quote(venue, listing) | {
        "state": "open",
        "stats": {
            "high": mark,
            "low": mark,
            "price_change": 0.0,
            "volume": 0.0,
            "volume_usd": 0.0,
            "volume_notional": 0.0,
        },
        "index_price": index,
        "last_price": mark,
        "settlement_price": mark,
        "min_price": mark / 2,
        "max_price": mark * 2,
        "open_interest": 0.0,
        "mark_price": mark,
        "interest_value": 0.0,
        "estimated_delivery_price": index,
        "current_funding": 0.00012,
        "funding_8h": 0.0001,
    }


def book(venue: Venue, listing: Listing) -> Json:
    """Return the market at its best prices, as an order book."""
    said = ticker(venue, listing)
    levels = {}
    for side, name in (("asks", "ask"), ("bids", "bid")):
        price, amount = said[f"best_{name}_price"], said[f"best_{name}_amount"]
        levels[side] = [[price, amount]] if amount else []
    return said | levels | {"change_id": venue.exchange.updates}


def _direction(is_buy: bool) -> str:
    return "buy" if is_buy else "sell"
