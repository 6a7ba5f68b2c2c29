"""The exchange: takes orders, matches them by price and time, keeps accounts, and tells who asked to hear."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from simulators.exchange.book import Book
from simulators.exchange.orders import Account, Contract, Order, Payment, Position, Reason, Refused, Status, Tif, Trade

LEVERAGE = Decimal(20)
_FIRST_ORDER = 8_886_774_000
_FIRST_TRADE = 412_345_000
_FEE_PLACES = Decimal("0.00000001")


class Listener(Protocol):
    """Who hears what happens, in the order in which it does."""

    def order_changed(self, order: Order, execution: str) -> None: ...

    def traded(self, order: Order, trade: Trade) -> None: ...

    def quote_changed(self, symbol: str) -> None: ...


class Exchange:
    """All accounts and contracts of one venue. `clock` is its time in ms.

    Where `ends_unfit`, a post-only order that would take and a FOK that cannot fill come into being and end at once;
    elsewhere they are refused. Where not `names_are_unique`, any number of open orders may have one name.
    """

    def __init__(
        self,
        contracts: Iterable[Contract],
        clock: Callable[[], int],
        *,
        ends_unfit: bool = False,
        names_are_unique: bool = True,
    ) -> None:
        self.contracts = {each.symbol: each for each in contracts}
        self._ends_unfit = ends_unfit
        self._names_are_unique = names_are_unique
        self.accounts: dict[str, Account] = {}
        self._books = {symbol: Book() for symbol in self.contracts}
        self._clock = clock
        self._orders = _FIRST_ORDER
        self._trades = _FIRST_TRADE
        self.updates = 400_900_000
        self.listeners: list[Listener] = []
        self._dead_men: dict[tuple[str, str | None], int] = {}  # until when, in ms

    def now_ms(self) -> int:
        return self._clock()

    def open_account(self, name: str, asset: str, wallet: Decimal) -> Account:
        self.accounts[name] = Account(name, asset, wallet)
        return self.accounts[name]

    # -- what accounts ask

    def place(
        self,
        account: str,
        symbol: str,
        is_buy: bool,
        quantity: Decimal,
        *,
        price: Decimal | None = None,
        tif: Tif = Tif.GTC,
        client_order_id: str = "",
        good_till_ms: int = 0,
        reduce_only: bool = False,
        shown: Decimal | None = None,
    ) -> Order:
        """Take an order and match it.

        Raises:
            Refused: it never came into being.
        """
        owner, now_ms = self.accounts[account], self._clock()
        order = Order(
            order_id=self._orders + 1,
            client_order_id=client_order_id or f"web_{self._orders + 1}",
            account=account,
            symbol=symbol,
            is_buy=is_buy,
            quantity=quantity,
            price=price,
            tif=tif,
            good_till_ms=good_till_ms,
            reduce_only=reduce_only,
            shown=shown,
            time_ms=now_ms,
            update_ms=now_ms,
        )
        self._check(order, owner)
        misfit = self._misfit(order)
        if misfit is not None and not self._ends_unfit:
            raise Refused(misfit)
        self._orders += 1
        owner.add(order)
        self._tell(order, "NEW")
        if misfit is None:
            self._match(order)
        if order.is_open and (misfit is not None or price is None or tif in (Tif.IOC, Tif.FOK)):
            self._end(order, Status.EXPIRED)
        elif order.is_open:
            self._books[symbol].rest(order)
        self._quote(symbol)
        return order

    def cancel(self, account: str, symbol: str, *, order_id: int | None, client_order_id: str | None) -> Order:
        """Take an open order back.

        Raises:
            Refused: there is no such open order.
        """
        order = self.accounts[account].find(symbol, order_id=order_id, client_order_id=client_order_id)
        if not order.is_open:
            raise Refused(Reason.UNKNOWN)
        self._end(order, Status.CANCELED)
        return order

    def amend(self, order: Order, quantity: Decimal, price: Decimal | None, *, keeps_place: bool = False) -> None:
        """Let an open order work with this whole quantity and price, at the end of its queue or where it stands.

        Raises:
            Refused: it works on as it was.
        """
        if not order.is_open or quantity <= order.filled:
            raise Refused(Reason.UNKNOWN)
        wanted = replace(order, quantity=quantity, price=price)
        _check_steps(wanted, self.contracts[order.symbol])
        order.quantity, order.price, order.update_ms = quantity, price, self._clock()
        if keeps_place:
            self._tell(order, "AMENDED")
            return
        self._books[order.symbol].remove(order)
        self._tell(order, "AMENDED")
        self._match(order)
        if order.is_open:
            self._books[order.symbol].rest(order)
        self._quote(order.symbol)

    # -- what the market does

    def quote(self, symbol: str, bid: Decimal, ask: Decimal, bid_size: Decimal, ask_size: Decimal) -> None:
        """Let the market at large show new best prices; they trade with whatever rests in their way."""
        book = self._books[symbol]
        book.remove_market()
        for is_buy, price, size in ((True, bid, bid_size), (False, ask, ask_size)):
            if size > 0:
                order = self._market_order(symbol, is_buy, size, price)
                self._match(order)
                if order.is_open:
                    book.rest(order)
        self._quote(symbol)

    def hit(self, symbol: str, is_buy: bool, quantity: Decimal, price: Decimal | None) -> None:
        """Let somebody of the market at large trade at once, as far as there is somebody."""
        self._match(self._market_order(symbol, is_buy, quantity, price))
        self._quote(symbol)

    def fill(self, order: Order, quantity: Decimal, price: Decimal) -> None:
        """Let an order trade, wherever it is: also one that was canceled before."""
        self._trade(order, price, quantity, is_maker=True)
        if not order.is_open:
            self._books[order.symbol].remove(order)

    def expire(self, order: Order) -> None:
        """Let an order's time be over."""
        if order.is_open:
            self._end(order, Status.EXPIRED)

    def fund(self, symbol: str, rate: Decimal) -> None:
        """Let longs pay shorts (at a negative rate: the other way round) for what they hold, at the mid price."""
        prices = [best[0] for best in (self.best(symbol, False), self.best(symbol, True)) if best is not None]
        mid = sum(prices, Decimal(0)) / len(prices)
        for account in self.accounts.values():
            held = account.positions.get(symbol, Position()).quantity
            if held:
                self.updates += 1
                amount = (-held * mid * rate).quantize(_FEE_PLACES)
                account.wallet += amount
                asset = self.contracts[symbol].quote
                account.payments.append(Payment(self.updates, symbol, asset, amount, held, self._clock()))

    def arm(self, account: str, symbol: str | None, within_ms: int) -> None:
        """Take the orders of a symbol (None: all) back after so long, unless told again before; 0: never."""
        self._dead_men.pop((account, symbol), None)
        if within_ms:
            self._dead_men[account, symbol] = self._clock() + within_ms

    def expire_due(self) -> None:
        """Let every order expire whose time has come, and take back what nobody is there for any more."""
        now_ms = self._clock()
        for (name, symbol), until_ms in list(self._dead_men.items()):
            if until_ms <= now_ms:
                del self._dead_men[name, symbol]
                for order in self.accounts[name].open_orders(symbol):
                    self.cancel(name, order.symbol, order_id=order.order_id, client_order_id=None)
        for account in self.accounts.values():
            for order in account.open_orders():
                if order.tif is Tif.GTD and order.good_till_ms <= now_ms:
                    self.expire(order)

    def best(self, symbol: str, is_buy: bool) -> tuple[Decimal, Decimal] | None:
        return self._books[symbol].best(is_buy)

    def available(self, account: Account) -> Decimal:
        """Return what is left of an account's money after margins."""
        held = sum(
            (
                self.contracts[symbol].value(abs(one.quantity), one.entry) / LEVERAGE
                for symbol, one in account.positions.items()
            ),
            Decimal(0),
        )
        working = sum((self._holds(one) for one in account.open_orders()), Decimal(0))
        return account.wallet - held - working

    def free(self, account: Account, asset: str) -> Decimal:
        """Return what an account has of an asset and no order holds."""
        if asset == account.asset:
            return self.available(account)
        sells = [
            one.left
            for one in account.open_orders()
            if self.contracts[one.symbol].is_spot and not one.is_buy and self.contracts[one.symbol].base == asset
        ]
        return account.coins.get(asset, Decimal(0)) - sum(sells, Decimal(0))

    def _holds(self, order: Order) -> Decimal:
        """Return the money that an open order holds."""
        value = self.contracts[order.symbol].value(order.left, order.price or Decimal(0))
        if not self.contracts[order.symbol].is_spot:
            return value / LEVERAGE
        return value if order.is_buy else Decimal(0)

    # -- how

    def _market_order(self, symbol: str, is_buy: bool, quantity: Decimal, price: Decimal | None) -> Order:
        return Order(
            order_id=0,
            client_order_id="",
            account=None,
            symbol=symbol,
            is_buy=is_buy,
            quantity=quantity,
            price=price,
            tif=Tif.GTC,
        )

    def _check(self, order: Order, owner: Account) -> None:
        contract = self.contracts[order.symbol]
        if self._names_are_unique and any(one.client_order_id == order.client_order_id for one in owner.open_orders()):
            raise Refused(Reason.DUPLICATE)
        _check_steps(order, contract)
        others = list(self._books[order.symbol].crossing(order))
        reference = order.price if order.price is not None else others[0].price if others else None
        if reference is None:
            raise Refused(Reason.NO_MARKET)
        self._check_value(order, owner, contract.value(order.quantity, reference))

    def _misfit(self, order: Order) -> Reason | None:
        """Say why an order cannot live as it asks to; None where it can."""
        others = list(self._books[order.symbol].crossing(order))
        if order.tif is Tif.GTX and others:
            return Reason.WOULD_TAKE
        if order.tif is Tif.FOK and sum((one.left for one in others), Decimal(0)) < order.quantity:
            return Reason.NOT_WHOLE
        return None

    def _check_value(self, order: Order, owner: Account, value: Decimal) -> None:
        contract = self.contracts[order.symbol]
        if contract.is_spot:
            if (value if order.is_buy else order.quantity) > self.free(
                owner, contract.quote if order.is_buy else contract.base
            ):
                raise Refused(Reason.MARGIN)
            return
        held = owner.positions.get(order.symbol, Position()).quantity
        reduces = held * (1 if order.is_buy else -1) < 0
        if order.reduce_only and not (reduces and order.quantity <= abs(held)):
            raise Refused(Reason.REDUCE_ONLY)
        if not order.reduce_only and value < contract.min_notional:
            raise Refused(Reason.NOTIONAL)
        if not reduces and value / LEVERAGE > self.available(owner):
            raise Refused(Reason.MARGIN)

    def _match(self, order: Order) -> None:
        book = self._books[order.symbol]
        for other in book.crossing(order):
            if order.left <= 0:
                return
            amount, price = min(order.left, other.left), other.price
            if price is None:  # only limits rest
                continue
            self._trade(other, price, amount, is_maker=True)
            self._trade(order, price, amount, is_maker=False)
            if not other.is_open:
                book.remove(other)

    def _trade(self, order: Order, price: Decimal, quantity: Decimal, *, is_maker: bool) -> None:
        order.filled += quantity
        order.value += quantity * price
        order.update_ms = self._clock()
        if order.is_open:
            order.status = Status.FILLED if order.left <= 0 else Status.PARTIALLY_FILLED
        if order.account is None:
            return
        account, contract = self.accounts[order.account], self.contracts[order.symbol]
        rate = contract.maker_rate if is_maker else contract.taker_rate
        in_base = contract.is_spot and order.is_buy  # a buyer pays the fee of what was bought
        fee = (quantity * rate if in_base else contract.fee(quantity, price, rate)).quantize(_FEE_PLACES)
        account.update_ms = order.update_ms
        realized = _book(account, contract, quantity if order.is_buy else -quantity, price, fee)
        self._trades += 1
        trade = Trade(
            trade_id=self._trades,
            order_id=order.order_id,
            symbol=order.symbol,
            is_buy=order.is_buy,
            price=price,
            quantity=quantity,
            is_maker=is_maker,
            fee=fee,
            fee_asset=contract.base if in_base else contract.settlement,
            realized=realized,
            time_ms=order.update_ms,
        )
        account.trades.append(trade)
        order.fees += fee
        order.newest = trade
        for listener in self.listeners:
            listener.traded(order, trade)

    def _end(self, order: Order, status: Status) -> None:
        order.status, order.update_ms = status, self._clock()
        self._books[order.symbol].remove(order)
        self._tell(order, status.value)
        self._quote(order.symbol)

    def _tell(self, order: Order, execution: str) -> None:
        for listener in self.listeners:
            listener.order_changed(order, execution)

    def _quote(self, symbol: str) -> None:
        self.updates += 1
        for listener in self.listeners:
            listener.quote_changed(symbol)


def _book(account: Account, contract: Contract, signed: Decimal, price: Decimal, fee: Decimal) -> Decimal:
    """Let a trade and its fee change what an account has, and return the profit that it realized."""
    if contract.is_spot:
        is_buy = signed > 0
        account.coins[contract.base] = account.coins.get(contract.base, Decimal(0)) + signed - (fee if is_buy else 0)
        account.wallet -= signed * price + (Decimal(0) if is_buy else fee)
        return Decimal(0)
    position = account.positions.setdefault(contract.symbol, Position())
    realized = position.trade(signed, price, contract)
    position.update_ms = account.update_ms
    account.wallet += realized - fee
    return realized


def _check_steps(order: Order, contract: Contract) -> None:
    if order.quantity % contract.lot:
        raise Refused(Reason.LOT)
    if order.quantity < contract.min_quantity:
        raise Refused(Reason.TOO_SMALL)
    if order.quantity > contract.max_quantity:
        raise Refused(Reason.TOO_LARGE)
    if order.price is not None and order.price % contract.tick:
        raise Refused(Reason.TICK)
