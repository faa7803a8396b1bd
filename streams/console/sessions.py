"""Who is logged in, and tokens that prove that a form is ours."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_SESSIONS = 1_000
SESSION_SECONDS = 12 * 3_600.0
_ID_BYTES = 32


class Sessions:
    """Sessions live in memory: a restart logs everybody out, and old forms are refused.

    A session's id is a secret of one browser, in a cookie. The token in a form is made from it with a key
    that never leaves the process, so that another page, which cannot read either, cannot make one.

    Parameters
    ----------
    token
        What is asked for at the log-in.
    clock
        Seconds.
    """

    def __init__(self, token: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = None if token is None else token.encode()
        self._clock = clock
        self._key = secrets.token_bytes(_ID_BYTES)
        self._until: OrderedDict[str, float] = OrderedDict()

    @staticmethod
    def begin() -> str:
        """Return the id of a session that is not logged in."""
        return secrets.token_urlsafe(_ID_BYTES)

    def form_token(self, session: str) -> str:
        """Return the token that the forms of a session must send."""
        return hmac.new(self._key, _bytes(session), hashlib.sha256).hexdigest()

    def is_own_form(self, session: str, token: str) -> bool:
        """Tell whether a form comes from a page that this session was shown."""
        return bool(session) and hmac.compare_digest(self.form_token(session).encode(), _bytes(token))

    def shows_token(self, shown: str) -> bool:
        """Tell whether this is the token of the settings; never where there is none."""
        return self._token is not None and hmac.compare_digest(_bytes(shown), self._token)

    def log_in(self, shown: str) -> str | None:
        """Return the id of a session that is logged in; nothing if the token is wrong.

        The id is a new one, so that nobody can have planted it before.
        """
        if not self.shows_token(shown):
            return None
        session = self.begin()
        self._until[session] = self._clock() + SESSION_SECONDS
        if len(self._until) > MOST_SESSIONS:
            self._until.popitem(last=False)
        return session

    def is_logged_in(self, session: str) -> bool:
        """Tell whether a session is logged in and has not ended."""
        return self._until.get(session, 0.0) > self._clock()

    def log_out(self, session: str) -> None:
        """End a session."""
        self._until.pop(session, None)


def _bytes(shown: str) -> bytes:
    """Encode what a stranger sent, in which bytes that are no UTF-8 stand as surrogates."""
    return shown.encode(errors="surrogatepass")
