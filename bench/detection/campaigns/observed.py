"""What the detect stage says of a world, kept so that the search for campaigns can be run again in seconds.

None of it depends on other tenants, so tenants are judged one after the other and put in order afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from struct import Struct

from bench.detection.command import progress
from bench.detection.worlds import CACHE, ROOT, World, tenant_sketches
from models.campaign.fingerprint import Fingerprint, decode_fingerprint
from models.config import DetectorConfig
from models.finding import Finding
from models.finding_codec import decode_finding, encode_finding
from models.fleet import Fleet
from models.population.profile import EarlyProfile, decode_profile
from models.requests import decode_table

_RECORD = Struct("<BHI")  # which kind, bytes of the tenant's name and of the value
_FINGERPRINT, _PROFILE, _FINDING = range(3)


@dataclass(slots=True)
class Observed:
    """All that is said of the tenants of a world, each list in the order of event time.

    Parameters
    ----------
    requests
        How many each tenant sent.
    began
        When each tenant sent its first, in Unix milliseconds.
    sketch_bytes
        Of all sketches, for comparison.
    """

    requests: dict[str, int] = field(default_factory=dict)
    began: dict[str, int] = field(default_factory=dict)
    sketch_bytes: int = 0
    fingerprints: list[Fingerprint] = field(default_factory=list)
    profiles: list[EarlyProfile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def fingerprint_bytes(self) -> int:
        """Of all encoded fingerprints."""
        return sum(len(fingerprint.encode()) for fingerprint in self.fingerprints)


def observe(name: str, world: World, config: DetectorConfig) -> Observed:
    """Return what is said of a world of this name, from the cache where it was said before."""
    kept = CACHE / f"observed-{name}-{config.digest()}-{_code()}.bin"
    found = Observed(
        {tenant: len(values) for tenant, values in world.items()},
        {tenant: tenant_sketches(tenant, values[:1])[0].time for tenant, values in world.items()},
        sum(len(value) for values in world.values() for value in values),
    )
    if kept.exists():
        _read(kept.read_bytes(), found)
    else:
        _judge(world, config, found)
        fresh = kept.with_suffix(".part")
        fresh.write_bytes(b"".join(_records(found)))
        fresh.replace(kept)
    found.fingerprints.sort(key=lambda one: (one.time, one.tenant, one.template, one.count))
    found.profiles.sort(key=lambda one: (one.time, one.tenant, one.age))
    found.findings.sort(key=lambda one: (one.time, one.tenant))
    return found


def _judge(world: World, config: DetectorConfig, found: Observed) -> None:
    for number, (tenant, values) in enumerate(world.items(), 1):
        fleet = Fleet(config, lambda _name: None)
        requests, _, failures = decode_table([tenant.encode()] * len(values), values)
        if failures:
            raise next(iter(failures.values()))
        found.findings += fleet.apply_many(requests, range(1, len(values) + 1))
        found.profiles += fleet.take_profiles()
        found.fingerprints += fleet.take_fingerprints()
        if number % 50 == 0:
            progress(f"  {number} of {len(world)} tenants")


def _records(found: Observed) -> Iterator[bytes]:
    for fingerprint in found.fingerprints:
        yield _record(_FINGERPRINT, fingerprint.tenant, fingerprint.encode())
    for profile in found.profiles:
        yield _record(_PROFILE, profile.tenant, profile.encode())
    for finding in found.findings:
        yield _record(_FINDING, finding.tenant, encode_finding(finding))


def _record(kind: int, tenant: str, value: bytes) -> bytes:
    name = tenant.encode()
    return _RECORD.pack(kind, len(name), len(value)) + name + value


def _read(body: bytes, found: Observed) -> None:
    start = 0
    while start < len(body):
        kind, name_size, size = _RECORD.unpack_from(body, start)
        middle = start + _RECORD.size + name_size
        tenant, value = body[start + _RECORD.size : middle].decode(), body[middle : middle + size]
        if kind == _FINGERPRINT:
            found.fingerprints.append(decode_fingerprint(value))
        elif kind == _PROFILE:
            found.profiles.append(decode_profile(tenant, value))
        else:
            found.findings.append(decode_finding(value))
        start = middle + size


def _code() -> str:
    """Name the code that judges a tenant by itself; what compares tenants is run each time."""
    return blake2b(b"".join(path.read_bytes() for path in sorted(_judging())), digest_size=4).hexdigest()


def _judging() -> Iterable[Path]:
    models = ROOT / "models"
    yield from models.glob("*.py")
    yield from (models / "core").rglob("*.py")
    yield from (models / "campaign" / "fingerprint.py", models / "population" / "profile.py")
