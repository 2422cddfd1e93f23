"""A browser without a window, driven through pipes: Chromium's protocol, and no package for it."""

from __future__ import annotations

import base64
import io
import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 60.0
OPTIONS = (
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-extensions",
    "--force-color-profile=srgb",
)


class Page:
    """A tab; what it logs, and which requests it makes, is kept."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.logged: list[str] = []
        self.requested: list[str] = []
        self._loaded = False

    def do(self, method: str, **options: Any) -> dict[str, Any]:
        return self._browser.do(method, options, self._session)

    def told(self, event: dict[str, Any]) -> None:
        match event["method"], event["params"]:
            case "Log.entryAdded", {"entry": entry}:
                self.logged.append(f"{entry['level']}: {entry['text']}")
            case "Runtime.consoleAPICalled", {"type": kind, "args": args}:
                self.logged.append(f"{kind}: {args}")
            case "Runtime.exceptionThrown", {"exceptionDetails": details}:
                self.logged.append(f"exception: {details.get('text')}")
            case "Network.requestWillBeSent", {"request": request}:
                self.requested.append(request["url"])
            case "Page.loadEventFired", _:
                self._loaded = True

    def open(self, file: Path) -> None:
        """Open a file, without a network, and wait until all of it is there."""
        for domain in ("Page", "Log", "Runtime", "Network"):
            self.do(f"{domain}.enable")
        self.do(
            "Network.emulateNetworkConditions",
            offline=True,
            latency=0,
            downloadThroughput=0,
            uploadThroughput=0,
        )
        told = self.do("Page.navigate", url=file.as_uri())
        assert not told.get("errorText"), told
        while not self._loaded:
            self._browser.read()

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        told = self.do("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def box(self, selector: str) -> tuple[int, int, int, int]:
        """Where the first such element is on the page: left, top, right, bottom."""
        left, top, right, bottom = self.ask(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [b.left, b.top + scrollY, b.right, b.bottom + scrollY] })()"
        )
        return round(left), round(top), round(right), round(bottom)

    def picture(self) -> Image.Image:
        """All of the page, also what is below the window's end."""
        told = self.do("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return Image.open(io.BytesIO(base64.b64decode(told["data"]))).convert("RGB")


class Browser:
    """A process of Chromium."""

    def __init__(self, program: str, folder: Path) -> None:
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        # the protocol is spoken on the descriptors 3 and 4
        shell = f'exec 3<&{to_browser} 4>&{from_browser}; exec "$@"'
        root = ["--no-sandbox"] if hasattr(os, "getuid") and os.getuid() == 0 else []
        self._errors = (folder / "errors").open("wb")
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "bash", program, *OPTIONS, *root, f"--user-data-dir={folder / 'profile'}"],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._folder = folder
        self._rest = b""
        self._number = 0
        self._pages: dict[str, Page] = {}
        self._replies: dict[int, dict[str, Any]] = {}

    def do(self, method: str, options: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": options}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while number not in self._replies:
            self.read()
        reply = self._replies.pop(number)
        assert "error" not in reply, (method, reply["error"])
        result: dict[str, Any] = reply["result"]
        return result

    def read(self) -> None:
        """Take in what the browser says next."""
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], PATIENCE)
            piece = os.read(self._from, 1 << 20) if ready else b""
            assert piece, (
                f"the browser says no more: {(self._folder / 'errors').read_text('utf-8', 'replace')[-2000:]}"
            )
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        told = json.loads(text)
        if "id" in told:
            self._replies[told["id"]] = told
        elif (page := self._pages.get(told.get("sessionId", ""))) is not None:
            page.told(told)

    def page(self, file: Path, *, width: int, dark: bool) -> Page:
        """A new tab that has opened `file`, on a screen so wide, light or dark."""
        target = self.do("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.do("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self._pages[session] = Page(self, session)
        page.do(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=844,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.do("Emulation.setEmulatedMedia", features=[scheme])
        page.open(file)
        return page

    def close(self) -> None:
        os.close(self._to)  # which ends it
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from)
        self._errors.close()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        assert not os.environ.get("CI"), f"there is none of {', '.join(NAMES)}, which .ci/run installs"
        pytest.skip("needs Chromium: apt-get install chromium-headless-shell, or your system's package of it")
    running = Browser(program, tmp_path_factory.mktemp("browser"))
    try:
        yield running
    finally:
        running.close()
