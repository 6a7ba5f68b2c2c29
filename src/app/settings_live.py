"""When real orders may leave: which live venues there are, and what a configuration must say before one is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.settings_models import ExecClient, ExternalAdapters, Paper, TradingNode, VenueClient

BINANCE_FUTURES: Final = "BINANCE_FUTURES"
_PAPER_INSTEAD: Final = 'set "paper": {"enabled": true} to trade against simulated ones'
_SHARED: Final = ("environment", "base_url_http", "base_url_ws", "base_url_ws_stream")


def exec_client(node: TradingNode) -> ExecClient | None:
    """Return the connection that live orders go over; None where there is none."""
    return next((client for client in node.exec_clients if client.name == BINANCE_FUTURES), None)


def not_available(node: TradingNode, external: ExternalAdapters) -> Sequence[str]:
    """Return the keys that name a venue which this release cannot trade at live."""
    clients: list[tuple[str, VenueClient]] = [("data_clients", client) for client in node.data_clients]
    clients += [("exec_clients", client) for client in node.exec_clients]
    return (
        *(f"trading_node.{kind} {client.name}" for kind, client in clients if client.name != BINANCE_FUTURES),
        *(f"external_adapters.{name}" for name in ExternalAdapters.model_fields if getattr(external, name) is not None),
    )


def refusal_of_live(node: TradingNode, external: ExternalAdapters, paper: Paper) -> str | None:
    """Say why live trading must not start; None where it may. Everything that it says can be looked up by its key."""
    missing = not_available(node, external)
    if missing:
        return (
            f"this configuration asks for live venues ({', '.join(missing)}), and these live venues are not available "
            f"yet, {BINANCE_FUTURES} alone is; {_PAPER_INSTEAD}"
        )
    client = exec_client(node)
    if client is None:
        return (
            "this configuration asks for live trading and names no venue that orders go to; "
            f"add {BINANCE_FUTURES} to trading_node.exec_clients, or {_PAPER_INSTEAD}"
        )
    if paper.enabled is None and paper.model_fields_set:
        given = ", ".join(f"paper.{name}" for name in sorted(paper.model_fields_set))
        return (
            f"this configuration asks for live orders (trading_node.exec_clients {client.name}) and paper ({given}), "
            'and one process does one of them; say which by "paper": {"enabled": true} or {"enabled": false}'
        )
    for data in node.data_clients:
        apart = [key for key in _SHARED if key in data.model_fields_set and getattr(data, key) != getattr(client, key)]
        if apart:
            return (
                f"trading_node.data_clients {data.name} has another {apart[0]} than trading_node.exec_clients, and "
                "both share one connection; write the same, or leave the data client out"
            )
    if not node.live_trading_acknowledged:
        return (
            f"this configuration sends real orders to {client.name} ({client.environment}), and nobody has said that "
            f"this is meant; set trading_node.live_trading_acknowledged to true, or {_PAPER_INSTEAD}"
        )
    return None
