"""A venue that a plugin brings is traded where the configuration names it, its plugin is there, and both agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.container import live_container
from app.doctor import Check, examine
from app.external import external_accounts
from app.settings import Mode, Settings, parse_settings
from ports.errors import InvalidInputError

DERIBIT = {"api_key": "a-key", "api_secret": "hunter2", "environment": "testnet"}
BINANCE = {"name": "BINANCE_FUTURES", "api_key": "another", "api_secret": "hunter3"}


def tree(deribit: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a configuration that may trade at Deribit, with something else in its section or beside it."""
    node = {"live_trading_acknowledged": True, **more.pop("trading_node", {})}
    return {"external_adapters": {"DERIBIT": {**DERIBIT, **(deribit or {})}}, "trading_node": node, **more}


def read(given: dict[str, Any]) -> Settings:
    return parse_settings(json.dumps(given), {})


def examined(tmp_path: Path, given: dict[str, Any]) -> dict[str, Check]:
    path = tmp_path / "settings.json"
    ports = {"doors": {"http_port": 0, "grpc_port": 0}, "state_dir": str(tmp_path / "state")}
    path.write_text(json.dumps({**ports, **given}))
    return {check.name: check for check in examine(path, {})}


def test_deribit_alone_and_acknowledged_starts_live() -> None:
    settings = read(tree())
    assert (settings.mode, settings.refusal) == (Mode.LIVE, None)
    (session,) = live_container(settings).venues().sessions
    assert (session.venue, session.account, session.capabilities.is_paper) == ("DERIBIT", "DERIBIT-MAIN", False)


def test_without_the_acknowledgement_it_is_refused_by_name() -> None:
    refusal = read(tree(trading_node={"live_trading_acknowledged": False})).refusal
    assert refusal is not None
    assert "external_adapters.DERIBIT" in refusal
    assert "trading_node.live_trading_acknowledged" in refusal


def test_which_deribit_is_meant_has_to_be_said() -> None:
    settings = read(tree({"environment": None}))
    assert "external_adapters.DERIBIT.environment" in str(settings.refusal)
    with pytest.raises(InvalidInputError) as refused:
        external_accounts(settings)
    assert refused.value.field == "external_adapters.DERIBIT.environment"
    assert read(tree({"environment": None, "base_url": "wss://example.org"})).refusal is None


def test_paper_beside_it_is_refused_until_one_is_chosen() -> None:
    assert "external_adapters.DERIBIT" in str(read(tree(paper={"speed": 2})).refusal)
    assert read(tree(paper={"speed": 2, "enabled": True})).mode is Mode.PAPER


def test_it_trades_beside_a_venue_of_the_trading_node() -> None:
    settings = read(tree({"account": "desk-d"}, trading_node={"exec_clients": [BINANCE]}))
    assert settings.refusal is None
    sessions = live_container(settings).venues().sessions
    assert [session.account for session in sessions] == ["BINANCE-FUTURES-MAIN", "desk-d"]


def test_not_found_is_believed_only_when_the_venue_cannot_begin_the_order_any_more() -> None:
    made = live_container(read(tree()))
    (session,) = made.venues().sessions
    assert made.patience().not_found_lag_ns > session.capabilities.query_lag_ns > 5_000_000_000


def test_a_venue_without_its_plugin_is_named_with_what_to_install() -> None:
    settings = read(tree(disabled_plugins=["livexec-deribit"]))
    with pytest.raises(InvalidInputError, match="install one, such as livexec-deribit") as refused:
        external_accounts(settings)
    assert refused.value.field == "external_adapters.DERIBIT"


@pytest.mark.parametrize(
    ("deribit", "field"),
    [
        ({"instruments": ["OKX:PERPETUAL:BTC-USDT@LIN"]}, "external_adapters.DERIBIT.instruments"),
        ({"base_url": "https://a:hunter2@example.org"}, "external_adapters.DERIBIT.base_url"),
    ],
)
def test_what_the_plugin_refuses_is_named_by_its_whole_key_and_shows_no_secret(
    tmp_path: Path, deribit: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        external_accounts(read(tree(deribit)))
    assert refused.value.field == field
    check = examined(tmp_path, tree(deribit))["venues"]
    assert not check.ok
    assert field in check.detail
    assert "external_adapters" in check.remedy
    assert "hunter" not in f"{refused.value} {check}"


def test_the_doctor_says_where_orders_go_and_asks_nobody(tmp_path: Path) -> None:
    checks = examined(tmp_path, tree())
    assert [check for check in checks.values() if not check.ok] == []
    assert checks["venues"].detail == "live: DERIBIT-MAIN"
    assert "the venue's testnet environment" in checks["account DERIBIT-MAIN"].detail
    assert "hunter2" not in str(checks)


def test_everything_in_the_section_reaches_the_plugin() -> None:
    section = {
        "account": "desk-d",
        "instruments": ["DERIBIT:PERPETUAL:ETH-USD@INV", "DERIBIT:OPTION:ETH-USD-*@INV"],
        "cancel_on_disconnect": True,
        "base_url": "wss://example.org",
    }
    (account,) = external_accounts(read(tree(section)))
    assert account.where == "wss://example.org"
    assert account.session.account == "desk-d"
    settings = account.session._settings  # type: ignore[attr-defined]
    assert settings.cancel_on_disconnect
    assert settings.instruments == ("DERIBIT:PERPETUAL:ETH-USD@INV", "DERIBIT:OPTION:ETH-USD-*@INV")
    assert settings.url == "wss://example.org/ws/api/v2"
