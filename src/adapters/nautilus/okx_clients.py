"""Nautilus's own data and execution clients of OKX, made for one connection of one account."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from nautilus_trader.adapters.okx.config import OKXDataClientConfig, OKXExecClientConfig
from nautilus_trader.adapters.okx.data import OKXDataClient
from nautilus_trader.adapters.okx.execution import OKXExecutionClient
from nautilus_trader.adapters.okx.providers import OKXInstrumentProvider
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.core.nautilus_pyo3 import OKXContractType, OKXHttpClient, OKXInstrumentType, OKXMarginMode
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.okx_settings import OKX, OkxSettings
from adapters.nautilus.translate import nautilus_venue

VENUE: Final[Venue] = nautilus_venue(OKX)
_TYPES: Final = {"SPOT": OKXInstrumentType.SPOT, "SWAP": OKXInstrumentType.SWAP}


@dataclass(frozen=True, slots=True)
class Clients:
    """One connection's clients."""

    execution: OKXExecutionClient
    data: OKXDataClient
    provider: OKXInstrumentProvider


def make_clients(settings: OkxSettings, kernel: NautilusKernel, gate: str) -> Clients:
    """Make the clients of one connection, whose private messages go to `gate`; nothing is opened yet."""
    types = tuple(_TYPES[kind] for kind in settings.kinds)
    http = OKXHttpClient(
        api_key=settings.api_key,
        api_secret=settings.api_secret,
        api_passphrase=settings.api_passphrase,
        base_url=settings.http,
        timeout_secs=max(1, round(settings.answer_s)),
        max_retries=0,
        environment=settings.nautilus_environment,
    )
    provider = OKXInstrumentProvider(
        client=http, instrument_types=types, config=InstrumentProviderConfig(load_all=True)
    )
    shared: dict[str, Any] = {
        "loop": asyncio.get_running_loop(),
        "client": http,
        "msgbus": kernel.msgbus,
        "cache": kernel.cache,
        "clock": kernel.clock,
        "instrument_provider": provider,
        "name": VENUE.value,
    }
    configured: dict[str, Any] = {
        "api_key": settings.api_key,
        "api_secret": settings.api_secret,
        "api_passphrase": settings.api_passphrase,
        "instrument_types": types,
        "contract_types": (OKXContractType.LINEAR,),
        "environment": settings.nautilus_environment,
        "base_url_http": settings.http,
        "max_retries": 0,
    }
    execution = OKXExecClientConfig(**configured, base_url_ws=gate, margin_mode=OKXMarginMode.CROSS)
    data = OKXDataClientConfig(**configured, base_url_ws=settings.ws("public"), update_instruments_interval_mins=None)
    return Clients(OKXExecutionClient(**shared, config=execution), OKXDataClient(**shared, config=data), provider)


async def close_clients(clients: Clients) -> None:
    """Close what is open of them. Nautilus's data client itself waits a second first, for what it unsubscribes from."""
    data = clients.data
    sockets = (data._ws_client, data._ws_business_client)
    open_ones = [socket.close() for socket in sockets if not socket.is_closed()]
    await asyncio.gather(clients.execution._disconnect(), *open_ones)
