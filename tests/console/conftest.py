"""A real browser before the console of a real service; where there is no Chromium, these tests skip by name."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from adapters.http.pages.console import FOLDER
from end_to_end.process import Service

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EXPECTED = (
    "net::ERR_CONNECTION_REFUSED",  # the page asks whether a backtest service is there
    "status of 422",  # an order that is only half written is checked, and refused by name
)
PATIENCE_MS = 30_000


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
    browser: Browser, url: str, theme: Literal["dark", "light"] = "dark", *, crashes: bool = False
) -> AsyncIterator[Page]:
    """Open a page that nobody opened before. A complaint on its console fails the test, unless the service crashes."""
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(each in message.text for each in EXPECTED):
            complaints.append(message.text)

    opened = await browser.new_context(base_url=url, viewport={"width": 1280, "height": 800}, color_scheme=theme)
    page = await opened.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        await opened.close()
    assert crashes or complaints == []
