"""Placing, changing and canceling as the simulated TWS does it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from simulators.exchange.core import Exchange
from simulators.exchange.orders import Refused, Tif
from simulators.ibkr.contracts import Listing
from simulators.ibkr.orders import Placed
from simulators.ibkr.venue import Venue

_TIFS = {"DAY": Tif.GTC, "GTC": Tif.GTC, "IOC": Tif.IOC, "FOK": Tif.FOK, "GTD": Tif.GTD, "": Tif.GTC}
_WAITS = frozenset({"STP", "STP LMT", "MIT", "LIT"})
_KINDS = frozenset({"MKT", "LMT"}) | _WAITS
_PRICED = frozenset({"LMT", "STP LMT", "LIT"})


class VenueError(Exception):
    """TWS answers with an error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def read_order(venue: Venue, client_id: int, fields: list[str]) -> Placed:
    """Return the order of a `placeOrder` message; its fields are those of server version 178."""
    listing = venue.listings.get(int(fields[2] or "0"))
    if listing is None:
        raise VenueError(200, "No security definition has been found for the request")
    kind, account = fields[18], fields[23]
    if kind not in _KINDS:
        raise VenueError(387, f"Unsupported order type for this exchange and security type: {kind}")
    if fields[21] not in _TIFS:
        raise VenueError(10052, "Invalid time in force")
    if account not in venue.accounts:
        raise VenueError(321, "Error validating request: invalid account code")
    return Placed(
        number=int(fields[1]),
        client_id=client_id,
        perm_id=0,
        account=account,
        ref=fields[26],
        listing=listing,
        is_buy=fields[16] == "BUY",
        quantity=_number(fields[17]) or Decimal(0),
        kind=kind,
        price=_number(fields[19]) if kind in _PRICED else None,
        aux=_number(fields[20]) if kind in _WAITS else None,
        tif=fields[21],
        good_till=fields[38],
        display=int(fields[31] or "0"),
        made_ms=venue.clock(),
    )


def is_what_if(fields: list[str]) -> bool:
    """Whether an order is only asked about."""
    return fields[84] == "1"


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        raise VenueError(320, f"Error reading request: {text!r} is no number") from None
    return None if value is None or value > Decimal("1e300") else value


def check(venue: Venue, one: Placed) -> None:
    """Refuse what TWS would not take."""
    if one.quantity <= 0:
        raise VenueError(434, "The order size cannot be zero")
    whole = one.quantity == one.quantity.to_integral_value()
    if not whole and one.listing.kind != "CASH" and not venue.splits_shares:
        raise VenueError(10243, "Fractional-sized order cannot be placed via API")
    if one.quantity % one.listing.step:
        raise VenueError(355, "Order size does not conform to market rule")
    for price in (one.price, one.aux):
        if price is not None and price % one.listing.tick:
            raise VenueError(110, "The price does not conform to the minimum price variation for this contract")
    needed = margins(venue, one)
    if needed[6] > needed[8]:
        raise VenueError(201, "Order rejected - reason:The account does not have enough equity for its margin")


def margins(venue: Venue, one: Placed) -> tuple[Decimal, ...]:
    """Return initial margin, maintenance margin and equity before, what changes, and after."""
    account = venue.exchange.accounts[one.account]
    held = sum(
        (
            venue.listings[int(symbol)].margin(abs(each.quantity), each.entry)
            for symbol, each in account.positions.items()
        ),
        Decimal(0),
    )
    price = one.price or one.aux or one.listing.price
    change = one.listing.margin(one.quantity, price) * venue.margin_times
    return (held, held, account.wallet, change, change, Decimal(0), held + change, held + change, account.wallet)


def place(venue: Venue, one: Placed) -> None:
    """Let an order come into being."""
    check(venue, one)
    one.perm_id = venue.next_perm()
    venue.coming = one
    venue.placed[one.client_id, one.number] = one
    if one.kind in _WAITS:
        return
    try:
        _to_exchange(venue, one)
    except Refused as refused:
        del venue.placed[one.client_id, one.number]
        raise VenueError(201, f"Order rejected - reason:{refused.reason.value}") from None


def _to_exchange(venue: Venue, one: Placed) -> None:
    venue.coming = one
    order = venue.exchange.place(
        one.account,
        str(one.listing.conid),
        one.is_buy,
        one.quantity,
        price=one.price,
        tif=_TIFS[one.tif],
        client_order_id=one.ref,
        good_till_ms=_till_ms(one.good_till),
    )
    one.order = order
    venue.by_order[order.order_id] = one


def _till_ms(text: str) -> int:
    from datetime import UTC, datetime

    return int(datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC).timestamp() * 1000) if text else 0


def change(venue: Venue, known: Placed, wanted: Placed) -> None:
    """Let an order work with another whole amount and price."""
    if known.status == "Filled":
        raise VenueError(104, "Can't modify a filled order.")
    if not known.is_open:
        raise VenueError(105, "Order being modified does not match original order.")
    check(venue, wanted)
    before = (known.quantity, known.price)
    known.quantity, known.price, known.aux = wanted.quantity, wanted.price, wanted.aux
    if known.order is None:
        return
    try:
        venue.exchange.amend(known.order, wanted.quantity, wanted.price)
    except Refused as refused:
        known.quantity, known.price = before
        raise VenueError(201, f"Order rejected - reason:{refused.reason.value}") from None


def cancel(venue: Venue, known: Placed) -> None:
    """Take an order back."""
    if not known.is_open:
        raise VenueError(
            10148, f"OrderId {known.number} that needs to be cancelled cannot be cancelled, state: {known.status}."
        )
    if known.order is None:
        known.was_canceled = True
        return
    venue.exchange.cancel(known.account, str(known.listing.conid), order_id=known.order.order_id, client_order_id=None)


def trigger(venue: Venue, listing: Listing) -> list[Placed]:
    """Let the orders work whose trigger the market has reached; return them."""
    met = []
    for one in venue.all_placed():
        if one.order is None and one.is_open and one.listing is listing and _is_met(venue.exchange, one):
            _to_exchange(venue, one)
            met.append(one)
    return met


def _is_met(exchange: Exchange, one: Placed) -> bool:
    best = exchange.best(str(one.listing.conid), not one.is_buy)
    if best is None or one.aux is None:
        return False
    rises = one.is_buy == one.kind.startswith("STP")
    return best[0] >= one.aux if rises else best[0] <= one.aux
