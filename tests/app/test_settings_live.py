"""Real orders leave only where a configuration names an available venue and says that they are meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.nautilus.bybit_settings import BybitSettings
from app.container import live_container
from app.doctor import Check, examine
from app.live import announce_live
from app.live_accounts import live_accounts, warning
from app.settings import Mode, Settings, parse_settings
from app.settings_problems import SettingsError
from core.reconciliation.patience import Patience
from ports.errors import InvalidInputError

BTC = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
ETH = "BINANCE-FUTURES:PERPETUAL:ETH-USDT@LIN"
CLIENT = {"name": "BINANCE_FUTURES", "api_key": "a-key", "api_secret": "hunter2"}


def tree(client: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a configuration that may trade live, with something else in the one client or beside the node."""
    node = {"exec_clients": [{**CLIENT, **(client or {})}], "live_trading_acknowledged": True}
    return {"trading_node": {**node, **more.pop("trading_node", {})}, **more}


def read(given: dict[str, Any]) -> Settings:
    return parse_settings(json.dumps(given), {})


def refused(given: dict[str, Any]) -> str:
    settings = read(given)
    assert settings.mode is Mode.LIVE
    assert settings.refusal is not None
    assert "hunter2" not in settings.refusal
    return settings.refusal


def test_binance_futures_alone_and_acknowledged_starts_live() -> None:
    settings = read(tree())
    assert (settings.mode, settings.refusal) == (Mode.LIVE, None)


@pytest.mark.parametrize(
    ("risk_engine", "is_warned"),
    [
        ({}, True),
        ({"enabled": False, "max_order_value": "1"}, True),
        ({"usd_per": {"EUR": "1.08"}, "reference_max_age_ms": 100}, True),  # what limits are reckoned from
        ({"max_order_value": "1"}, False),
    ],
)
def test_live_trading_that_nothing_limits_is_said_whatever_else_risk_is_told(
    risk_engine: dict[str, Any], is_warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    announce_live(read(tree(risk_engine=risk_engine)))
    assert ("LIVE TRADING WITHOUT LIMITS" in capsys.readouterr().err) is is_warned


def test_without_the_acknowledgement_it_is_refused_by_name() -> None:
    refusal = refused(tree(trading_node={"live_trading_acknowledged": False}))
    assert "trading_node.live_trading_acknowledged" in refusal
    assert "BINANCE_FUTURES (live)" in refusal


def test_the_acknowledgement_alone_does_not_make_a_configuration_live() -> None:
    assert read({"trading_node": {"live_trading_acknowledged": True}}).mode is Mode.PAPER


def test_interactive_brokers_is_not_traded_before_it_is_said_what() -> None:
    more: dict[str, Any] = {"external_adapters": {"INTERACTIVE_BROKERS": {}}}
    assert "external_adapters.INTERACTIVE_BROKERS.instruments" in refused(tree(**more))
    more["external_adapters"]["INTERACTIVE_BROKERS"]["instruments"] = ["IBKR:EQUITY:AAPL-USD"]
    assert read(tree(**more)).refusal is None


def test_live_without_a_venue_for_orders_is_refused() -> None:
    assert "trading_node.exec_clients" in refused({"paper": {"enabled": False}})


@pytest.mark.parametrize("paper", [{"venues": ["OKX"]}, {"speed": 2}])
def test_paper_and_live_together_are_refused_until_one_is_chosen(paper: dict[str, Any]) -> None:
    assert f"paper.{next(iter(paper))}" in refused(tree(paper=paper))
    assert read(tree(paper={**paper, "enabled": False})).refusal is None
    assert read(tree(paper={**paper, "enabled": True})).mode is Mode.PAPER


def test_a_data_client_that_leads_elsewhere_is_refused() -> None:
    same = {"data_clients": [{"name": "BINANCE_FUTURES"}]}
    assert read(tree(trading_node=same)).refusal is None
    other = {"data_clients": [{"name": "BINANCE_FUTURES", "environment": "testnet"}]}
    assert "another environment" in refused(tree(trading_node=other))


def test_the_account_has_two_perpetuals_unless_others_are_named() -> None:
    (usual,) = live_accounts(read(tree()))
    assert (usual.account, usual.instruments, usual.environment) == ("BINANCE-FUTURES-MAIN", (BTC, ETH), "live")
    (named,) = live_accounts(read(tree({"account": "desk-a", "instruments": [ETH], "environment": "testnet"})))
    assert (named.account, named.instruments, named.environment) == ("desk-a", (ETH,), "testnet")
    assert "hunter2" not in f"{usual} {warning(usual)}"
    assert "LIVE TRADING" in warning(usual)


def test_spot_and_futures_are_traded_at_once_each_with_its_own_account() -> None:
    both = {"trading_node": {"exec_clients": [CLIENT, {**CLIENT, "name": "BINANCE_SPOT"}]}}
    settings = read(tree(**both))
    assert settings.refusal is None
    futures, spot = live_accounts(settings)
    assert (futures.account, spot.account) == ("BINANCE-FUTURES-MAIN", "BINANCE-SPOT-MAIN")
    assert (spot.venue, spot.instruments) == (
        "BINANCE-SPOT",
        ("BINANCE-SPOT:SPOT_PAIR:BTC-USDT", "BINANCE-SPOT:SPOT_PAIR:ETH-USDT"),
    )
    assert {session.venue for session in live_container(settings).venues().sessions} == {futures.venue, spot.venue}


def test_bybit_is_traded_at_addresses_and_a_limit_of_its_own() -> None:
    client = {
        "name": "BYBIT",
        "base_url_ws_private": "ws://127.0.0.1:1/v5/private",
        "base_url_ws_trade": "ws://x/trade",
    }
    (usual,) = live_accounts(read(tree(client)))
    assert isinstance(usual, BybitSettings)
    assert (usual.account, usual.orders_per_second) == ("BYBIT-MAIN", 10)
    assert usual.instruments == ("BYBIT:PERPETUAL:BTC-USDT@LIN", "BYBIT:PERPETUAL:ETH-USDT@LIN")
    assert (usual.ws_private, usual.ws_trade) == ("ws://127.0.0.1:1/v5/private", "ws://x/trade")
    (faster,) = live_accounts(read(tree({**client, "orders_per_second": 20})))
    assert isinstance(faster, BybitSettings)
    assert faster.orders_per_second == 20
    for wrong, field in (({"orders_per_second": 0}, "orders_per_second"), ({"environment": "demo"}, "environment")):
        with pytest.raises(InvalidInputError, match=field):
            live_accounts(read(tree({**client, **wrong})))


def test_okx_is_traded_with_its_passphrase_spot_and_swaps_in_one_account() -> None:
    okx = {**CLIENT, "name": "OKX", "api_passphrase": "a passphrase", "base_url_ws": "ws://127.0.0.1:9/ws/v5/private"}
    okx.pop("base_url_ws_stream", None)
    settings = read(tree(trading_node={"exec_clients": [okx], "live_trading_acknowledged": True}))
    assert settings.refusal is None
    (account,) = live_accounts(settings)
    assert (account.account, account.venue) == ("OKX-MAIN", "OKX")
    assert "OKX:SPOT_PAIR:BTC-USDT" in account.instruments
    assert "OKX:PERPETUAL:BTC-USDT@LIN" in account.instruments
    assert "a passphrase" not in repr(account)
    assert "OKX-MAIN at OKX" in warning(account)


def test_what_is_not_acknowledged_is_refused_with_every_venue_by_name() -> None:
    both = {"exec_clients": [CLIENT, {**CLIENT, "name": "BINANCE_SPOT", "environment": "testnet"}]}
    refusal = refused(tree(trading_node={**both, "live_trading_acknowledged": False}))
    assert "BINANCE_FUTURES (live), BINANCE_SPOT (testnet)" in refusal


def test_quotes_of_a_venue_without_orders_are_refused() -> None:
    refusal = refused(tree(trading_node={"data_clients": [{"name": "BINANCE_SPOT"}]}))
    assert "trading_node.data_clients BINANCE_SPOT has no trading_node.exec_clients" in refusal


def test_an_address_that_is_none_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(InvalidInputError, match="base_url_ws"):
        live_accounts(read(tree({"base_url_ws": "https://example.org"})))


@pytest.mark.parametrize(
    ("client", "remedy"),
    [
        ({"instruments": []}, "at least one instrument"),
        ({"instruments": [BTC, BTC]}, "each once"),
        ({"instruments": ["BINANCE-SPOT:SPOT_PAIR:BTC-USDT"]}, "no linear perpetual or future of BINANCE-FUTURES"),
        ({"name": "BINANCE_SPOT", "instruments": [BTC]}, "no spot pair of BINANCE-SPOT"),
        ({"instruments": ["*"]}, "write an instrument key"),
        ({"account": "PAPER-BINANCE-FUTURES"}, "belong to paper accounts"),
        ({"orders_per_second": 20}, "for BYBIT alone"),
        ({"name": "BYBIT", "instruments": [BTC]}, "no linear perpetual or spot pair of BYBIT"),
    ],
)
def test_what_cannot_be_traded_there_is_refused_with_its_remedy(client: dict[str, Any], remedy: str) -> None:
    with pytest.raises(SettingsError, match=r"trading_node\.exec_clients") as complaint:
        read(tree(client))
    assert remedy in str(complaint.value)


def test_not_found_is_believed_only_when_nothing_that_was_sent_can_be_on_its_way_any_more() -> None:
    live, paper = live_container(read(tree())), live_container(read({}))
    (session,) = live.venues().sessions
    assert live.patience().not_found_lag_ns > session.capabilities.query_lag_ns > 5_000_000_000
    assert paper.patience().not_found_lag_ns == Patience().not_found_lag_ns


def test_live_and_paper_sessions_are_never_made_together() -> None:
    made = live_container(read(tree()))
    assert [session.capabilities.is_paper for session in made.venues().sessions] == [False]
    assert [session.account for session in made.venues().sessions] == ["BINANCE-FUTURES-MAIN"]
    assert all(session.capabilities.is_paper for session in live_container(read({})).venues().sessions)


def examined(tmp_path: Path, given: dict[str, Any]) -> dict[str, Check]:
    path = tmp_path / "settings.json"
    ports = {"doors": {"http_port": 0, "grpc_port": 0}, "state_dir": str(tmp_path / "state")}
    path.write_text(json.dumps({**ports, **given}))
    return {check.name: check for check in examine(path, {})}


def test_the_doctor_says_where_real_orders_go_and_asks_nobody(tmp_path: Path) -> None:
    checks = examined(tmp_path, tree({"base_url_http": "http://127.0.0.1:9"}))  # where nobody listens
    assert [check for check in checks.values() if not check.ok] == []
    assert checks["venues"].detail == "live: BINANCE-FUTURES-MAIN"
    assert "http://127.0.0.1:9" in checks["account BINANCE-FUTURES-MAIN"].detail
    assert "hunter2" not in str(checks)


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        (tree(trading_node={"live_trading_acknowledged": False}), "live_trading_acknowledged"),
        (tree({"base_url_http": "ftp://example.org"}), "trading_node.exec_clients"),
        (tree({"api_key": " "}), "trading_node.exec_clients"),
    ],
)
def test_the_doctor_finds_what_a_live_start_would_stumble_over(
    tmp_path: Path, given: dict[str, Any], remedy: str
) -> None:
    found = examined(tmp_path, given)["venues"]
    assert not found.ok
    assert remedy in found.remedy
