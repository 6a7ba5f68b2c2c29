"""Picture every page of the console, dark and light, before services that have just worked their orders and replays."""

import base64
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from fakes.replays import DAYS, write_signals, write_ticks

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "docs/console"
KEY: Final = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
LIVE: Final = ("run", "--scripted", "--http-port", "0", "--grpc-port", "0")
BACKTEST: Final = ("backtest-server", "--http-port", "0")
LIVE_UP: Final = re.compile(r"orders and positions are on (http://\S+)")
BACKTEST_UP: Final = re.compile(r"the backtest service is up: (http://\S+)")
PATIENCE_MS: Final = 120_000
QUALITY: Final = 80  # of a hundred: letters stay sharp, and a picture takes a fifth of what PNG takes
THEMES: Final = ("dark", "light")


def main() -> None:
    """Write `docs/console/PAGE-THEME.webp`."""
    chromium = shutil.which("chromium") or sys.exit("no chromium is installed here")
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as open_, tempfile.TemporaryDirectory() as folder:
        live = open_.enter_context(serving(LIVE_UP, *LIVE, "--state-dir", f"{folder}/live"))
        backtest = open_.enter_context(serving(BACKTEST_UP, *BACKTEST, "--state-dir", f"{folder}/backtests"))
        runs = replayed(backtest, Path(folder))
        driver = open_.enter_context(sync_playwright())
        browser = open_.enter_context(driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"]))
        for theme in THEMES:
            picture_live(opened(browser, live, theme), theme)
            picture_backtests(opened(browser, backtest, theme), theme, runs)


@contextmanager
def serving(up: re.Pattern[str], *words: str) -> Iterator[str]:
    """Run a service, and give its address once it says that it is up."""
    service = subprocess.Popen([ROOT / ".venv/bin/livexec", *words], stderr=subprocess.PIPE, text=True)
    try:
        yield next(found[1] for line in service.stderr or () if (found := up.search(line)))
    finally:
        service.terminate()
        service.wait(60)


def replayed(url: str, folder: Path) -> list[str]:
    """Work two replays of seeded days to their end; returns their run ids."""
    for day in DAYS:
        write_signals(folder, day)
        write_ticks(folder, day)
    places = {"signals": str(folder), "ticks": str(folder), "out": str(folder / "out")}
    body = {**places, "strategies": ["momentum"], "exec_algorithm": "TWAP"}
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as web:
        begun = [web.post("/api/replays", json={**body, "size": size}) for size in ("0.5", "0.25")]
        runs: list[str] = [each.json()["run_id"] for each in begun]
        while any(web.get(f"/api/replays/{run}").json()["state"] != "DONE" for run in runs):
            time.sleep(0.5)
    return runs


def opened(browser: Browser, url: str, theme: str) -> Page:
    """Open a page of a service in a theme."""
    scheme = "dark" if theme == "dark" else "light"
    page = browser.new_page(base_url=url, viewport={"width": 1280, "height": 760}, color_scheme=scheme)
    page.set_default_timeout(PATIENCE_MS)
    return page


def picturing(page: Page, theme: str) -> Callable[[str], None]:
    """Return what takes a picture once the page says that it is current."""

    browser = page.context.new_cdp_session(page)

    def picture(name: str) -> None:
        page.locator("header.top .light.good").wait_for()
        taken = browser.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
        (FOLDER / f"{name}-{theme}.webp").write_bytes(base64.b64decode(taken["data"]))

    return picture


def picture_backtests(page: Page, theme: str, runs: list[str]) -> None:
    """Go through a replay's results as a researcher does."""
    picture = picturing(page, theme)
    page.goto("/backtest/runs")
    for run in runs:
        page.get_by_label(f"Compare {run}").check()
    picture("backtests")
    page.get_by_role("link", name="Compare 2 runs").click()
    page.get_by_label("Drawdown of every run").locator("canvas").wait_for()
    picture("compare")
    page.get_by_role("link", name=runs[0]).click()
    page.get_by_label("Exposure over time").locator("canvas").wait_for()
    picture("equity")
    for tab, name in (("Costs", "costs"), ("Ticks and fills", "ticks")):
        page.get_by_role("button", name=tab).click()
        page.locator(".plot canvas").first.wait_for()
        picture(name)
    page.close()


def picture_live(page: Page, theme: str) -> None:
    """Go through the pages as an operator does."""
    picture = picturing(page, theme)
    page.goto("/status")
    page.get_by_role("heading", name="Venues").wait_for()
    picture("status")
    page.goto("/live/orders")
    page.get_by_role("button", name="all").click()
    page.locator(".ag-row").first.click()
    page.locator("aside.detail .timeline").wait_for()
    picture("orders")
    page.goto("/live/positions")
    page.locator(".ag-row").first.click()
    page.get_by_label("Quantity over time").locator("canvas").wait_for()
    picture("positions")
    page.goto("/live/strategies")
    for name, value in {"strategy_id": "momentum-btc-v1", "size": "0.25", "instruments": KEY}.items():
        page.locator(f"form.order-form [name={name}]").fill(value)
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("status").get_by_text("is kept").wait_for()
    picture("strategies")
    page.goto("/live/logs")
    page.locator(".ag-row").first.wait_for()
    picture("logs")
    page.goto("/live/execute")
    smart = KEY.replace("BINANCE-FUTURES", "SMART")
    for name, value in {"instrument_key": smart, "amount": "0.25", "strategy_id": "momentum-btc-v1"}.items():
        page.locator(f"form.order-form [name={name}]").fill(value)
    page.locator("[name=order_type]").select_option("MARKET")
    page.get_by_text("Would be accepted now.").wait_for()
    picture("execute")
    page.locator("[name=exec_algorithm]").select_option("TWAP")
    page.locator("[name=horizon_secs]").fill("300")
    page.get_by_text("Would be accepted now.").wait_for()
    picture("algorithm")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Kill switch").click()
    page.get_by_label("Reason, for the record").fill("prices look wrong")
    picture("kill-switch")
    page.close()


if __name__ == "__main__":
    main()
