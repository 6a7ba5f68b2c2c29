"""The console of the backtest service: a replay begun in the form, and its results to the last plot."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from console.conftest import PATIENCE_MS, backtests, looking, serious_findings

from fakes.replays import DAYS, write_signals, write_ticks

pytestmark = pytest.mark.asyncio(loop_scope="module")

TABS = ("Costs", "Ticks and fills", "Orders", "Fills", "Positions", "Export", "Configuration", "Equity")
WORKED_WITHIN_MS = 300_000
expect.set_options(timeout=PATIENCE_MS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("recorded")
    for day in DAYS:
        write_signals(root, day)
        write_ticks(root, day)
    return root


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with backtests(tmp_path_factory.mktemp("backtests")) as served:
        yield served


async def begin(page: Page, recorded: Path, out: Path, seed: int) -> str:
    """Begin a replay in the form; returns its run id."""
    await page.goto("/backtest/runs")
    form = page.get_by_role("form", name="Replay")
    fields = {"signals": recorded, "ticks": recorded, "out": out, "days": f"{DAYS[0]}..{DAYS[1]}", "seed": seed}
    for name, value in {**fields, "strategies": "momentum", "size": "0.5"}.items():
        await form.locator(f"[name={name}]").fill(str(value))
    await form.get_by_role("button", name="Run").click()
    said = form.get_by_role("status")
    await expect(said).to_contain_text("is QUEUED")
    return (await said.inner_text()).partition(" ")[0]


async def test_a_replay_of_the_form_is_worked_drawn_compared_and_exported(
    browser: Browser, url: str, recorded: Path, tmp_path: Path
) -> None:
    async with looking(browser, url) as page:
        first, second = [await begin(page, recorded, tmp_path / "out", seed) for seed in (0, 1)]
        for run in (first, second):
            row = page.get_by_role("row", name=run)
            await expect(row).to_contain_text("2 of 2", timeout=WORKED_WITHIN_MS)
            await expect(row).to_contain_text("DONE")
            await page.get_by_label(f"Compare {run}").check()
        assert await serious_findings(page) == []
        await page.get_by_role("link", name="Compare 2 runs").click()
        await expect(page.get_by_label("Profit and loss of every run").locator("canvas")).to_be_visible()
        assert await serious_findings(page) == []
        await page.get_by_role("link", name=first).click()
        for tab in TABS:
            await page.get_by_role("button", name=tab, exact=True).click()
            shown = {
                **dict.fromkeys(("Orders", "Fills", "Positions"), page.locator(".ag-row").first),
                "Export": page.get_by_role("button", name="fills as CSV"),
                "Configuration": page.locator("dl.recorded").first,
            }.get(tab, page.locator(".plot canvas").first)
            await expect(shown).to_be_visible()
            assert await serious_findings(page) == []
        await page.keyboard.press("t")
        assert await serious_findings(page) == []
        await page.get_by_role("button", name="Ticks and fills").click()
        await expect(page.get_by_text("4 trades")).to_be_visible()
        await page.get_by_role("button", name="Export").click()
        async with page.expect_download() as kept:
            await page.get_by_role("button", name="fills as CSV").click()
        await (await kept.value).save_as(tmp_path / "fills.csv")
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as web:
        fills = (await web.get(f"/api/replays/{first}/fills")).json()["rows"]
    written = list(csv.DictReader((tmp_path / "fills.csv").read_text(encoding="utf-8").splitlines()))
    assert [(each["fill_id"], each["price_exact"], each["fee"]) for each in written] == [
        (each["fill_id"], each["price_exact"], each["fee"]) for each in fills
    ]


async def test_the_kill_switch_of_a_backtest_page_leads_to_the_live_service(browser: Browser, url: str) -> None:
    async with looking(browser, url) as page:
        await page.goto("/backtest/runs")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await page.keyboard.press("Shift+K")
        link = page.get_by_role("link", name="its kill switch")
        await expect(link).to_have_attribute("href", "http://127.0.0.1:8001/status#kill")
