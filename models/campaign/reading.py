"""Makes fingerprints of what the compiled core tells of templates."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from models.campaign.fingerprint import MOST_WEAK, Fingerprint
from models.core.templates import UNFILLED
from models.requests import Requests

_TIMES = ["time", "started", "since", "joined"]


def fingerprints_of(told: NDArray[Any], requests: Requests) -> list[tuple[int, Fingerprint]]:
    """Return fingerprints with the place of the request that led to each.

    Parameters
    ----------
    told
        Records of `models.core.layout.TOLD`, in any number.
    requests
        Those among which their places are.
    """
    rows = requests.rows[["simhash", "network", "account", "signed_up"]][told["place"]].tolist()
    times = told[_TIMES].tolist()
    uses = told[["place", "template", "count", "requests", "slots", "weak"]].tolist()
    found = []
    for use, ordered, hashes in zip(uses, times, rows, strict=True):
        place, template, count, seen, slots, weak = use
        time, started, since, joined = ordered
        simhash, network, account, signed_up = hashes
        fingerprint = Fingerprint(
            tenant=requests.tenants[place],
            template=template,
            time=time,
            started=started,
            since=since,
            joined=joined,
            count=count,
            requests=seen,
            slots=tuple(slot for slot in slots if slot != UNFILLED),
            simhash=simhash,
            network=network,
            weak=min(weak, MOST_WEAK),
            request=requests.ref(place),
            account=account,
            signed_up=max(0, signed_up),
        )
        found.append((place, fingerprint))
    return found
