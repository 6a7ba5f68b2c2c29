"""What an account can still pay or secure: its spot balances, and what its margin leaves for more."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from core.book import Book
from core.positions.exposure import Exposure
from core.risk.funds import is_asked_at
from core.risk.rule import limit_for
from core.routing.direct import Listing
from core.routing.offers import kind_of
from ports.commands import OrderTerms
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import ZERO, AccountId, Side, divide

_ONE: Final = Decimal(1)
_MARGINED: Final = frozenset({InstrumentType.PERPETUAL, InstrumentType.FUTURE})


class Means(NamedTuple):
    """What limits an order there; None: nothing does, or limits do not have it checked."""

    funds: Decimal | None  # quote currency
    quantity: Decimal | None  # of the base, that a spot sale may take
    margin_rate: Decimal = _ONE


_UNLIMITED: Final = Means(None, None)


def funds_of(book: Book, terms: OrderTerms, listing: Listing) -> Means:
    """Return what an order may use at an account, as risk will count it (rule `funds`).

    Derivatives: what the stated balance leaves when every other instrument of its settlement currency is at its worst,
    plus what the order would close.
    """
    asked = book.limits.check_funds_at
    if not is_asked_at(asked, listing.venue) or listing.abilities.states_margin:
        return _UNLIMITED
    key = listing.instrument.key
    kind = kind_of(key)
    if kind.is_spot and terms.side is Side.SELL:
        return Means(None, book.funds.purse(listing.account, kind.base).available)
    if kind.is_spot:
        return Means(book.funds.purse(listing.account, kind.settlement).available, None)
    price, total = book.market.mark(key), book.funds.purse(listing.account, kind.settlement).total
    if key.type not in _MARGINED or not price or total is None:
        return _UNLIMITED
    rate = _margin_rate(book, key)
    free = total - _others_margin(book, listing.account, key)
    if kind.is_inverse:
        free *= price  # its notional is counted in the quote currency, its margin held in the base
    mine = book.exposure.of_account(listing.account).get(key) or Exposure()
    open_already = mine.highest if terms.side is Side.BUY else -mine.lowest  # below zero: what the order would close
    notional = open_already if kind.is_inverse else open_already * price
    return Means(max(free - notional * rate, ZERO), None, rate)


def _margin_rate(book: Book, key: InstrumentKey) -> Decimal:
    return divide(_ONE, limit_for(book.limits.leverage, key) or _ONE)


def _others_margin(book: Book, account: AccountId, key: InstrumentKey) -> Decimal:
    settlement = kind_of(key).settlement
    needed = ZERO
    for other, exposure in book.exposure.of_account(account).items():
        worst = exposure.worst_case
        if not worst or other == key or other.type not in _MARGINED or kind_of(other).settlement != settlement:
            continue
        price = book.market.mark(other)
        if price:
            notional = divide(worst, price) if kind_of(other).is_inverse else worst * price
            needed += notional * _margin_rate(book, other)
    return needed
