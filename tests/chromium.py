"""A real Chromium without a screen, for the tests of pages.

Without one the tests are skipped and say so; with `DISTILLWATCH_REQUIRE_CHROMIUM=1` they fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# As root Chromium cannot make the sandbox that it would otherwise insist on; it sees pages of ours alone.
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]


def found_chromium() -> str:
    """Return the program, or skip (or fail, where it is required)."""
    program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if program is None:
        reason = "Chromium is not installed: run `make chromium`"
        assert not os.environ.get("DISTILLWATCH_REQUIRE_CHROMIUM"), reason
        pytest.skip(reason)
    return program


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser."""
    program = found_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
