"""Picture every page of the console, dark and light, before a service that has just worked its scripted orders."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs/console"
UP = re.compile(r"orders and positions are on (http://\S+)")
KEY = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"


def main() -> None:
    """Write `docs/console/PAGE-THEME.png`."""
    chromium = shutil.which("chromium") or sys.exit("no chromium is installed here")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [
            ROOT / ".venv/bin/livexec",
            "run",
            "--scripted",
            "--state-dir",
            f"{folder}/state",
            "--http-port",
            "0",
        ]
        service = subprocess.Popen([*command, "--grpc-port", "0"], stderr=subprocess.PIPE, text=True)
        try:
            url = next(found[1] for line in service.stderr or () if (found := UP.search(line)))
            with (
                sync_playwright() as driver,
                driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"]) as own,
            ):
                for theme in ("dark", "light"):
                    page = own.new_page(base_url=url, viewport={"width": 1280, "height": 760}, color_scheme=theme)
                    picture_all(page, theme)
        finally:
            service.terminate()
            service.wait(60)


def picture_all(page: Page, theme: str) -> None:
    """Go through the pages as an operator does."""

    def picture(name: str) -> None:
        page.locator("header.top .light.good").wait_for()
        page.screenshot(path=FOLDER / f"{name}-{theme}.png")

    page.goto("/status")
    page.get_by_role("heading", name="Venues").wait_for()
    picture("status")
    page.goto("/live/orders")
    page.get_by_role("button", name="all").click()
    page.locator(".ag-row").first.click()
    page.locator("aside.detail .timeline").wait_for()
    picture("orders")
    page.goto("/live/positions")
    page.locator(".ag-row").first.wait_for()
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
    for name, value in {"instrument_key": KEY, "amount": "0.25", "strategy_id": "momentum-btc-v1"}.items():
        page.locator(f"form.order-form [name={name}]").fill(value)
    page.locator("[name=order_type]").select_option("MARKET")
    page.locator("[name=exec_algorithm]").select_option("TWAP")
    page.locator("[name=horizon_secs]").fill("300")
    page.get_by_text("Would be accepted now.").wait_for()
    picture("execute")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Kill switch").click()
    page.get_by_label("Reason, for the record").fill("prices look wrong")
    picture("kill-switch")


if __name__ == "__main__":
    main()
