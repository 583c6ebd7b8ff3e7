"""evaluation.html in a real browser: it opens, fetches nothing, and shows what was measured."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sklearn.linear_model import LogisticRegression

pytestmark = pytest.mark.slow
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
                None)  # fmt: skip
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: the page is not looked at")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a report; at the end nothing may have been fetched or complained of."""
    seen: list[str] = []
    contexts = []

    def open_page(done: Any, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": 1200, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        uri = (done.output / "evaluation.html").as_uri()
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_plots_and_matrix_are_visible(
    ready: None, evaluate: Any, look: Any, scheme: str
) -> None:
    done = evaluate("--bootstrap", 20, "--segment", "group", "--min", "f1=0.99")
    page = look(done, color_scheme=scheme)
    assert page.title() == "Evaluation of model.skops"
    for name in ("roc", "precision-recall", "calibration"):
        plot = page.locator(f"svg#{name}")
        assert plot.is_visible()
        box = plot.bounding_box()
        assert min(box["width"], box["height"]) > 100
        line = plot.locator("polyline").bounding_box()
        assert line["width"] > 100
    cells = page.locator("#confusion td span").all_inner_texts()
    assert cells == [str(n) for row in done.data["confusion_matrix"] for n in row]
    card = page.locator("#metric-auc_roc").inner_text()
    low, high = done.data["intervals"]["auc_roc"]
    assert f"{done.data['auc_roc']:.4f}" in card
    assert f"{low:.4f} to {high:.4f}" in card
    assert page.locator("#segments tbody th").all_inner_texts() == ["down", "up"]
    assert page.locator(".gates .missed").is_visible()
    ink, paper = (
        page.evaluate(f"getComputedStyle(document.body).{name}")
        for name in ("color", "backgroundColor")
    )
    assert (brightness(ink) < brightness(paper)) is (scheme == "light")


def brightness(color: str) -> int:
    return sum(int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))


def test_it_fits_a_telephone(ready: None, evaluate: Any, look: Any) -> None:
    page = look(evaluate("--segment", "group"))
    page.set_viewport_size({"width": 380, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 380


def test_hostile_names_do_nothing(
    evaluate: Any, look: Any, put_model: Any, put_rows: Any, frame: pd.DataFrame
) -> None:
    hostile = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"
    names = np.where(frame["y"] == 1, hostile, "plain")
    put_model(model__skops=LogisticRegression().fit(frame[["a", "b"]], names))
    frame["y"], frame[hostile] = names, names
    put_rows(frame)
    page = look(evaluate("--segment", hostile))
    assert page.locator("img, script").count() == 0
    assert hostile in page.locator("#confusion thead th").all_inner_texts()
