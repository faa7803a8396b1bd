"""Whether what was said holds a secret, in any form in which it may be written."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus


def forms(secret: str) -> set[str]:
    """Return a secret as it may be written: plain, in a form, and in base64, wherever in it that begins."""
    encoded = {base64.b64encode(pad + secret.encode())[4:-4].decode() for pad in (b"", b"x", b"xx")}
    return {secret, quote_plus(secret), repr(secret)[1:-1], *encoded}


def assert_silent(said: str, *secrets: str) -> None:
    """Check that none of the secrets was said in any form."""
    assert said
    for secret in secrets:
        assert not {form for form in forms(secret) if form in said}
