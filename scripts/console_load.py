"""The blotter under load: 20,000 open orders and 500 changes a second for a minute, its frames and memory measured.

The service is whole (journal, read tables, doors) over a venue that acknowledges at once; the browser is Chromium.
Prints one JSON document; exits 1 where a check fails.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, CDPSession, Locator, Page, async_playwright, expect

from app.bench.orders import PRINCIPAL, order
from app.bench.service import bench_service
from app.lifecycle import LiveService
from ports.commands import AmendOrder
from ports.values import AmendId, OperationId, Quantity, parse_decimal

UPDATES_A_CHANGE = 2  # asked for, and the venue's answer
AT_ONCE = 64
PATIENCE_MS = 120_000
STEPS_A_SECOND = 25
MOST_GROWTH = 1.10  # of the heap, garbage taken out, over the minute
LEAST_SHARE = 0.9  # of the changes that were made, shown while they were made
# Counts what the page is told, and how long each frame took.
WATCH = """
const parse = JSON.parse; window.told = 0; window.gaps = [];
JSON.parse = (...given) => { window.told += 1; return parse(...given); };
let before = performance.now();
const frame = (now) => { window.gaps.push(now - before); before = now; requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""
# Waits, bounded, until the page has been told so much.
TOLD = """([wanted, patience_ms]) => new Promise((done, late) => {
  const end = performance.now() + patience_ms;
  const look = () => {
    if (window.told >= wanted) done();
    else if (performance.now() > end) late(Error(`told ${window.told}`));
    else setTimeout(look, 50);
  };
  look();
})"""


@dataclass
class Sample:
    """What the browser says of the page: its heap without garbage, and the processor time of its process."""

    heap_mb: float
    cpu_s: float


async def sample(page: CDPSession, browser: CDPSession) -> Sample:
    """Take out the garbage and look."""
    await page.send("HeapProfiler.collectGarbage")
    found = {each["name"]: each["value"] for each in (await page.send("Performance.getMetrics"))["metrics"]}
    processes = (await browser.send("SystemInfo.getProcessInfo"))["processInfo"]
    cpu_s = max(each["cpuTime"] for each in processes if each["type"] == "renderer")
    return Sample(heap_mb=found["JSHeapUsedSize"] / 1e6, cpu_s=cpu_s)


async def fill(service: LiveService, count: int) -> None:
    """Place the orders that the blotter is to hold."""
    host = service.container.host()
    for numbers in itertools.batched(range(count), AT_ONCE):
        await asyncio.gather(*[host.ask(order(number, "load")) for number in numbers])


async def change_each_once(service: LiveService, count: int) -> None:
    """Change every order, as fast as the service takes it: what a row is given at its first change, it has then."""
    host = service.container.host()
    for numbers in itertools.batched(range(count), AT_ONCE):
        await asyncio.gather(*[host.ask(_amend(number, count)) for number in numbers])


async def change(service: LiveService, count: int, rate: int, seconds: float) -> int:
    """Ask for changes of orders all over the blotter at `rate` updates a second; returns how many updates that made.

    Every order has been changed once before: none of these changes repeats one.
    """
    host = service.container.host()
    asked = 0
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        wanted = int(passed * rate / UPDATES_A_CHANGE)
        await asyncio.gather(*[host.ask(_amend(count + number, count)) for number in range(asked, wanted)])
        asked = wanted
        await asyncio.sleep(1 / STEPS_A_SECOND)
    return asked * UPDATES_A_CHANGE


def _amend(number: int, count: int) -> AmendOrder:
    rounds = number // count  # each order once a round; the next round says another amount
    return AmendOrder(
        operation_id=OperationId(f"load-{number * 7919 % count}"),
        amend_id=AmendId(f"a-{number}"),
        quantity=Quantity(parse_decimal("quantity", "0.002" if rounds % 2 == 0 else "0.003")),
        price=None,
        principal=PRINCIPAL,
    )


async def measure(service: LiveService, browser: Browser, count: int, rate: int, seconds: float) -> dict[str, Any]:
    """Return the figures of one minute."""
    page = await browser.new_page(
        base_url=f"http://127.0.0.1:{service.http_port}", viewport={"width": 1280, "height": 800}
    )
    page.set_default_timeout(PATIENCE_MS)
    await page.add_init_script(WATCH)
    begun = time.monotonic()
    await page.goto("/live/orders")
    await page.locator(".ag-row").first.wait_for()
    await expect(_grid(page)).to_have_attribute("aria-rowcount", str(count + 1), timeout=PATIENCE_MS)
    opened_s = time.monotonic() - begun
    own, whole = await page.context.new_cdp_session(page), await browser.new_browser_cdp_session()
    await own.send("Performance.enable")
    await change_each_once(service, count)
    await page.evaluate(TOLD, [count * UPDATES_A_CHANGE, PATIENCE_MS])
    first = await sample(own, whole)
    await page.evaluate("window.told = 0; window.gaps = []")
    made = await change(service, count, rate, seconds)
    told = await page.evaluate("window.told")
    gaps = sorted(await page.evaluate("window.gaps"))
    last = await sample(own, whole)
    await expect(page.locator(".ag-row .status", has_text="PENDING")).to_have_count(0, timeout=PATIENCE_MS)
    rows = int(await _grid(page).get_attribute("aria-rowcount") or 0) - 1
    growth = last.heap_mb / first.heap_mb
    is_live = await page.locator("header.top .light").inner_text() == "live"
    checks = [
        _check("orders in the blotter", rows, count, "orders", ok=rows == count),
        _check("updates a second", round(made / seconds), rate, "1/s", ok=made >= LEAST_SHARE * rate * seconds),
        _check("updates shown of those made", round(told / made, 3), LEAST_SHARE, "", ok=told >= LEAST_SHARE * made),
        _check("heap after over before", round(growth, 3), MOST_GROWTH, "", ok=growth <= MOST_GROWTH),
        _check("the page says live", is_live, True, "", ok=is_live),
    ]  # fmt: skip
    return {
        "ok": all(each["ok"] for each in checks),
        "seconds": seconds,
        "load_average": round(os.getloadavg()[0], 1),
        "opened_s": round(opened_s, 2),
        "frames_per_second": round(len(gaps) / seconds, 1),
        "frame_ms": {f"p{share}": round(gaps[int(len(gaps) * share / 100) - 1], 1) for share in (50, 95, 99)}
        | {"longest": round(gaps[-1], 1)},
        "page_cpu_share": round((last.cpu_s - first.cpu_s) / seconds, 3),
        "heap_mb": {"before": round(first.heap_mb, 1), "after": round(last.heap_mb, 1)},
        "checks": checks,
    }


def _grid(page: Page) -> Locator:
    """Return what says how many rows the blotter has; its header is one of them."""
    return page.locator("[aria-rowcount]").first


def _check(name: str, value: object, limit: object, unit: str, *, ok: bool) -> dict[str, Any]:
    return {"name": name, "value": value, "limit": limit, "unit": unit, "ok": ok}


async def main() -> int:
    """Measure, print, and judge."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--orders", type=int, default=20_000)
    asked.add_argument("--rate", type=int, default=500)
    asked.add_argument("--seconds", type=float, default=60.0)
    given = asked.parse_args()
    chromium = shutil.which("chromium") or sys.exit("no chromium is installed here")
    async with bench_service(lambda _: None) as (service, _), async_playwright() as driver:
        await fill(service, given.orders)
        browser = await driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        found = await measure(service, browser, given.orders, given.rate, given.seconds)
        await browser.close()
    print(json.dumps(found, indent=2))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
