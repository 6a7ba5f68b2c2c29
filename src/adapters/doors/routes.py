"""A decision of the smart router as both doors show it: costs in USD and in basis points of the notional."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

import orjson

from adapters.doors.render import Plain
from ports.facts import RouteDecided
from ports.values import divide, plain

_TEN_THOUSAND: Final = Decimal(10_000)
_BY_NAME: Final = {"fee": "fee_bps", "rebate": "fee_bps", "spread": "spread_bps", "latency": "latency_bps"}
_OF_THE_BOOK: Final = ("book", "impact")


def body_of(decided: RouteDecided) -> Mapping[str, Any]:
    """Return a decision as plain data, as the journal would give it back."""
    body: Mapping[str, Any] = orjson.loads(orjson.dumps(asdict(decided), default=_text))
    return body


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    raise TypeError(f"facts hold no {type(value)}")


def routing_plain(decided: Mapping[str, Any], decided_ns: int, quotes: Mapping[str, Mapping[str, Any]]) -> Plain:
    """Return the router's decision as a `RoutingDecision`; `quotes` are what it looked at, by instrument."""
    eligible = [_candidate(one, quotes.get(one["instrument"]), decided_ns) for one in decided["candidates"]]
    left_out = [
        {
            "instrument_key": one["instrument"],
            "account": one["account"],
            "eligible": False,
            "reason": f"{one['code']}: {one['reason']}",
        }
        for one in decided["excluded"]
    ]
    return {
        "legs": [
            {
                "instrument_key": leg["instrument"],
                "account": leg["account"],
                "amount": leg["quantity"],
                "price": leg["price"] or "",
                "waits": leg["waits"],
                "cost_usd": leg["cost_usd"],
                "cost_bps": _bps(leg["cost_usd"], leg["notional_usd"]),
            }
            for leg in decided["legs"]
        ],
        "candidates": [*eligible, *left_out],
        "decided_at_ns": decided_ns,
        "policy": decided["policy"],
        "reason": decided["reason"],
        "reference_price": decided["reference_price"],
        "fallbacks": list(decided["fallbacks"]),
        "is_proven": decided["is_proven"],
    }


def _candidate(one: Mapping[str, Any], quote: Mapping[str, Any] | None, decided_ns: int) -> Plain:
    notional = one["notional_usd"]
    sums: dict[str, Decimal] = {}
    for line in one["lines"]:
        name = "impact_bps" if line["name"] in _OF_THE_BOOK else _BY_NAME.get(line["name"])
        if name is not None:
            sums[name] = sums.get(name, Decimal(0)) + Decimal(line["usd"])
    shown = {} if quote is None else {
        "bid": quote["bid"], "ask": quote["ask"], "quote_age_ns": max(decided_ns - quote["received_ns"], 0)
    }  # fmt: skip
    return {
        "instrument_key": one["instrument"],
        "account": one["account"],
        "eligible": True,
        "amount": one["quantity"],
        "liquidity": one["liquidity"],
        "notional_usd": notional,
        "total_usd": one["total_usd"],
        "total_bps": _bps(one["total_usd"], notional),
        **{name: _bps(plain(usd), notional) for name, usd in sums.items()},
        "lines": [{**line, "bps": _bps(line["usd"], notional)} for line in one["lines"]],
        **shown,
    }


def _bps(usd: str, notional_usd: str) -> str:
    """Return an amount in basis points of a notional, to 18 places as amounts are; empty where there is none."""
    notional = Decimal(notional_usd)
    return plain(divide(Decimal(usd) * _TEN_THOUSAND, notional)) if notional else ""
