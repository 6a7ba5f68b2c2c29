"""One instrument of a paper venue: what is known of it, its newest quote, and how a tick reaches its matching."""

from __future__ import annotations

from decimal import Decimal

from nautilus_trader.model.data import QuoteTick, TradeTick
from nautilus_trader.model.enums import AggressorSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.identifiers import TradeId as NautilusTradeId
from nautilus_trader.model.instruments import Instrument as NautilusInstrument

from adapters.nautilus.translate import nautilus_instrument, nautilus_price, nautilus_quantity
from ports.instruments import Instrument
from ports.market_data import Quote, Trade
from ports.values import Side, round_down

_AGGRESSORS = {Side.BUY: AggressorSide.BUYER, Side.SELL: AggressorSide.SELLER, None: AggressorSide.NO_AGGRESSOR}


class Listing:
    """An instrument in both vocabularies.

    `working` counts its orders that are not yet closed, and `is_behind` says that `newest` has not reached the
    matching engine: while nothing works there, only the newest quote can matter, so quotes wait until one is needed.
    `is_moved` says that an order of it has traded since its matching engine looked at its orders last.
    """

    __slots__ = (
        "id", "instrument", "is_behind", "is_moved", "nautilus", "newest", "price_places", "size_places", "working",
    )  # fmt: skip

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.nautilus: NautilusInstrument = nautilus_instrument(instrument)
        self.id: InstrumentId = self.nautilus.id
        self.price_places: int = self.nautilus.price_precision
        self.size_places: int = self.nautilus.size_precision
        self.newest: Quote | None = None
        self.working = 0
        self.is_behind = False
        self.is_moved = False

    def quote_tick(self, quote: Quote, now_ns: int) -> QuoteTick:
        """Return a quote as of `now_ns`, its sizes in whole lots (a part of a lot cannot be traded).

        Raises:
            UnholdableError: a price does not fit the instrument.
        """
        return QuoteTick(
            self.id,
            nautilus_price(quote.bid, self.price_places),
            nautilus_price(quote.ask, self.price_places),
            nautilus_quantity(self._whole_lots(quote.bid_size), self.size_places),
            nautilus_quantity(self._whole_lots(quote.ask_size), self.size_places),
            now_ns,
            now_ns,
        )

    def trade_tick(self, trade: Trade, now_ns: int) -> TradeTick:
        """Return a public trade of at least one lot, as of `now_ns`.

        Raises:
            UnholdableError: the price does not fit the instrument.
        """
        return self._trade_tick(trade, now_ns, now_ns)

    def trade_seen(self, trade: Trade, now_ns: int) -> TradeTick:
        """Return a public trade that everybody sees and that no book is changed by: it is dated before every quote.

        Raises:
            UnholdableError: the price does not fit the instrument.
        """
        return self._trade_tick(trade, 0, now_ns)

    def is_tradable(self, trade: Trade) -> bool:
        """Say whether a public trade is at least one lot: a smaller one fills nobody."""
        return trade.quantity >= self.instrument.lot_size

    def _trade_tick(self, trade: Trade, event_ns: int, now_ns: int) -> TradeTick:
        return TradeTick(
            self.id,
            nautilus_price(trade.price, self.price_places),
            nautilus_quantity(self._whole_lots(trade.quantity), self.size_places),
            _AGGRESSORS[trade.aggressor],
            NautilusTradeId("0"),  # the matching engine does not look at it, and lengths differ among venues
            event_ns,
            now_ns,
        )

    def _whole_lots(self, size: Decimal) -> Decimal:
        return round_down(size, self.instrument.lot_size)
