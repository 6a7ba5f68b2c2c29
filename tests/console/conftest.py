"""A real browser before the console of a real service; where there is no Chromium, these tests skip by name."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, Route, async_playwright

from adapters.doors.auth import Authenticator
from adapters.http.pages.console import FOLDER
from adapters.http.replays import ReplayDoor
from app.backtest_server.jobs import ReplayJobs
from app.backtest_server.records import JobFiles
from app.backtest_server.server import read_request
from app.settings import Settings
from app.views import algorithm_views
from end_to_end.process import Service

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EXPECTED = (
    "net::ERR_CONNECTION_REFUSED",  # the page asks whether a backtest service is there
    "status of 422",  # an order that is only half written is checked, and refused by name
    "status of 504",  # the read tables are a moment late; the page asks again
)
ASKED_WHETHER_THERE = tuple(f"http://127.0.0.1:{port}/api/health" for port in (8000, 8001))
PATIENCE_MS = 30_000
DESK: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 800}}
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
AXE = Path(__file__).resolve().parents[2] / "frontend/node_modules/axe-core/axe.min.js"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Return the browser of this machine; a root's needs to run without its sandbox."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed here")
    assert (FOLDER / "index.html").is_file(), "the console is not built (make console)"
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def serving(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """Return a service on paper, with its defaults."""
    service = await Service.begin(tmp_path_factory.mktemp("console") / "state")
    try:
        yield await service.up()
    finally:
        service.kill()
        await service.ended()


@asynccontextmanager
async def looking(
    browser: Browser,
    url: str,
    theme: Literal["dark", "light"] = "dark",
    *,
    device: Mapping[str, Any] = DESK,
    excused: Sequence[str] = (),
) -> AsyncIterator[Page]:
    """Open a page that nobody opened before. A complaint on its console fails the test, unless it holds an excuse.

    So does a request to anybody but the service; of the other one it may ask whether it is there.
    """
    complaints: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith((url, *ASKED_WHETHER_THERE)):
            complaints.append(f"it asks {request.url}")

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(each in message.text for each in (*EXPECTED, *excused)):
            complaints.append(message.text)

    opened = await browser.new_context(base_url=url, color_scheme=theme, **device)
    page = await opened.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("request", asked)
    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        await opened.close()
    assert complaints == []


async def serious_findings(page: Page, within: str = "html", rules: Sequence[str] = ()) -> list[Any]:
    """Return what people who cannot see, or use no mouse, would be stopped by; of all rules, or some."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    some = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found: dict[str, Any] = await page.evaluate("([within, some]) => axe.run(within, some)", [within, some])
    return [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]


@asynccontextmanager
async def backtests(state: Path, at_once: int = 2) -> AsyncIterator[str]:
    """Serve the backtest service from this process; its replays are worked in processes of their own."""
    settings = Settings(state_dir=state)
    jobs = ReplayJobs(JobFiles(state), lambda given: read_request(given, settings), at_once)
    door = ReplayDoor(jobs, Authenticator(), "127.0.0.1", 0, algorithms=algorithm_views())
    port = await door.start()
    jobs.begin_working()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await door.stop(0.1)
        await jobs.stop()


async def stand_in(page: Page, usual: str, url: str) -> None:
    """Let the page find at its usual place a service that listens elsewhere."""

    async def elsewhere(route: Route) -> None:
        await route.continue_(url=route.request.url.replace(usual, url, 1))

    await page.route(f"{usual}/**", elsewhere)
