"""From the configuration to the accounts that are traded live."""

from __future__ import annotations

from typing import Any

from adapters.nautilus.binance_settings import BinanceFuturesSettings, BinanceSpotSettings
from adapters.nautilus.bybit_settings import BYBIT, USUAL_ORDERS_PER_SECOND, BybitSettings
from adapters.nautilus.live import LiveSettings
from adapters.nautilus.okx_settings import OkxSettings
from app.external import orders_are
from app.settings import Settings
from app.settings_live import exec_clients
from app.settings_models import ExecClient
from app.settings_venues import LIVE_VENUES
from ports.instruments import InstrumentKey
from ports.values import AccountId


def live_accounts(settings: Settings) -> tuple[LiveSettings, ...]:
    """Return the accounts that orders go to; none where no connection for orders is configured.

    Raises:
        InvalidInputError: a key is wrong; names it, and never shows a secret.
    """
    return tuple(_account(client) for client in exec_clients(settings.trading_node))


def _account(client: ExecClient) -> LiveSettings:
    shared = _shared(client)
    if client.name == BYBIT:
        return BybitSettings(
            **shared,
            base_url_ws_private=client.base_url_ws_private or "",
            base_url_ws_trade=client.base_url_ws_trade or "",
            orders_per_second=USUAL_ORDERS_PER_SECOND if client.orders_per_second is None else client.orders_per_second,
            dead_man_s=client.dead_man_s or 0,
        )
    if client.name == "OKX":
        passphrase = client.api_passphrase.reveal() if client.api_passphrase is not None else ""
        return OkxSettings(**shared, api_passphrase=passphrase, dead_man_s=client.dead_man_s or 0)
    shared["base_url_ws_stream"] = client.base_url_ws_stream or ""
    if client.name == "BINANCE_FUTURES":
        return BinanceFuturesSettings(**shared, dead_man_s=client.dead_man_s or 0)
    return BinanceSpotSettings(**shared)


def _shared(client: ExecClient) -> dict[str, Any]:
    """Return what every live venue is told alike."""
    venue = LIVE_VENUES[client.name]
    return {
        "account": AccountId(client.account or venue.account),
        "api_key": client.api_key.reveal() if client.api_key is not None else "",
        "api_secret": client.api_secret.reveal() if client.api_secret is not None else "",
        "instruments": tuple(InstrumentKey(key) for key in client.instruments or venue.usual),
        "environment": client.environment,
        "base_url_http": client.base_url_http or "",
        "base_url_ws": client.base_url_ws or "",
    }


def warning(account: LiveSettings, *, is_shadow: bool = False) -> str:
    """Say what a start of live trading must not leave unsaid."""
    where = account.base_url_http or f"the venue's {account.environment} environment"
    return (
        f"{orders_are(is_shadow=is_shadow)} {account.account} at {account.venue}, {where}, "
        f"instruments {', '.join(account.instruments)}"
    )
