"""The console before services that come and go, and before one that knows its people by their tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from console.conftest import PATIENCE_MS, backtests, looking, stand_in
from end_to_end.process import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
BACKTEST = "http://127.0.0.1:8000"  # where the page looks for it
LIVE_MENU = "StatusExecuteOrdersPositionsStrategiesLog"
BACKTEST_MENU = "BacktestsCompare"
CUT_OFF = ("net::", "status of 5")  # what a browser says of a service that is killed
TOKENS = {name: f"a-token-of-{name}-0123456789" for name in ("ann", "ben")}
GUARDED: dict[str, Any] = {
    "doors": {"tokens": {name: f"${{{name.upper()}_TOKEN}}" for name in TOKENS}},
    "controls": {"risk_officers": ["ben"], "two_person_limits": True, "trips": {"rejections": {"count": 1}}},
    "risk_engine": {"max_order_quantity": {"*": "1"}, "max_position_per_strategy": {"*": "1000000"}},
}
expect.set_options(timeout=PATIENCE_MS)


async def place(service: Service, prefix: str, *, amount: str = "0.002", count: int = 3, by: str = "") -> None:
    async with service.rest(TOKENS.get(by)) as web:
        for number in range(count):
            order = {"instrument_key": KEY, "side": "BUY", "amount": amount, "strategy_id": "console-test"}
            answer = await web.post("/api/orders", json={"operation_id": f"{prefix}-{number}", **order})
            assert answer.status_code == 201


async def test_a_page_that_watches_services_come_and_go_shows_their_pages_and_every_order_once(
    browser: Browser, tmp_path: Path
) -> None:
    service = await (await Service.begin(tmp_path / "state")).up()
    ports = ("--http-port", str(service.http_port), "--grpc-port", str(service.grpc_port))
    again: Service | None = None
    try:
        async with looking(browser, service.url, excused=CUT_OFF) as page:
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
            await place(again, "unseen")  # most often before the page has noticed that the service is back
            await expect(page.locator("header.top .light")).to_have_text("live")
            await expect(menu).to_have_text(LIVE_MENU)
            await page.keyboard.press("g")
            await page.keyboard.press("o")
            await place(again, "after")
            await page.get_by_role("button", name="all").click()
            await expect(page.locator(".ag-row")).to_have_count(9)
            shown = await page.locator(".ag-row").evaluate_all("rows => rows.map(row => row.getAttribute('row-id'))")
        assert sorted(shown) == sorted(f"{when}-{n}" for when in ("before", "unseen", "after") for n in range(3))
    finally:
        for each in (service, again):
            if each is not None:
                each.kill()
                await each.ended()


async def come_in(page: Page, name: str) -> None:
    """Open the status page as one person, by the token that the page asks for."""
    await page.goto("/status")
    await expect(page.get_by_role("heading", name="The service asks for a token")).to_be_visible()
    await page.keyboard.type(TOKENS[name])
    await page.keyboard.press("Enter")
    await expect(page.locator("header.top .light")).to_have_text("live")


async def resume(page: Page) -> None:
    await page.get_by_role("button", name="Resume…").click()
    await page.get_by_label("Reason, for the record").last.fill("looked into")
    await page.get_by_role("button", name="Resume", exact=True).click()


async def test_what_tripped_and_what_loosens_takes_the_person_who_may(browser: Browser, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(GUARDED), encoding="utf-8")
    env = {f"{name.upper()}_TOKEN": token for name, token in TOKENS.items()}
    service = await Service.begin(tmp_path / "state", "--config", str(config), env=env)
    refusals = ("status of 401", "status of 403")
    try:
        await service.up()
        await place(service, "held", count=1, by="ann")
        await place(service, "too-much", amount="5", count=2, by="ann")
        async with (
            looking(browser, service.url, excused=refusals) as ann,
            looking(browser, service.url, excused=refusals) as ben,
        ):
            await come_in(ann, "ann")
            await come_in(ben, "ben")
            for page in (ann, ben):
                await expect(page.locator(".halts")).to_contain_text("tripped by REJECTIONS")
            await resume(ann)
            await expect(ann.locator("dialog").get_by_role("alert")).to_contain_text("one of ben has to resume it")
            await resume(ben)
            for page in (ann, ben):
                await expect(page.locator(".halts")).to_have_count(0)
            await two_persons(service, ann, ben)
            await ben.goto("/live/positions")
            await expect(ben.get_by_role("row", name="console-test").last).to_contain_text("of 1000000 USD")
    finally:
        service.kill()
        await service.ended()


async def two_persons(service: Service, ann: Page, ben: Page) -> None:
    """Let one propose limits, approve them in vain, and the other put them in force."""
    async with service.rest(TOKENS["ann"]) as web:
        limits = (await web.get("/api/risk/limits")).json()["limits"]
        looser = {**limits, "max_order_quantity": {"*": "3"}}
        assert (await web.put("/api/risk/limits", json={"limits": looser, "reason": "busy"})).status_code == 200
        waiting = [page.get_by_label("Limits that wait for a second person") for page in (ann, ben)]
        for section in waiting:
            await expect(section).to_contain_text("ann proposed: busy")
            await section.get_by_label("Reason, for the record").fill("agreed")
            await section.get_by_role("button", name="Approve").click()
            if section is waiting[0]:
                await expect(section.get_by_role("alert")).to_contain_text("'ann' may not")
        for section in waiting:
            await expect(section).to_have_count(0)
        assert (await web.get("/api/risk/limits")).json()["limits"]["max_order_quantity"] == {"*": "3"}
