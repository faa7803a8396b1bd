"""Makes fingerprints of what the compiled core tells of templates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.campaign.fingerprint import MOST_WEAK, SECOND_MS, WEAK_DIGITS, Fingerprint
from models.core.templates import UNFILLED
from models.requests import Requests

_ASKED = ("simhash", "network", "account", "signed_up")


def fingerprints_of(told: NDArray[Any], requests: Requests) -> list[tuple[int, Fingerprint]]:
    """Return fingerprints with the place of the request that led to each.

    Parameters
    ----------
    told
        Records of `models.core.layout.TOLD`, in any number.
    requests
        Those among which their places are.
    """
    places, templates = told["place"], told["template"]
    slots = [tuple(slot for slot in slots if slot != UNFILLED) for slots in told["slots"].tolist()]
    simhashes, networks, accounts, signed_up = (requests.rows[name][places] for name in _ASKED)
    weak = [round(share, WEAK_DIGITS) for share in np.minimum(told["weak"], MOST_WEAK).tolist()]
    columns = (
        *(templates.tolist(), told["time"].tolist()),
        *(_seconds(told[name]) for name in ("started", "since", "joined")),
        *(told["count"].tolist(), told["requests"].tolist(), slots),
        *(simhashes.tolist(), networks.tolist(), weak),
        *(requests.refs(places, templates), accounts.tolist(), _seconds(signed_up)),
    )
    return [
        (place, Fingerprint(requests.tenants[place], *use))
        for place, *use in zip(places.tolist(), *columns, strict=True)
    ]


def _seconds(times: NDArray[np.int64]) -> list[int]:
    whole: list[int] = np.maximum(0, times - times % SECOND_MS).tolist()
    return whole
