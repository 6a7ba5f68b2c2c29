"""The configuration: what it takes, what it refuses and how it says so, and which mode it asks for."""

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.sql import sqlite_files
from app.settings import Mode, Settings, load_settings, parse_settings
from app.settings_limits import risk_limits
from app.settings_problems import SettingsError
from ports.instruments import InstrumentKey

EXAMPLE = """{
    "trading_node": {
        "data_clients": [
            {"name": "BINANCE_SPOT", "api_key": "${SPOT_KEY}", "api_secret": "${SPOT_SECRET}"}
        ],
        "exec_clients": [
            // the same again
        ]
    },
    "external_adapters": {
        "DERIBIT": {"api_key": "${DERIBIT_KEY}", "api_secret": "${DERIBIT_SECRET}"}
    },
    "risk_engine": {
        "enabled": true,
        "max_orders_per_second": 10,
        "max_position_per_instrument": {"BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN": "1.0"}
    },
    "router": {"smart_execution_enabled": true},
    "gcs": {"execution_bucket": "results"}
}"""
SET = {"SPOT_KEY": "k1", "SPOT_SECRET": "hunter1", "DERIBIT_KEY": "k2", "DERIBIT_SECRET": "hunter2"}


def complaint(text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as refusal:
        parse_settings(text, environ or {})
    return str(refusal.value)


def test_the_example_is_read_as_it_stands() -> None:
    settings = parse_settings(EXAMPLE, SET)
    deribit = settings.external_adapters.DERIBIT
    assert deribit is not None
    assert deribit.api_secret.reveal() == "hunter2"
    assert settings.gcs.execution_bucket == "results"
    assert settings.gcs.market_data_bucket == "market-data-tick-cefi-central-element-323112"
    assert risk_limits(settings).max_orders_per_second == 10


def test_every_missing_variable_is_named_once_and_nothing_else() -> None:
    twice = EXAMPLE.replace("${DERIBIT_KEY}", "${SPOT_KEY}")
    with pytest.raises(SettingsError) as refusal:
        parse_settings(twice, {})
    assert refusal.value.missing == ("SPOT_KEY", "SPOT_SECRET", "DERIBIT_SECRET")
    assert refusal.value.problems == ()
    assert str(refusal.value).count("SPOT_KEY") == 1


def test_missing_variables_and_other_slips_are_told_together() -> None:
    with pytest.raises(SettingsError) as refusal:
        parse_settings(EXAMPLE.replace('"enabled": true,', '"enabled": "yes", "oops": 1,'), {})
    assert len(refusal.value.missing) == 4
    assert {problem.where for problem in refusal.value.problems} == {"risk_engine.enabled", "risk_engine.oops"}


def test_the_users_own_example_names_exactly_its_variables_and_is_valid_with_them(shared_data: Path) -> None:
    path = shared_data.parent / "seed" / "example-config.json"
    if not path.is_file():
        pytest.skip(f"the user's example is not here: {path}")
    with pytest.raises(SettingsError) as refusal:
        load_settings(path, {})
    names = ("BINANCE_SPOT_API_KEY", "BINANCE_SPOT_API_SECRET", "DERIBIT_API_KEY", "DERIBIT_API_SECRET")
    assert (refusal.value.missing, refusal.value.problems) == (names, ())
    settings = load_settings(path, dict.fromkeys(names, "x"))
    assert settings.mode is Mode.LIVE


def test_a_default_stands_in_for_a_variable_that_is_unset_or_empty() -> None:
    text = '{"doors": {"http_port": "${PORT:-9000}"}}'
    assert parse_settings(text, {}).doors.http_port == 9000
    assert parse_settings(text, {"PORT": ""}).doors.http_port == 9000
    assert parse_settings(text, {"PORT": "9001"}).doors.http_port == 9001


def test_a_reference_can_be_written_as_it_is() -> None:
    assert parse_settings('{"gcs": {"execution_bucket": "$${NAME}"}}', {}).gcs.execution_bucket == "${NAME}"


def test_a_malformed_reference_is_named_by_its_place() -> None:
    assert "gcs.execution_bucket: a reference is malformed" in complaint('{"gcs": {"execution_bucket": "${1X}"}}')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"risk_engin": {}}', "risk_engin: there is no such key; did you mean risk_engine?"),
        (
            '{"risk_engine": {"max_order_per_second": 1}}',
            "risk_engine.max_order_per_second: there is no such key; did you mean risk_engine.max_orders_per_second?",
        ),
        (
            '{"trading_node": {"data_clients": [{"name": "OKX"}, {"name": "BYBIT", "api_kee": "x"}]}}',
            "data_clients[1].api_kee: there is no such key; did you mean trading_node.data_clients[1].api_key?",
        ),
        ('{"external_adapters": {"deribit": {}}}', "did you mean external_adapters.DERIBIT?"),
        (
            '{"max_total_notional": "1"}',
            "max_total_notional: there is no such key; did you mean risk_engine.max_total_notional?",
        ),
        ('{"results": {"zzz": 1}}', "results.zzz: there is no such key; known here: local_path"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(text: str, said: str) -> None:
    assert said in complaint(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"risk_engine": {"max_orders_per_second": true}}', "True is not usable; write a whole number"),
        ('{"risk_engine": {"restricted_instruments": ["SMART:SPOT_PAIR:A-B"]}}', "none goes to SMART"),
        ('{"risk_engine": {"max_position_per_venue": {"SMART": 1}}}', "write a venue as instrument keys do"),
        ('{"risk_engine": {"max_orders_per_second": 0}}', "risk_engine.max_orders_per_second: 0 is not usable"),
        ('{"risk_engine": {"max_orders_per_second": 1.5}}', "1.5 is not usable; write a whole number"),
        ('{"risk_engine": {"max_order_value": 1e400}}', "at most 18 digits before"),
        ('{"risk_engine": {"max_order_value": 1e999999999}}', "at most 18 digits before"),
        ('{"risk_engine": {"max_order_value": "1e3"}}', "'1e3' is not usable; write a plain decimal number"),
        ('{"risk_engine": {"max_order_value": -1}}', "must not be below zero"),
        ('{"risk_engine": {"max_order_quantity": {"BTC": "1"}}}', "write VENUE:TYPE:SYMBOL"),
        ('{"risk_engine": 5}', "risk_engine: 5 is not usable; write an object"),
        ('{"trading_node": {"data_clients": {}}}', "trading_node.data_clients: it is not usable; write a list"),
        (
            '{"trading_node": {"data_clients": [{"name": "FTX"}]}}',
            "'BINANCE_SPOT', 'BINANCE_FUTURES', 'BYBIT' or 'OKX'",
        ),
        ('{"trading_node": {"data_clients": [{}]}}', "trading_node.data_clients[0].name: it is missing"),
        ('{"trading_node": {"data_clients": [{"name": "OKX"}, {"name": "OKX"}]}}', "OKX stands here twice"),
        ('{"trading_node": {"exec_clients": [{"name": "BYBIT"}]}}', "orders need api_key and api_secret"),
        ('{"trading_node": {"data_clients": [{"name": "BYBIT", "api_key": "k"}]}}', "come together"),
        (
            '{"trading_node": {"exec_clients": [{"name": "OKX", "api_key": "k", "api_secret": "s"}]}}',
            "trading_node.exec_clients[0]: it is not usable; OKX keys need their api_passphrase",
        ),
        ('{"database": {"url": "postgresql://u:p@h"}}', "write postgresql://USER:PASSWORD@HOST:5432/DATABASE"),
        ('{"database": {"url": "postgresql+psycopg2://u:p@h/d"}}', "write postgresql://USER:PASSWORD@HOST"),
        ('{"database": {"standby": true}}', "a standby needs PostgreSQL"),
        ('{"database": {"lease_ms": 900}}', "write at least 1000"),
        ('{"database": {"url": "sqlite+aiosqlite://"}}', "needs a file"),
        ('{"database": {"url": "sqlite+aiosqlite:///:memory:"}}', "needs a file"),
        ('{"database": {"url": "livexec.db"}}', "write sqlite+aiosqlite:///PATH"),
        ('{"doors": {"http_port": 70000}}', "doors.http_port: 70000 is not usable"),
        ('{"doors": {"http_port": 9000, "grpc_port": 9000}}', "are the same"),
        ('{"doors": {"host": "0.0.0.0"}}', "give every principal a token"),
        ('{"doors": {"host": "example.org"}}', "give every principal a token"),
        ('{"paper": {"speed": "fast"}}', 'or "max"'),
        ('{"paper": {"speed": 0}}', "write a number above zero"),
        ('{"paper": {"venues": []}}', "at least one venue"),
        ('{"paper": {"ticks": 5}}', "paper.ticks: 5 is not usable; write a path"),
        ("[]", "it is no JSON object"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_would_pass(text: str, said: str) -> None:
    assert said in complaint(text)


def test_every_slip_is_told_at_once() -> None:
    text = '{"a": 1, "risk_engine": {"b": 2, "max_order_value": "x"}, "paper": {"c": 3}}'
    with pytest.raises(SettingsError) as refusal:
        parse_settings(text, {})
    wheres = {problem.where for problem in refusal.value.problems}
    assert wheres == {"a", "risk_engine.b", "risk_engine.max_order_value", "paper.c"}


@pytest.mark.parametrize(
    "text",
    [
        '{"external_adapters": {"DERIBIT": {"api_key": "hunter2", "api_secre": "hunter2"}}}',
        '{"external_adapters": {"DERIBIT": {"api_key": "hunter2", "api_secret": ["hunter2"]}}}',
        '{"trading_node": {"exec_clients": [{"name": "OKX", "api_key": "hunter2", "api_secret": "hunter2"}]}}',
        '{"trading_node": {"data_clients": [{"name": "OKX", "api_key": {"x": "hunter2"}}]}}',
        '{"doors": {"tokens": {"desk": ["hunter2"]}}}',
        '{"doors": {"tokens": "hunter2"}}',
        '{"database": {"url": "postgresql://user:hunter2@host"}}',
        '{"database": {"url": "postgresql://user:hunter2@host:port/db"}}',
        '{"database": {"url": "mysql://user:hunter2@host/db"}}',
        '{"risk_engine": {"max_order_value": "${SECRET}"}}',
        '{"paper": {"speed": "x${SECRET}"}}',
        '{"nonsense": "hunter2"}',
    ],
)
def test_no_complaint_shows_a_secret(text: str) -> None:
    assert "hunter2" not in complaint(text, {"SECRET": "hunter2"})


def test_what_is_written_down_hides_every_secret() -> None:
    text = EXAMPLE.replace('"router"', '"doors": {"tokens": {"desk": "hunter3"}}, "router"')
    shown = parse_settings(text, SET).redacted()
    assert "hunter" not in str(shown)
    assert shown["doors"]["tokens"] == {"desk": "(hidden)"}
    assert shown["risk_engine"]["max_position_per_instrument"] == {"BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN": "1"}


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+asyncpg", "postgres"])
def test_an_address_of_postgresql_is_kept_whole_and_shown_nowhere(scheme: str) -> None:
    url = f"{scheme}://desk:hunter2@db.example:6543/book?sslmode=require"
    for settings in (
        parse_settings(f'{{"database": {{"url": "{url}", "standby": true, "pool_size": 9}}}}', {}),
        parse_settings('{"database": {"standby": true, "pool_size": 9}}', {"DATABASE_URL": url}),
    ):
        assert settings.database_url.reveal() == url
        assert (settings.database.standby, settings.database.pool_size) == (True, 9)
        assert "hunter2" not in f"{settings} {settings!r} {settings.redacted()}"
        assert settings.redacted()["database"] == {
            "url": "(hidden)",
            "pool_size": 9,
            "standby": True,
            "lease_ms": 5_000,
        }


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite+aiosqlite:////srv/a%20b.db", "/srv/a b.db"),
        ("sqlite:////srv/100%25.db", "/srv/100%.db"),
        (None, "/srv/?#/livexec.db"),
    ],
)
def test_a_file_is_found_by_its_address_whatever_its_name(url: str | None, path: str) -> None:
    settings = parse_settings('{"state_dir": "/srv/?#"}', {"DATABASE_URL": url or ""})
    assert settings.database_path == Path(path)
    assert sqlite_files(settings.database_url.reveal()).journal == Path(path)


def test_amounts_are_exact_as_text_and_as_number() -> None:
    text = '{"risk_engine": {"max_order_value": 0.1, "max_total_notional": "123456789012345678.123456789012345678"}}'
    limits = risk_limits(parse_settings(text, {}))
    assert limits.max_order_value_usd == Decimal("0.1")
    assert limits.max_total_notional_usd == Decimal("123456789012345678.123456789012345678")


def test_limits_are_keyed_by_the_one_spelling_of_an_instrument() -> None:
    text = '{"risk_engine": {"max_order_quantity": {"bybit:perp:btc-usdt": "2", "*": "1"}}}'
    limits = risk_limits(parse_settings(text, {}))
    assert limits.max_order_quantity == {InstrumentKey("BYBIT:PERPETUAL:BTC-USDT@LIN"): Decimal(2), "*": Decimal(1)}


def test_every_limit_reaches_the_book() -> None:
    text = """{"risk_engine": {"enabled": false, "max_orders_per_second": 1, "max_orders_per_minute": 2,
        "max_orders_per_second_per_strategy": 3, "max_orders_per_minute_per_strategy": 4, "max_order_value": "5",
        "max_position_per_strategy": {"s": "6"}, "max_position_global": "7", "max_total_notional": "8",
        "max_position_per_instrument": {"*": "9"}, "usd_per": {"usdt": "0.98", "EUR": "1.1"}}}"""
    limits = risk_limits(parse_settings(text, {}))
    assert not limits.enabled
    assert (limits.max_orders_per_second, limits.max_orders_per_minute) == (1, 2)
    assert (limits.max_orders_per_second_per_strategy, limits.max_orders_per_minute_per_strategy) == (3, 4)
    assert (limits.max_order_value_usd, limits.max_position_per_strategy_usd) == (Decimal(5), {"s": Decimal(6)})
    assert (limits.max_position_global_usd, limits.max_total_notional_usd) == (Decimal(7), Decimal(8))
    assert limits.max_position_per_instrument == {"*": Decimal(9)}
    assert (limits.usd_per["USDT"], limits.usd_per["EUR"], limits.usd_per["USDC"]) == (
        Decimal("0.98"),
        Decimal("1.1"),
        Decimal(1),
    )


def test_a_limit_left_out_is_not_set() -> None:
    limits = risk_limits(Settings())
    assert limits.enabled
    assert limits.max_orders_per_second is None
    assert limits.max_total_notional_usd is None


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("{}", Mode.PAPER),
        ('{"trading_node": {"data_clients": [{"name": "OKX"}]}}', Mode.PAPER),
        ('{"paper": {"enabled": true}}', Mode.PAPER),
        ('{"paper": {"enabled": false}}', Mode.LIVE),
        ('{"external_adapters": {"INTERACTIVE_BROKERS": {}}}', Mode.LIVE),
        (EXAMPLE, Mode.LIVE),
        (EXAMPLE.replace('"router"', '"paper": {"enabled": true}, "router"'), Mode.PAPER),
    ],
)
def test_the_mode_is_paper_unless_a_real_venue_is_asked_for(text: str, mode: Mode) -> None:
    settings = parse_settings(text, SET)
    assert settings.mode is mode
    assert (settings.refusal is None) == (mode is Mode.PAPER)


def test_live_venues_are_refused_by_name_and_paper_is_offered() -> None:
    refusal = parse_settings(EXAMPLE, SET).refusal
    assert refusal is not None
    assert "trading_node.data_clients BINANCE_SPOT" not in refusal
    assert "external_adapters.DERIBIT" in refusal
    assert '"paper": {"enabled": true}' in refusal


def test_the_variables_of_the_machine_outrank_the_file() -> None:
    text = '{"database": {"url": "sqlite:///file.db"}, "results": {"local_path": "file"}, "gcs": {}}'
    environ = {
        "DATABASE_URL": "sqlite+aiosqlite:////var/${odd}.db",
        "UNIFIED_CLOUD_LOCAL_PATH": "/store",
        "EXECUTION_STORE_GCS_BUCKET": "execution",
        "UNIFIED_CLOUD_SERVICES_GCS_BUCKET": "ticks",
    }
    settings = parse_settings(text, environ)
    assert settings.database_path == Path("/var/${odd}.db")
    assert settings.store_path == Path("/store")
    assert (settings.gcs.execution_bucket, settings.gcs.market_data_bucket) == ("execution", "ticks")


def test_an_empty_variable_outranks_nothing() -> None:
    assert parse_settings('{"database": {"url": "sqlite:///file.db"}}', {"DATABASE_URL": ""}).database_path == Path(
        "file.db"
    )


def test_the_variables_of_interactive_brokers_complete_its_section_and_make_none() -> None:
    environ = {"IB_HOST": "gateway", "IB_PORT": "4001"}
    assert parse_settings("{}", environ).external_adapters.INTERACTIVE_BROKERS is None
    section = parse_settings(
        '{"external_adapters": {"INTERACTIVE_BROKERS": {"port": 7497}}}', environ
    ).external_adapters.INTERACTIVE_BROKERS
    assert section is not None
    assert (section.host, section.port) == ("gateway", 4001)


def test_everything_is_kept_in_the_state_folder_by_default() -> None:
    settings = parse_settings('{"state_dir": "/srv/livexec"}', {})
    assert settings.database_path == Path("/srv/livexec/livexec.db")
    assert settings.store_path == Path("/srv/livexec/store")


def test_the_variable_names_the_file_and_the_argument_outranks_it(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    one.write_text('{"orders": {"ack_patience_ms": 1}}')
    two.write_text('\ufeff{"orders": {"ack_patience_ms": 2}}')
    environ = {"LIVE_TRADING_CONFIG_PATH": str(one)}
    assert load_settings(None, environ).orders.ack_patience_ms == 1
    assert load_settings(two, environ).orders.ack_patience_ms == 2
    assert load_settings(None, {}) == Settings()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=str(tmp_path / "nowhere")):
        load_settings(tmp_path / "nowhere", {})
    odd = tmp_path / "odd.json"
    odd.write_bytes(b"{\xff}")
    with pytest.raises(SettingsError, match=r"no UTF-8 text \(byte 1\)"):
        load_settings(odd, {})
    odd.write_text('{"a": }')
    with pytest.raises(SettingsError, match=f"{odd}:1:7"):
        load_settings(odd, {})


@pytest.mark.parametrize(("speed", "pace"), [("2.5", 2.5), ('"20"', 20.0), ('"max"', None)])
def test_the_pace_is_a_number_or_none_for_as_fast_as_can_be(speed: str, pace: float | None) -> None:
    assert parse_settings(f'{{"paper": {{"speed": {speed}}}}}', {}).paper.pace == pace


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().paper.seed = 8
