"""Write the pictures of `docs/console.md`: a console over a made-up fleet, in a Chromium without a screen.

Run it in the environment of development: `PYTHONPATH=. .venv/bin/python deploy/console/screenshots.py`.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Literal

from aiohttp import web
from playwright.sync_api import Browser, expect

from streams.console.knowledge import Knowledge
from streams.console.site import make_site
from streams.settings import Settings
from tests.chromium import chromium
from tests.streams.console.world import fill

FOLDER = Path(__file__).resolve().parents[2] / "docs/pictures"
SETTINGS = {"scores": {"enabled": True}, "console": {"write": True, "author": "ann"}}
DESKTOP, PHONE = (1180, 860), (390, 844)
Scheme = Literal["light", "dark"]


def main() -> None:
    """Serve, look, and write."""
    site = f"http://127.0.0.1:{serve()}"
    with chromium() as browser:
        shoot(browser, site, "console-alerts", size=DESKTOP, scheme="light")
        shoot(browser, f"{site}/tenant?name=acme", "console-tenant", size=DESKTOP, scheme="dark")
        shoot(browser, f"{site}/campaign?uid=33333333-cccc", "console-campaign", size=DESKTOP, scheme="light")
        shoot(browser, f"{site}/tenant?name=acme", "console-phone", size=PHONE, scheme="light")


def serve() -> int:
    """Serve a console on a free port of loopback as long as this process lives."""
    knowledge = Knowledge(30, 100)
    fill(knowledge)
    started, ports = threading.Event(), []

    async def run() -> None:
        runner = web.AppRunner(make_site(Settings.model_validate(SETTINGS), knowledge, lambda: ""))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ports.append(runner.addresses[0][1])
        started.set()
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
    started.wait()
    return int(ports[0])


def shoot(browser: Browser, address: str, name: str, *, size: tuple[int, int], scheme: Scheme) -> None:
    """Write one picture."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    if "tenant" in address:
        expect(page.locator("#plot .main-svg").first).to_be_visible()
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


if __name__ == "__main__":
    main()
