"""The example of a rate limiter as a module."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location

from tests.consumers.paths import FOLDER

FILE = FOLDER / "rate_limiter.py"
_SPEC = spec_from_file_location("rate_limiter", FILE)
assert _SPEC is not None
assert _SPEC.loader is not None
rate_limiter = module_from_spec(_SPEC)
sys.modules["rate_limiter"] = rate_limiter
_SPEC.loader.exec_module(rate_limiter)
