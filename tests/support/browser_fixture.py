"""Fixtures ``browser`` and ``look``: a real headless browser that opens a page on disk.

A test module takes them with ``browser, look = browser_fixture.browser, browser_fixture.look``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def is_light(page: Page) -> bool:
    """Tell whether a page shows dark ink on bright paper."""
    ink, paper = (
        page.evaluate(f"getComputedStyle(document.body).{name}")
        for name in ("color", "backgroundColor")
    )
    return _brightness(ink) < _brightness(paper)


def _brightness(color: str) -> int:
    return sum(int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (make browser): the page is not looked at")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open the report in a folder; at the end nothing may have been fetched or complained of."""
    seen: list[str] = []
    contexts = []

    def open_page(folder: Path, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": 1200, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        uri = (folder / "evaluation.html").as_uri()
        page.on("request", lambda request: seen.extend([request.url][request.url == uri :]))
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("dialog", lambda dialog: (seen.append("a dialog"), dialog.dismiss()))
        page.goto(uri)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert seen == []
