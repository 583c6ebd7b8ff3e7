"""evaluation.html in a real browser: it opens, fetches nothing, and shows what was measured."""

from __future__ import annotations

from typing import Any

import browser_fixture
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

browser, look = browser_fixture.browser, browser_fixture.look


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_plots_and_matrix_are_visible(
    ready: None, evaluate: Any, look: Any, scheme: str
) -> None:
    done = evaluate("--bootstrap", 20, "--segment", "group", "--min", "f1=0.99")
    page = look(done.output, color_scheme=scheme)
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
    assert browser_fixture.is_light(page) is (scheme == "light")


def test_it_fits_a_telephone(ready: None, evaluate: Any, look: Any) -> None:
    page = look(evaluate("--segment", "group").output)
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
    page = look(evaluate("--segment", hostile).output)
    assert page.locator("img, script").count() == 0
    assert hostile in page.locator("#confusion thead th").all_inner_texts()
