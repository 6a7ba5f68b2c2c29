"""When real orders may leave: what a configuration must say before a live venue is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.settings_models import ExecClient, ExternalAdapters, Paper, TradingNode, VenueClient
from app.settings_venues import LIVE_VENUES

DERIBIT: Final = "DERIBIT"  # the plugins of these have to be installed
IBKR: Final = "INTERACTIVE_BROKERS"
_PAPER_INSTEAD: Final = 'set "paper": {"enabled": true} to trade against simulated ones'
_SHARED: Final = (
    "environment",
    "base_url_http",
    "base_url_ws",
    "base_url_ws_stream",
    "base_url_ws_private",
    "base_url_ws_trade",
)


def exec_clients(node: TradingNode) -> Sequence[ExecClient]:
    """Return the connections that live orders go over."""
    return tuple(client for client in node.exec_clients if client.name in LIVE_VENUES)


def not_available(node: TradingNode, external: ExternalAdapters) -> Sequence[str]:
    """Return the keys that name a venue which this release cannot trade at live."""
    clients: list[tuple[str, VenueClient]] = [("data_clients", client) for client in node.data_clients]
    clients += [("exec_clients", client) for client in node.exec_clients]
    return (
        *(f"trading_node.{kind} {client.name}" for kind, client in clients if client.name not in LIVE_VENUES),
        *_nowhere(external),
    )


def refusal_of_live(node: TradingNode, external: ExternalAdapters, paper: Paper) -> str | None:
    """Say why live trading must not start; None where it may. Everything that it says can be looked up by its key."""
    missing = not_available(node, external)
    if missing:
        return (
            f"this configuration asks for live venues ({', '.join(missing)}), and these live venues are not available "
            f"yet, {', '.join(LIVE_VENUES)} and external_adapters.{DERIBIT} and {IBKR} are; {_PAPER_INSTEAD}"
        )
    clients, external_keys = exec_clients(node), _external(external)
    if not clients and not external_keys:
        return (
            "this configuration asks for live trading and names no venue that orders go to; "
            f"add {' or '.join(LIVE_VENUES)} to trading_node.exec_clients, or external_adapters.{DERIBIT} or .{IBKR}, "
            f"or {_PAPER_INSTEAD}"
        )
    named = ", ".join([*(f"trading_node.exec_clients {client.name}" for client in clients), *external_keys])
    if paper.enabled is None and paper.model_fields_set:
        given = ", ".join(f"paper.{name}" for name in sorted(paper.model_fields_set))
        return (
            f"this configuration asks for live orders ({named}) and paper ({given}), "
            'and one process does one of them; say which by "paper": {"enabled": true} or {"enabled": false}'
        )
    if (apart := _data_elsewhere(node)) is not None:
        return apart
    if not (node.live_trading_acknowledged or node.shadow):
        where = ", ".join([*(f"{client.name} ({client.environment})" for client in clients), *external_keys])
        return (
            f"this configuration sends real orders to {where}, and nobody has said that "
            "this is meant; set trading_node.live_trading_acknowledged to true, or trading_node.shadow to connect and "
            f"send nothing, or {_PAPER_INSTEAD}"
        )
    return None


def _data_elsewhere(node: TradingNode) -> str | None:
    """Say which data client does not share the connection of its venue's orders; None where all do."""
    clients = {client.name: client for client in exec_clients(node)}
    for data in node.data_clients:
        client = clients.get(data.name)
        if client is None:
            return (
                f"trading_node.data_clients {data.name} has no trading_node.exec_clients of that name, and both share "
                "one connection; add it there, or leave the data client out"
            )
        apart = [key for key in _SHARED if key in data.model_fields_set and getattr(data, key) != getattr(client, key)]
        if apart:
            return (
                f"trading_node.data_clients {data.name} has another {apart[0]} than trading_node.exec_clients, and "
                "both share one connection; write the same, or leave the data client out"
            )
    return None


def _external(external: ExternalAdapters) -> Sequence[str]:
    """Return the keys that name a venue of a plugin."""
    return [f"external_adapters.{name}" for name in external.named]


def _nowhere(external: ExternalAdapters) -> Sequence[str]:
    """Return what names Deribit and not which one, or Interactive Brokers and not what: there is no default."""
    deribit, brokers = external.DERIBIT, external.INTERACTIVE_BROKERS
    missing = []
    if deribit is not None and deribit.environment is None and deribit.base_url is None:
        missing.append(f"external_adapters.{DERIBIT} without external_adapters.{DERIBIT}.environment")
    if brokers is not None and not brokers.instruments:
        missing.append(f"external_adapters.{IBKR} without external_adapters.{IBKR}.instruments")
    return missing
