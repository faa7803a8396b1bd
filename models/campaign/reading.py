"""Makes fingerprints of what the compiled core tells of templates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from models.campaign.fingerprint import MOST_WEAK, SECOND_MS, WEAK_DIGITS, Fingerprint
from models.core.layout import TOLD
from models.core.templates import UNFILLED
from models.requests import Requests

_ASKED = ("simhash", "network", "account", "signed_up")
_MOMENTS = ("started", "since", "joined", "signed_up")


def fingerprints_of(told: NDArray[Any], requests: Requests) -> list[tuple[int, Fingerprint]]:
    """Return fingerprints with the place of the request that led to each.

    Parameters
    ----------
    told
        Records of `models.core.layout.TOLD`, in any number.
    requests
        Those among which their places are.
    """
    places = told["place"]
    columns = {name: told[name].tolist() for name in TOLD.names or ()}
    columns |= {name: requests.rows[name][places].tolist() for name in _ASKED}
    refs = zip(requests.refs(places), columns["template"], strict=True)
    columns["request"] = [replace(ref, template_hash=f"{template:016x}") for ref, template in refs]
    columns["tenant"] = [requests.tenants[place] for place in columns["place"]]
    columns["slots"] = [tuple(slot for slot in slots if slot != UNFILLED) for slots in columns["slots"]]
    columns["weak"] = [round(min(weak, MOST_WEAK), WEAK_DIGITS) for weak in columns["weak"]]
    for name in _MOMENTS:
        columns[name] = [max(0, time - time % SECOND_MS) for time in columns[name]]
    numbered, found = columns.pop("place"), []
    for place, *use in zip(numbered, *columns.values(), strict=True):
        found.append((place, Fingerprint(**dict(zip(columns, use, strict=True)))))
    return found
