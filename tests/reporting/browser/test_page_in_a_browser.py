"""The page of a run as people see it: without a network, light and dark, wide and on a phone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from drytune.reports.run_html import run_page

pytestmark = pytest.mark.slow

LIGHT = {"ground": "#ffffff", "bar": "#2f6fbd", "second": "#a0561c", "loud": "#ffe9b8", "ok": "#176b34"}
DARK = {"ground": "#12161b", "bar": "#6ba6ea", "second": "#e0995f", "loud": "#4a3a0c", "ok": "#5fd585"}
SCREENS = pytest.mark.parametrize(
    ("width", "dark"),
    [(390, False), (390, True), (1280, False), (1280, True)],
    ids=["phone-light", "phone-dark", "wide-light", "wide-dark"],
)

OVERHANGING = """
[...document.querySelectorAll("body *")].filter(one => {
  const box = one.getBoundingClientRect();
  return box.right > innerWidth + 0.5 && !one.closest(".scroll") && !one.closest(".seen-by-few");
}).map(one => one.outerHTML.slice(0, 200))
"""


@pytest.fixture
def written(tmp_path, plan):
    """Write the page of a run."""

    def write(run) -> Path:
        path = tmp_path / "run.html"
        path.write_text(run_page(plan, run), encoding="utf-8")
        return path

    return write


@SCREENS
def test_page_is_quiet_and_fits(browser, written, simulated, width, dark):
    """Nothing is logged, nothing is asked for, and nothing has to be scrolled sideways."""
    file = written(simulated)

    page = browser.page(file, width=width, dark=dark)

    assert page.logged == []
    assert set(page.requested) - {"data:,"} == {file.as_uri()}
    assert page.ask("document.documentElement.scrollWidth") <= width
    assert page.ask(OVERHANGING) == []


@SCREENS
def test_page_looks_as_it_should(browser, written, simulated, width, dark):
    """The ground, the loud words on top, the verdict and both curves have their colours, where they belong."""
    page = browser.page(written(simulated), width=width, dark=dark)
    colours = DARK if dark else LIGHT

    picture = page.picture()

    assert picture.width == width
    assert picture.getpixel((2, 2)) == _rgb(colours["ground"])
    whole = _counted(picture)
    assert whole[_rgb(colours["ground"])] > whole.total() / 4
    assert len(whole) > 100
    simulated_box = _counted(picture.crop(page.box(".simulated")))
    assert simulated_box[_rgb(colours["loud"])] > simulated_box.total() / 2
    assert _counted(picture.crop(page.box(".verdict strong")))[_rgb(colours["ok"])] > 5
    curves = _counted(picture.crop(page.box("figure svg")))
    assert curves[_rgb(colours["bar"])] > 40
    assert curves[_rgb(colours["second"])] > 5


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_strange_run_fits_too(browser, written, strange, width):
    """Markup, controls and endless words of others change neither the page's width nor its silence."""
    page = browser.page(written(strange), width=width, dark=False)

    assert page.logged == []
    assert page.ask("document.documentElement.scrollWidth") <= width
    assert page.ask("document.scripts.length") == 0


def test_what_is_wrong_would_be_seen(browser, written, simulated):
    """A script, a picture from elsewhere, a box that is too wide: the checks above find them."""
    file = written(simulated)
    wrong = (
        '<script>alert(1)</script><img src="https://example.com/a.png"><p style="width: 2000px">.</p></body>'
    )
    file.write_text(file.read_text("utf-8").replace("</body>", wrong), "utf-8")

    page = browser.page(file, width=390, dark=False)

    assert len(page.logged) >= 2
    assert page.ask("document.documentElement.scrollWidth") >= 2000
    assert page.ask(OVERHANGING) != []


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _counted(picture: Image.Image) -> Counter[tuple[int, int, int]]:
    return Counter({colour: times for times, colour in picture.getcolors(1 << 24) or ()})
