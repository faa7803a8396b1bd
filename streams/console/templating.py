"""Pages from templates; what comes from elsewhere is escaped, and cannot turn the direction of a text."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from streams.alert_text import moment
from streams.console.words import reason
from streams.plain_text import plain, shortened

MANY = 100
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


@cache
def environment() -> Environment:
    """Return the templates of this package."""
    made = Environment(
        loader=PackageLoader("streams.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    made.filters |= {"moment": _moment, "reason": reason, "short": shortened, "data": _data, "times": _times}
    return made


def render(template: str, **values: Any) -> str:
    """Return a page."""
    return environment().get_template(template).render(values)


def _finalized(value: object) -> object:
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _iso(milliseconds: int) -> str:
    return moment(milliseconds).replace(" ", "T")


def _moment(milliseconds: int) -> Markup:
    """Return a time for people, with its form for machines."""
    return Markup('<time datetime="{}">{}</time>').format(_iso(milliseconds), moment(milliseconds))


def _times(value: float) -> str:
    """Return a multiple with about three digits, and never with a power of ten."""
    return f"{value:,.0f}" if value >= MANY else f"{value:.3g}"


def _data(value: object) -> Markup:
    """Return JSON that can stand in a page as data: it can neither end its element nor begin another."""
    text = orjson.dumps(value).decode()
    for char, code in _UNSAFE.items():
        text = text.replace(char, code)
    return Markup(text)  # noqa: S704 - nothing in it is markup any more
