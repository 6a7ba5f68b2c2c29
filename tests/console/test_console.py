"""The console as a trader uses it: in a browser, before a service that trades on paper."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Literal

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from console.conftest import PATIENCE_MS, backtests, looking, serious_findings, stand_in
from end_to_end.process import Service, run_command

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
PAGES = ("/status", "/live/execute", "/live/orders", "/live/positions", "/live/strategies", "/live/logs")
BACKTEST = "http://127.0.0.1:8000"  # where the page looks for it
LIVE_MENU = "StatusExecuteOrdersPositionsStrategiesLog"
BACKTEST_MENU = "BacktestsCompare"
expect.set_options(timeout=PATIENCE_MS)


async def fill_form(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        field = page.locator(f"form.order-form [name={name}]")
        if await field.evaluate("each => each.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)


async def command_line(page: Page, amount: str) -> list[str]:
    """Return the words of the line that the page shows, once it is of this amount."""
    shown = page.get_by_test_id("command-line")
    await expect(shown).to_contain_text(f"--amount {amount}")
    return shlex.split(await shown.inner_text())


async def limit_below(web: httpx.AsyncClient) -> str:
    """Return a price that rests: far below what the instrument trades at."""
    placed = await web.post(
        "/api/orders",
        json={"operation_id": "look", "instrument_key": KEY, "side": "BUY", "amount": "0.002", "strategy_id": "look"},
    )
    order = (await web.get(f"/api/orders/look?min_sequence={placed.json()['sequence']}")).json()
    while not order["average_price"]:
        order = (await web.get("/api/orders/look")).json()
    return str(int(float(order["average_price"]) * 0.97))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("path", PAGES)
async def test_every_page_can_be_used_by_everybody(
    browser: Browser, serving: Service, path: str, theme: Literal["dark", "light"]
) -> None:
    async with looking(browser, serving.url, theme) as page:
        await page.goto(path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await expect(page.locator("header.top .light")).to_have_text("live")
        assert await serious_findings(page) == []


async def test_an_order_of_the_form_is_filled_and_its_command_line_is_the_same_order(
    browser: Browser, serving: Service, tmp_path: Path
) -> None:
    async with looking(browser, serving.url) as page:
        await page.goto("/live/execute")
        await fill_form(page, instrument_key=KEY, amount="0.013", order_type="MARKET", strategy_id="console-test")
        words = await command_line(page, "0.013")
        await expect(page.get_by_text("Would be accepted now.")).to_be_visible()
        await page.get_by_role("button", name=f"BUY 0.013 {KEY}").click()
        followed = page.get_by_label("The order placed last")
        await expect(followed).to_contain_text("FILLED")
        await expect(followed).to_contain_text("0.013 of 0.013")
    again = run_command(*words[1:], "--url", serving.url, "--json", folder=tmp_path)
    assert "this order was known before" in again.stderr
    assert (again.document["status"], again.document["operation_id"]) == (
        "FILLED",
        words[words.index("--operation-id") + 1],
    )


async def test_what_risk_refuses_is_said_before_it_is_sent(browser: Browser, serving: Service) -> None:
    halt = {"scope": "strategy", "scope_value": "halted-one", "mode": "halt", "reason": "drill"}
    async with serving.rest() as web, looking(browser, serving.url) as page:
        await web.post("/api/control/halt", json=halt)
        await page.goto("/live/execute")
        await fill_form(page, instrument_key=KEY, amount="0.2", order_type="MARKET", strategy_id="halted-one")
        await expect(page.locator(".facts tr.refused").first).to_contain_text("halt")
        await expect(page.locator("header.top .light")).to_have_text("live")
        await web.post("/api/control/resume", json={key: halt[key] for key in ("scope", "scope_value", "reason")})


async def test_an_order_is_amended_and_cancelled_where_it_is_looked_at(browser: Browser, serving: Service) -> None:
    async with serving.rest() as web, looking(browser, serving.url) as page:
        price = await limit_below(web)
        await page.goto("/live/execute")
        await fill_form(page, instrument_key=KEY, amount="0.005", price=price, strategy_id="console-test")
        await command_line(page, "0.005")
        await page.get_by_role("button", name=f"BUY 0.005 {KEY}").click()
        await expect(page.get_by_label("The order placed last")).to_contain_text("ACCEPTED")
        await page.goto("/live/orders")
        await page.locator(".ag-row", has_text="0.005").first.click()
        detail = page.locator("aside.detail")
        await expect(detail.locator("h2 .status")).to_have_text("ACCEPTED")
        await detail.get_by_label("New amount").fill("0.004")
        await detail.get_by_role("button", name="Amend").click()
        await expect(detail.locator(".summary")).to_contain_text("0.004")
        await detail.get_by_role("button", name="Cancel order").click()
        await expect(detail.locator("h2 .status")).to_have_text("CANCELED")
        await expect(detail.locator(".timeline")).to_contain_text("OrderCanceled")


async def test_a_strategy_is_configured_started_and_stopped(browser: Browser, serving: Service) -> None:
    async with serving.rest() as web, looking(browser, serving.url) as page:
        await page.goto("/live/strategies")
        form = page.get_by_role("form", name="Strategy")
        await form.locator("[name=strategy_id]").fill("momentum-btc")
        await form.locator("[name=size]").fill("-1")
        await form.get_by_role("button", name="Keep").click()
        await expect(form.get_by_role("alert")).to_contain_text("size")
        await form.locator("[name=size]").fill("0.01")
        await form.locator("[name=instruments]").fill(KEY)
        await form.locator("[name=exec_algorithm]").select_option("TWAP")
        await form.locator("[name=params]").fill("horizon_secs=60 interval_secs=10")
        await form.get_by_role("button", name="Keep").click()
        await expect(form.get_by_role("status")).to_have_text("momentum-btc is kept; it is stopped.")
        row = page.get_by_role("row", name="momentum-btc")
        await row.get_by_role("button", name="Start momentum-btc").click()
        await expect(row).to_contain_text("running")
        (known,) = (await web.get("/api/strategies")).json()["strategies"]
        await row.get_by_role("button", name="Stop momentum-btc").click()
        await expect(row).to_contain_text("stopped")
        await row.get_by_role("button", name="Change momentum-btc").click()
        await expect(form.locator("[name=params]")).to_have_value("horizon_secs=60 interval_secs=10")
    assert (known["running"], known["size"], known["instruments"]) == (True, "0.01", [KEY])
    assert known["exec_algorithm_params"] == {"horizon_secs": "60", "interval_secs": "10"}


@pytest.mark.parametrize("path", ["/live/orders", "/plain"])
async def test_the_kill_switch_takes_two_steps_and_holds_until_it_is_resumed(
    browser: Browser, serving: Service, path: str
) -> None:
    async with serving.rest() as web, looking(browser, serving.url) as page:
        await page.goto(path)
        if path == "/plain":
            await page.get_by_label("because").fill("drill")
            await page.get_by_label("I mean it").check()
            await page.get_by_role("button", name="Do it").click()
            await expect(page.locator("#halts")).to_contain_text("CANCEL GLOBAL")
        else:
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            await page.keyboard.press("Shift+K")
            await page.get_by_label("Reason, for the record").fill("drill")
            await page.get_by_role("button", name="CANCEL everything").click()
            await page.get_by_role("button", name="Confirm: CANCEL everything").click()
            await expect(page.locator(".halts")).to_contain_text("CANCEL GLOBAL")
        body = {"operation_id": f"halted{path}".replace("/", "."), "instrument_key": KEY, "side": "BUY", "amount": "1"}
        refused = (await web.post("/api/orders", json={**body, "strategy_id": "console-test"})).json()
        assert (refused["status"], refused["reason_code"]) == ("REJECTED", "RISK_HALT")
        if path == "/plain":
            await page.locator("#mode").select_option("resume")
            await page.get_by_label("I mean it").check()
            await page.get_by_role("button", name="Do it").click()
            await expect(page.locator("#halts")).to_have_text("nothing is halted")
        else:
            await page.get_by_role("button", name="Resume…").click()
            await page.get_by_label("Reason, for the record").fill("drill is over")
            await page.get_by_role("button", name="Resume", exact=True).click()
            await expect(page.locator(".halts")).to_have_count(0)


async def test_a_page_that_watches_services_come_and_go_shows_their_pages_and_every_order_once(
    browser: Browser, tmp_path: Path
) -> None:
    service = await (await Service.begin(tmp_path / "state")).up()
    ports = ("--http-port", str(service.http_port), "--grpc-port", str(service.grpc_port))
    again: Service | None = None
    try:
        async with looking(browser, service.url, crashes=True) as page:
            menu = page.get_by_role("navigation", name="Pages")
            await place(service, "before")
            await page.goto("/live/orders")
            await page.get_by_role("button", name="all").click()
            await expect(page.locator(".ag-row")).to_have_count(3)
            await expect(menu).to_have_text(LIVE_MENU)
            async with backtests(tmp_path / "backtests") as url:
                await stand_in(page, BACKTEST, url)
                await expect(menu).to_have_text(LIVE_MENU + BACKTEST_MENU)
                service.kill()
                await service.ended()
                await expect(page.locator("header.top .light")).to_have_text("live service is away")
                await expect(menu).to_have_text("Status" + BACKTEST_MENU)
            await expect(menu).to_have_text("Status")
            await page.keyboard.press("g")
            await page.keyboard.press("s")
            await expect(page.get_by_label("Services")).to_contain_text("Start it: livexec run")
            await expect(page.get_by_label("Services")).to_contain_text("Start it: livexec backtest-server")
            again = await (await Service.begin(tmp_path / "state", *ports)).up()
            await expect(page.locator("header.top .light")).to_have_text("live")
            await expect(menu).to_have_text(LIVE_MENU)
            await page.keyboard.press("g")
            await page.keyboard.press("o")
            await place(again, "after")
            await page.get_by_role("button", name="all").click()
            await expect(page.locator(".ag-row")).to_have_count(6)
            shown = await page.locator(".ag-row").evaluate_all("rows => rows.map(row => row.getAttribute('row-id'))")
        assert sorted(shown) == sorted(f"{when}-{number}" for when in ("before", "after") for number in range(3))
    finally:
        for each in (service, again):
            if each is not None:
                each.kill()
                await each.ended()


async def place(service: Service, prefix: str) -> None:
    async with service.rest() as web:
        for number in range(3):
            body = {
                "operation_id": f"{prefix}-{number}",
                "instrument_key": KEY,
                "side": "BUY",
                "amount": "0.002",
                "strategy_id": "console-test",
            }
            assert (await web.post("/api/orders", json=body)).status_code == 201
