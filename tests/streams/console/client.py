"""A client as a browser is one: it keeps cookies, and sends the token of the form that it was shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import requests


@dataclass
class Client:
    """Asks one console."""

    address: str
    session: requests.Session = field(default_factory=requests.Session)

    def __enter__(self) -> Client:  # noqa: PYI034 - tests are for one version
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def get(self, path: str, **headers: str | bytes) -> requests.Response:
        """Ask for a page; it does not follow redirects."""
        return self.session.get(f"{self.address}{path}", headers=headers, allow_redirects=False, timeout=30)

    def csrf(self, path: str) -> str:
        """The token of the forms of a page."""
        found = re.search(r'name="csrf" value="(\w+)"', self.get(path).text)
        return found[1] if found else ""

    def post(self, path: str, fields: dict[str, str], **headers: str) -> requests.Response:
        """Send a form; it does not follow redirects."""
        url = f"{self.address}{path}"
        return self.session.post(url, data=fields, headers=headers, allow_redirects=False, timeout=30)
