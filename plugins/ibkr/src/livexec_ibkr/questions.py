"""What TWS is asked about the account, and its answers in our words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, Protocol

from ib_async.contract import Contract
from ib_async.objects import Execution
from ib_async.order import Order

from livexec_ibkr.exact import exact, stated
from livexec_ibkr.executions import Executed, Executions, newest
from livexec_ibkr.tws import NoAnswerError, RefusedError, Tws
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import FillReport, OrderEvidence, OrderStatusReport, VenueBalance, VenueOrderStatus, VenuePosition
from ports.values import (
    ZERO,
    AccountId,
    ClientOrderId,
    Currency,
    Price,
    Quantity,
    VenueOrderId,
    fits,
    plain,
)

_TAGS: Final = "$LEDGER:ALL,AvailableFunds"
_LOOK_S: Final = 0.02
_SECOND_NS: Final = 1_000_000_000
_CLOCKS_S: Final = 60  # TWS's clock and ours need not agree on when the day began
_ENDED: Final = {"Filled": VenueOrderStatus.FILLED}  # everything else that has ended was canceled, or never worked
_OVER: Final = frozenset({"Filled", "Cancelled", "ApiCancelled"})
_PRICED: Final = frozenset({"LMT", "STP LMT", "LIT"})


class Contracts(Protocol):
    """Who knows what contracts are here."""

    def key_of(self, contract: Contract) -> tuple[InstrumentKey, Decimal] | None: ...

    def executed(self, contract: Contract, execution: Execution) -> Executed | None: ...


class Questions:
    """Questions over one connection. Whatever is not answered, or cannot be read, is `VenueUnavailableError`."""

    def __init__(
        self,
        tws: Tws,
        account: AccountId,
        trades: Executions,
        contracts: Contracts,
        commission_s: float,
        clock: Callable[[], int],
    ) -> None:
        self._clock = clock
        self._tws = tws
        self._account = account
        self._trades = trades
        self._contracts = contracts
        self._commission_s = commission_s

    async def evidence(self, name: ClientOrderId, released_ns: int) -> OrderEvidence | None:
        """Return what became of an order; None: TWS knows none of that reference.

        Raises:
            VenueUnavailableError: nothing was learnt; so it is where there are trades of an order that no list has,
                and where it may have traded or ended on an earlier day, of which TWS lists nothing.
        """
        try:
            listed = [one for one in await self._tws.open_orders() if self._is_ours(one[1], name)]
            ended = [one for one in await self._tws.completed_orders() if self._is_ours(one[1], name)]
            trades = [one for one in await self._executed() if one.client_order_id == name]
            fills = await self._with_fees(trades)
        except (NoAnswerError, RefusedError, ValueError) as silence:
            raise VenueUnavailableError(f"{self._account}: {silence}") from silence
        filled = sum((one.quantity for one in fills), ZERO)
        if ended:
            contract, order, state = ended[-1]
            status = _ENDED.get(state.status, VenueOrderStatus.CANCELED)
            said = self._status(contract, order, status, filled, state.completedStatus)
        elif listed:
            contract, order, _ = listed[-1]
            said = self._status(contract, order, VenueOrderStatus.ACCEPTED, filled)
            if said is not None and said.quantity is not None and filled >= said.quantity:
                said = replace(said, status=VenueOrderStatus.FILLED)
        elif trades:
            raise VenueUnavailableError(f"{self._account}: TWS has trades of {name} and lists no such order yet")
        else:
            self._check_day(name, released_ns)
            return None
        if said is None:
            raise VenueUnavailableError(f"{self._account}: {name} is an order of what no key names")
        return OrderEvidence(status=said, fills=fills)

    def _check_day(self, name: ClientOrderId, released_ns: int) -> None:
        began_s = self._tws.day_began_s(self._clock() // _SECOND_NS)
        if began_s is None or released_ns < (began_s + _CLOCKS_S) * _SECOND_NS:
            raise VenueUnavailableError(
                f"{self._account}: TWS lists {name} nowhere, which proves nothing of an earlier day: look it up in the "
                "statements of the account"
            )

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        """Return every open order of the account, those that were placed by hand too."""
        try:
            listed = await self._tws.open_orders()
            executed = await self._executed()
        except (NoAnswerError, RefusedError, ValueError) as silence:
            raise VenueUnavailableError(f"{self._account}: {silence}") from silence
        filled: dict[int, Decimal] = {}
        for one in executed:
            filled[one.perm_id] = filled.get(one.perm_id, ZERO) + one.quantity
        reports = [
            self._status(contract, order, VenueOrderStatus.ACCEPTED, filled.get(order.permId, ZERO))
            for contract, order, state in listed
            if order.account == self._tws.account_id and state.status not in _OVER
        ]
        return tuple(one for one in reports if one is not None)

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        """Return the account's trades of today at or after a time, oldest first: TWS keeps none of earlier days.

        Those that were corrected are told whenever they happened: the correction may have come while nobody heard.
        """
        try:
            trades = [one for one in await self._executed() if one.time_ns >= since_ns or one.number > 1]
            fills = await self._with_fees(trades)
            return tuple(one if one.venue_time_ns >= since_ns else replace(one, corrects_only=True) for one in fills)
        except (NoAnswerError, RefusedError, ValueError) as silence:
            raise VenueUnavailableError(f"{self._account}: {silence}") from silence

    async def positions(self) -> Sequence[VenuePosition]:
        """Return every position that is not flat."""
        try:
            held = await self._tws.positions()
        except (NoAnswerError, RefusedError) as silence:
            raise VenueUnavailableError(f"{self._account}: {silence}") from silence
        found = []
        for account_id, contract, contracts in held:
            named = self._contracts.key_of(contract)
            if account_id == self._tws.account_id and named is not None and contracts:
                found.append(VenuePosition(instrument=named[0], quantity=_plain(contracts * named[1])))
        return tuple(found)

    async def balances(self) -> Sequence[VenueBalance]:
        """Return the cash of every currency that has any; of the base currency no more is free than may be used."""
        try:
            said = await self._tws.summary(_TAGS)
            return _balances([one for one in said if one[0] == self._tws.account_id])
        except (NoAnswerError, RefusedError, ValueError) as silence:
            raise VenueUnavailableError(f"{self._account}: {silence}") from silence

    # -- how

    def _is_ours(self, order: Order, name: ClientOrderId) -> bool:
        return order.account == self._tws.account_id and order.orderRef == name

    async def _executed(self) -> Sequence[Executed]:
        said = await self._tws.executions(self._tws.account_id)
        read = (self._contracts.executed(contract, one) for contract, one in said)
        return newest(one for one in read if one is not None)

    async def _with_fees(self, trades: Sequence[Executed]) -> Sequence[FillReport]:
        """Return trades with their commissions, which may come a little after them; in the end without."""
        try:
            async with asyncio.timeout(self._commission_s):
                while any(self._trades.fill(one) is None for one in trades):  # noqa: ASYNC110 - anyone's may be the last
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            pass
        return tuple(fill for one in trades if (fill := self._trades.fill(one, bare=True)) is not None)

    def _status(
        self, contract: Contract, order: Order, status: VenueOrderStatus, filled: Decimal, reason: str = ""
    ) -> OrderStatusReport | None:
        found = self._contracts.key_of(contract)
        if found is None:
            return None
        contracts = stated(order.totalQuantity) or stated(order.filledQuantity)
        price = stated(order.lmtPrice) if order.orderType in _PRICED else None
        return OrderStatusReport(
            account=self._account,
            instrument=found[0],
            client_order_id=ClientOrderId(order.orderRef or str(order.permId)),
            status=status,
            venue_order_id=VenueOrderId(str(order.permId)) if order.permId else None,
            filled_quantity=filled,
            quantity=Quantity(_plain(contracts * found[1])) if contracts else None,
            price=Price(_plain(price)) if price else None,
            reason=reason,
        )


def _balances(said: Sequence[tuple[str, str, str, str]]) -> Sequence[VenueBalance]:
    usable = {currency: _plain(exact(value)) for _, tag, value, currency in said if tag == "AvailableFunds"}
    cash = {currency: _plain(exact(value)) for _, tag, value, currency in said if tag == "CashBalance"}
    cash.pop("BASE", None)  # the sum of them, once more
    for currency, amount in (*cash.items(), *usable.items()):
        if not fits(amount):
            raise ValueError(f"the balance of {currency} cannot be held exactly: {amount}")
    return tuple(
        VenueBalance(currency=Currency(one), total=total, free=min(total, usable.get(one, total)))
        for one, total in cash.items()
        if total
    )


def _plain(value: Decimal) -> Decimal:
    return Decimal(plain(value))
