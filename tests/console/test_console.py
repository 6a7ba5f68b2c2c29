"""The console as a trader uses it: in a browser, before a service that trades on paper."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, FilePayload, Locator, Page, expect

from console.conftest import DESK, PATIENCE_MS, PHONE, looking, serious_findings
from end_to_end.process import COMMAND, RUN_S, Service, environment

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
PAGES = ("/status", "/live/execute", "/live/orders", "/live/positions", "/live/strategies", "/live/logs")
OPENED = {"/live/orders": "aside.detail", "/live/positions": ".plot:has(canvas)", "/live/logs": "aside.detail"}
SMALLEST_PX = 12
MOST_TABS = 60
MOST_READS = 20  # each waits for seconds
expect.set_options(timeout=PATIENCE_MS)


async def fill_form(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        field = page.locator(f"form.order-form [name={name}]")
        if await field.evaluate("each => each.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)


async def command_line(page: Page, amount: str) -> str:
    """Return the line that the page shows, once it is of this amount."""
    shown = page.get_by_test_id("command-line")
    await expect(shown).to_contain_text(f"--amount {amount}")
    return await shown.inner_text()


async def paste(line: str, url: str) -> str:
    """Give a line to a shell that finds the command and the service; returns what it printed."""
    env = {**environment(), "PATH": f"{COMMAND.parent}:{os.environ['PATH']}", "LIVEXEC_URL": url}
    shell = await asyncio.create_subprocess_exec(
        "sh", "-c", line, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asyncio.wait_for(shell.communicate(), RUN_S)
    assert shell.returncode == 0
    return said.decode()


async def as_of_now(web: httpx.AsyncClient, path: str) -> Any:
    """Read what is true by now: pages are told by the journal, and the read tables come a moment later."""
    sequence = (await web.get("/api/status")).json()["sequence"]
    for _ in range(MOST_READS):
        answer = await web.get(f"{path}&min_sequence={sequence}")
        if answer.status_code != httpx.codes.GATEWAY_TIMEOUT:
            return answer.json()
    raise AssertionError(f"the read tables have not come to {sequence}")


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


async def test_the_line_of_the_form_is_the_same_order_in_a_shell_as_the_form_sends(
    browser: Browser, serving: Service
) -> None:
    async with serving.rest() as web, looking(browser, serving.url) as page:
        await page.goto("/live/execute")
        await fill_form(page, instrument_key=KEY, amount="0.013", order_type="MARKET", strategy_id="of-the-form")
        line = await command_line(page, "0.013")
        await expect(page.get_by_text("Would be accepted now.")).to_be_visible()
        await page.get_by_role("button", name=f"BUY 0.013 {KEY}").click()
        followed = page.get_by_label("The order placed last")
        await expect(followed).to_contain_text("FILLED")
        await expect(followed).to_contain_text("0.013 of 0.013")
        sent = shlex.split(line)
        assert sent[sent.index("--operation-id") + 1] in await paste(line, serving.url)
        await expect(page.get_by_test_id("command-line")).not_to_have_text(line)
        await paste(await command_line(page, "0.013"), serving.url)
        await page.goto("/live/orders")
        await page.get_by_role("button", name="filled").click()
        await page.get_by_label("Search orders").fill("of-the-form")
        await expect(page.locator(".ag-row .status", has_text="FILLED")).to_have_count(2)
        await page.locator(".ag-row").first.click()
        await expect(page.get_by_role("table", name="Candidates")).to_contain_text("Bid")
        await close_position(page, "of-the-form", "0.026")
        placed = (await as_of_now(web, "/api/orders?strategy_id=of-the-form"))["orders"]
        kept = [(each["status"], each["amount"], each["order_type"], each["side"]) for each in placed]
        assert kept == [("FILLED", "0.026", "MARKET", "SELL"), *[("FILLED", "0.013", "MARKET", "BUY")] * 2]
        held = await as_of_now(web, "/api/positions?include_flat=true")
    assert [each["quantity"] for each in held["positions"] if each["strategy_id"] == "of-the-form"] == ["0"]


async def close_position(page: Page, strategy: str, amount: str) -> None:
    """Go from a position to the order that closes it, and send that."""
    await page.goto("/live/positions")
    await page.locator(".ag-row", has_text=strategy).first.click()
    await page.get_by_role("link", name="Close the position…").click()
    await expect(page.get_by_test_id("command-line")).to_contain_text("--reduce-only")
    await page.get_by_role("button", name=f"SELL {amount} {KEY}").click()
    await expect(page.get_by_label("The order placed last")).to_contain_text(f"{amount} of {amount}")


async def test_who_halts_what_nobody_knows_is_warned_and_what_is_refused_is_said_before_it_is_sent(
    browser: Browser, serving: Service
) -> None:
    async with serving.rest() as web, looking(browser, serving.url) as page:
        await page.goto("/live/execute")
        await page.get_by_role("button", name="Kill switch").click()
        await page.get_by_label("Scope").select_option("strategy")
        await page.get_by_label("Which strategy").fill("halted-one")
        await page.get_by_label("Reason, for the record").fill("drill")
        await page.get_by_role("button", name="CANCEL strategy halted-one …").click()
        await page.get_by_role("button", name="Confirm: CANCEL strategy halted-one").click()
        await expect(page.locator("dialog").get_by_role("alert")).to_contain_text(
            "nothing here is of strategy halted-one"
        )
        await page.keyboard.press("Escape")
        await fill_form(page, instrument_key=KEY, amount="0.2", order_type="MARKET", strategy_id="halted-one")
        await expect(page.locator(".facts tr.refused").first).to_contain_text("halt")
        await expect(page.locator("header.top .light")).to_have_text("live")
        await web.post(
            "/api/control/resume", json={"scope": "strategy", "scope_value": "halted-one", "reason": "drill is over"}
        )


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


async def test_many_orders_are_amended_and_cancelled_together_and_no_others(browser: Browser, serving: Service) -> None:
    async with serving.rest() as web, looking(browser, serving.url) as page:
        price = await limit_below(web)
        for name in ("many-1", "many-2", "many-3", "alone"):
            body = {"operation_id": name, "instrument_key": KEY, "side": "BUY", "amount": "0.005", "price": price}
            await web.post("/api/orders", json={**body, "strategy_id": "console-test"})
        await page.goto("/live/orders")
        rows = page.locator(".ag-row")
        await expect(rows).to_have_count(4)
        await page.get_by_label("Search orders").fill("many-")
        await expect(rows).to_have_count(3)
        await page.locator(".ag-header-select-all").click()
        await page.get_by_label("New amount of each").fill("0.003")
        await page.get_by_role("button", name="Amend 3 selected").click()
        await expect(page.locator(".ag-row .number", has_text="0.003")).to_have_count(3)
        await page.get_by_role("button", name="Cancel 3 selected").click()
        await expect(rows).to_have_count(0)
        await page.get_by_label("Search orders").fill("")
        await expect(rows).to_have_count(1)
        listed = (await as_of_now(web, "/api/orders?limit=100"))["orders"]
        await web.delete("/api/orders/alone")
    kept = {each["operation_id"]: (each["status"], each["amount"]) for each in listed}
    assert [kept[f"many-{number}"] for number in (1, 2, 3)] == [("CANCELED", "0.003")] * 3
    assert kept["alone"] == ("ACCEPTED", "0.005")


async def test_a_view_that_is_saved_and_a_moment_of_the_log_are_found_again(browser: Browser, serving: Service) -> None:
    async with serving.rest() as web, looking(browser, serving.url) as page:
        await limit_below(web)  # an order that trades
        await page.goto("/live/orders")
        await page.get_by_role("button", name="filled").click()
        await page.get_by_label("Search orders").fill("of-the-form")
        page.once("dialog", lambda asked: asked.accept("mine"))
        await page.get_by_role("button", name="Save view").click()
        await page.reload()
        await page.get_by_label("Saved views").select_option("mine")
        await expect(page.get_by_role("button", name="filled")).to_have_attribute("aria-pressed", "true")
        await expect(page.get_by_label("Search orders")).to_have_value("of-the-form")
        (newest, *_) = (await as_of_now(web, "/api/orders?limit=1"))["orders"]
        moment = datetime.fromtimestamp(newest["created_at_ns"] // 10**6 / 1000, UTC).isoformat(timespec="milliseconds")
        await page.goto("/live/logs")
        place, search = page.get_by_label("From sequence or moment"), page.get_by_label("Search facts")
        rows = page.locator(".ag-row")
        await place.fill("1")
        await page.get_by_role("button", name="Go there").click()
        await search.fill("LeaderStarted")
        await expect(rows).to_have_count(1)
        await place.fill(moment)
        await page.get_by_role("button", name="Go there").click()
        await expect(rows).to_have_count(0)
        await search.fill(newest["operation_id"])
        await expect(rows.filter(has_text="OrderRecorded")).to_have_count(1)


async def test_an_uploaded_strategy_is_validated_kept_started_and_stopped(browser: Browser, serving: Service) -> None:
    written = {
        "strategy_id": "momentum-btc",
        "size": "-1",
        "instruments": [KEY],
        "exec_algorithm": "TWAP",
        "exec_algorithm_params": {"horizon_secs": "60", "interval_secs": "10"},
    }
    file = FilePayload(name="momentum.json", mimeType="application/json", buffer=json.dumps(written).encode())
    async with serving.rest() as web, looking(browser, serving.url) as page:
        await page.goto("/live/strategies")
        form = page.get_by_role("form", name="Strategy")
        await form.get_by_label("Upload").set_input_files(file)
        await expect(form.locator("[name=params]")).to_have_value("horizon_secs=60 interval_secs=10")
        await form.get_by_role("button", name="Validate").click()
        await expect(form.get_by_role("alert")).to_contain_text("size")
        await form.locator("[name=size]").fill("0.01")
        await form.get_by_role("button", name="Validate").click()
        await expect(form.get_by_role("status")).to_have_text("momentum-btc would do; nothing is kept.")
        assert (await web.get("/api/strategies")).json()["strategies"] == []
        await form.get_by_role("button", name="Keep").click()
        await expect(form.get_by_text("momentum-btc is kept; it is stopped.")).to_be_visible()
        row = page.get_by_role("row", name="momentum-btc")
        await row.get_by_role("button", name="Start momentum-btc").click()
        await expect(row).to_contain_text("running")
        (known,) = (await web.get("/api/strategies")).json()["strategies"]
        await row.get_by_role("button", name="Stop momentum-btc").click()
        await expect(row).to_contain_text("stopped")
        await row.get_by_role("button", name="Change momentum-btc").click()
        await expect(form.locator("[name=params]")).to_have_value("horizon_secs=60 interval_secs=10")
    assert (known["running"], known["size"], known["instruments"]) == (True, "0.01", [KEY])
    assert known["exec_algorithm_params"] == written["exec_algorithm_params"]


async def test_the_kill_switch_of_the_plain_page_holds_until_it_is_resumed(browser: Browser, serving: Service) -> None:
    async with serving.rest() as web, looking(browser, serving.url) as page:
        await page.goto("/plain")
        await page.get_by_label("because").fill("drill")
        await page.get_by_label("I mean it").check()
        await page.get_by_role("button", name="Do it").click()
        await expect(page.locator("#halts")).to_contain_text("CANCEL GLOBAL")
        await expect(page.locator("#done")).to_have_text("done")
        await refuses(web, "halted.plain")
        await page.locator("#mode").select_option("resume")
        await page.get_by_label("I mean it").check()
        await page.get_by_role("button", name="Do it").click()
        await expect(page.locator("#halts")).to_have_text("nothing is halted")


async def refuses(web: httpx.AsyncClient, operation_id: str) -> None:
    """Fail where an order gets past the halt that is in force."""
    body = {"operation_id": operation_id, "instrument_key": KEY, "side": "BUY", "amount": "1"}
    refused = (await web.post("/api/orders", json={**body, "strategy_id": "console-test"})).json()
    assert (refused["status"], refused["reason_code"]) == ("REJECTED", "RISK_HALT")


async def can_be_read(found: Locator) -> None:
    """Fail where something cannot be brought into view whole by scrolling down alone, or is too small."""
    await found.scroll_into_view_if_needed()
    box = await found.bounding_box()
    assert box is not None
    assert (box["x"] >= 0, box["x"] + box["width"] <= PHONE["viewport"]["width"]) == (True, True)
    assert await found.evaluate("each => parseFloat(getComputedStyle(each).fontSize)") >= SMALLEST_PX


async def test_a_phone_shows_what_is_and_halts_everything_by_touch(browser: Browser, serving: Service) -> None:
    async with serving.rest() as web, looking(browser, serving.url, device=PHONE) as page:
        for path in ("/plain", *PAGES[1:], "/status"):
            await page.goto(path)
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert await page.evaluate("document.scrollingElement.scrollWidth") == PHONE["viewport"]["width"]
        for column in ("Venue", "Session", "Market data age", "Breaks", "Health", "State"):
            await can_be_read(page.locator(f"td[data-name='{column}']").first)
        await page.get_by_role("button", name="Kill switch").tap()
        await page.get_by_label("Reason, for the record").fill("drill")
        await page.get_by_role("button", name="CANCEL everything").tap()
        await page.get_by_role("button", name="Confirm: CANCEL everything").tap()
        await expect(page.locator(".halts")).to_contain_text("CANCEL GLOBAL")
        await refuses(web, "halted.phone")
        assert await page.evaluate("document.scrollingElement.scrollWidth") == PHONE["viewport"]["width"]
        assert await serious_findings(page) == []
        await page.get_by_role("button", name="Resume…").tap()
        await page.get_by_label("Reason, for the record").fill("drill is over")
        await page.get_by_role("button", name="Resume", exact=True).tap()
        await expect(page.locator(".halts")).to_have_count(0)


async def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press a key until the focus is where it is wanted; fail where it never comes there."""
    for _ in range(MOST_TABS):
        if await wanted.evaluate("each => each === document.activeElement"):
            return
        await page.keyboard.press(key)
    raise AssertionError(f"{MOST_TABS} times {key} did not come to {wanted}")


async def type_in(page: Page, name: str, text: str) -> None:
    await tab_to(page, page.locator(f"form.order-form [name={name}]"))
    await page.keyboard.type(text)


async def place_by_keys(page: Page, price: str) -> None:
    await page.keyboard.type("ge")
    await type_in(page, "instrument_key", "binance-futures btc")
    await expect(page.get_by_role("option", name=KEY)).to_be_visible()
    await page.keyboard.press("Enter")
    for name, text in (("amount", "0.007"), ("price", price), ("strategy_id", "by-keys")):
        await type_in(page, name, text)
    await tab_to(page, page.get_by_role("button", name=f"BUY 0.007 {KEY}"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("The order placed last")).to_contain_text("ACCEPTED")


async def find_and_cancel_by_keys(page: Page) -> None:
    await page.keyboard.type("go")
    await expect(page.locator(".ag-row", has_text="0.007")).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("by-keys")
    await expect(page.locator(".ag-row")).to_have_count(1)
    await tab_to(page, page.locator(".ag-header-cell").first)
    await tab_to(page, page.locator(".ag-row .ag-cell").first, "ArrowDown")
    await page.keyboard.press("Space")
    await expect(page.get_by_role("button", name="Cancel 1 selected")).to_be_enabled()
    await page.keyboard.press("Enter")
    await expect(page.locator("aside.detail")).to_be_focused()
    await tab_to(page, page.get_by_role("button", name="Cancel order"))
    await page.keyboard.press("Enter")
    await expect(page.locator("aside.detail h2 .status")).to_have_text("CANCELED")
    await page.keyboard.press("Escape")
    await expect(page.locator("aside.detail")).to_have_count(0)


async def test_an_order_is_placed_found_and_cancelled_and_everything_halted_by_keys_alone(
    browser: Browser, serving: Service
) -> None:
    async with serving.rest() as web, looking(browser, serving.url) as page:
        price = await limit_below(web)
        await page.goto("/status")
        await expect(page.locator("header.top .light")).to_have_text("live")
        await place_by_keys(page, price)
        await find_and_cancel_by_keys(page)
        await page.keyboard.press("Shift+K")
        await tab_to(page, page.get_by_label("Reason, for the record"))
        await page.keyboard.type("drill")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Confirm: CANCEL everything")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator(".halts")).to_contain_text("CANCEL GLOBAL")
        await refuses(web, "halted.keys")
        await tab_to(page, page.get_by_role("button", name="Resume…"))
        await page.keyboard.press("Enter")
        await page.keyboard.type("drill is over")
        await page.keyboard.press("Enter")
        await expect(page.locator(".halts")).to_have_count(0)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_can_be_used_by_everybody(browser: Browser, serving: Service, path: str) -> None:
    """The pages show by now what the tests above have left: orders, trades, alerts, a strategy."""
    async with looking(browser, serving.url) as page:
        await page.goto(path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await expect(page.locator("header.top .light")).to_have_text("live")
        assert await serious_findings(page) == []
        if opened := OPENED.get(path):
            if path == "/live/orders":
                await page.get_by_role("button", name="all").click()
            await page.locator(".ag-row").first.click()
            await expect(page.locator(opened).first).to_be_visible()
            assert await serious_findings(page, opened) == []
        assert await page.evaluate("document.scrollingElement.scrollWidth") == DESK["viewport"]["width"]
        await page.keyboard.press("t")
        await expect(page.locator("html")).to_have_attribute("data-theme", "light")
        assert await serious_findings(page, rules=("color-contrast",)) == []
