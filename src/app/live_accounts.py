"""From the configuration to the accounts that are traded live."""

from __future__ import annotations

from typing import Final

from adapters.nautilus.binance_settings import BINANCE_FUTURES, BinanceFuturesSettings
from app.settings import Settings
from app.settings_live import exec_client
from ports.instruments import InstrumentKey
from ports.values import AccountId

_ACCOUNT: Final = f"{BINANCE_FUTURES}-MAIN"
_INSTRUMENTS: Final = (
    f"{BINANCE_FUTURES}:PERPETUAL:BTC-USDT@LIN",
    f"{BINANCE_FUTURES}:PERPETUAL:ETH-USDT@LIN",
)


def live_accounts(settings: Settings) -> tuple[BinanceFuturesSettings, ...]:
    """Return the accounts that orders go to; none where no connection for orders is configured.

    Raises:
        InvalidInputError: a key is wrong; names it, and never shows a secret.
    """
    client = exec_client(settings.trading_node)
    if client is None or client.api_key is None or client.api_secret is None:
        return ()
    return (
        BinanceFuturesSettings(
            account=AccountId(client.account or _ACCOUNT),
            api_key=client.api_key.reveal(),
            api_secret=client.api_secret.reveal(),
            instruments=tuple(InstrumentKey(key) for key in client.instruments or _INSTRUMENTS),
            environment=client.environment,
            base_url_http=client.base_url_http or "",
            base_url_ws=client.base_url_ws or "",
            base_url_ws_stream=client.base_url_ws_stream or "",
        ),
    )


def warning(account: BinanceFuturesSettings) -> str:
    """Say what a start of live trading must not leave unsaid."""
    where = account.base_url_http or f"the venue's {account.environment} environment"
    return (
        f"LIVE TRADING: orders are real. {account.account} at {BINANCE_FUTURES}, {where}, "
        f"instruments {', '.join(account.instruments)}"
    )
