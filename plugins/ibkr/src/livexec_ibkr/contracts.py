"""From a key to the one contract that it means; several are reported with what tells them apart."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ib_async.contract import Contract, ContractDetails

from livexec_ibkr.exact import exact, stated
from livexec_ibkr.names import key_of, questions_of
from livexec_ibkr.tws import Tws
from ports.errors import NotSentError, VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey, InstrumentType
from ports.values import ZERO, Price, Quantity, is_multiple, plain

_ONE: Final = Decimal(1)
_MOST_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Listed:
    """An instrument in both vocabularies.

    Amounts here are shares, units of the base, or units of the underlying; there they are contracts of `multiplier`
    units each.
    """

    instrument: Instrument
    contract: Contract
    multiplier: Decimal
    exchange: str  # where it is listed, not where orders are routed

    def contracts_of(self, quantity: Decimal) -> str:
        """Return an amount as TWS counts it.

        Raises:
            NotSentError: it is no whole number of contracts.
        """
        if not is_multiple(quantity, self.instrument.lot_size):
            lot = plain(self.instrument.lot_size)
            raise NotSentError(f"{plain(quantity)} of {self.instrument.key} is no whole number of lots of {lot}")
        return plain((quantity / self.multiplier).normalize())

    def price_of(self, price: Decimal) -> str:
        """Return a price as TWS writes it.

        Raises:
            NotSentError: it is no whole number of ticks.
        """
        if not is_multiple(price, self.instrument.tick_size):
            tick = plain(self.instrument.tick_size)
            raise NotSentError(f"{plain(price)} is no whole number of ticks of {tick} of {self.instrument.key}")
        return plain(price)


def multiplier_of(contract: Contract) -> Decimal:
    """Return how many units of the underlying one contract is; 1 for shares and currencies."""
    if contract.secType not in ("FUT", "OPT", "FOP"):
        return _ONE
    return exact(contract.multiplier) or _ONE


async def resolve(tws: Tws, key: InstrumentKey, contract_id: int) -> Listed:
    """Ask TWS which contract a key means.

    Raises:
        VenueUnavailableError: none, or several; names the candidates, and how to pick one.
        NoAnswerError: it did not answer.
        RefusedError: it answered with an error.
    """
    found: list[ContractDetails] = []
    if contract_id:
        found = await tws.contracts(Contract(conId=contract_id))
    else:
        for asked in questions_of(key):
            found += await tws.contracts(asked)
    fitting = [one for one in found if _key(one) == key]
    if len(fitting) == 1:
        return _listed(key, fitting[0])
    if not fitting:
        others = f"; it lists {_shown(found)}" if found else ""
        raise VenueUnavailableError(f"instruments: TWS knows no contract that is {key}{others}")
    raise VenueUnavailableError(
        f"instruments: {key} may be {len(fitting)} contracts; write one of: {_shown(fitting)}",
    )


def _key(found: ContractDetails) -> InstrumentKey | None:
    return None if found.contract is None else key_of(found.contract, found.stockType)


def _shown(found: list[ContractDetails]) -> str:
    return ", ".join(_candidate(one) for one in found[:_MOST_SHOWN])


def _candidate(found: ContractDetails) -> str:
    contract = found.contract or Contract()
    size = f" of {contract.multiplier}" if contract.multiplier else ""
    where = contract.primaryExchange or contract.exchange
    return f"{_key(found)}={contract.conId} ({contract.tradingClass or contract.localSymbol}{size} at {where})"


def _listed(key: InstrumentKey, found: ContractDetails) -> Listed:
    contract = found.contract
    if contract is None or found.priceMagnifier not in (0, 1):
        raise VenueUnavailableError(
            f"instruments: prices of {key} are 1/{found.priceMagnifier} of its currency: not traded here"
        )
    multiplier = multiplier_of(contract)
    tick, step, least = (stated(one) for one in (found.minTick, found.sizeIncrement, found.minSize))
    if not tick:
        raise VenueUnavailableError(f"instruments: TWS states no tick of {key}")
    lot = (step or _ONE) * multiplier
    instrument = Instrument(
        key=key,
        tick_size=Price(_plain(tick)),
        lot_size=Quantity(_plain(lot)),
        min_quantity=Quantity(_plain(max(least or ZERO, step or _ONE) * multiplier)),
    )
    return Listed(instrument, _routed(contract), multiplier, contract.primaryExchange or contract.exchange)


def _plain(value: Decimal) -> Decimal:
    return Decimal(plain(value))


def _routed(contract: Contract) -> Contract:
    """Return the contract as orders name it: by its id, to the best exchange where TWS chooses one."""
    return Contract(conId=contract.conId, exchange=contract.exchange, secType=contract.secType)


def whole_shares(listed: Listed) -> Listed:
    """Return what an account trades that may not trade parts of shares."""
    one = listed.instrument
    whole = Instrument(
        key=one.key,
        tick_size=one.tick_size,
        lot_size=Quantity(_ONE),
        min_quantity=Quantity(max(one.min_quantity, _ONE)),
    )
    return Listed(whole, listed.contract, listed.multiplier, listed.exchange)


def may_be_split(listed: Listed) -> bool:
    """Whether the contract is a share of which parts exist; whether the account may trade them, TWS says."""
    one = listed.instrument
    return one.key.type in (InstrumentType.EQUITY, InstrumentType.ETF) and one.lot_size < 1
