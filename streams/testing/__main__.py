"""`python -m streams.testing`: synthetic traffic as JSON lines, and who attacks on stderr."""

from __future__ import annotations

import argparse
import sys

import orjson

from streams.testing.traffic import LEAST_HOURS, synthetic_traffic


def main(arguments: list[str] | None = None) -> int:
    """Write the traffic."""
    parser = argparse.ArgumentParser(prog="python -m streams.testing", description=__doc__)
    parser.add_argument("--hours", type=int, default=42, help=f"length of the traffic, from {LEAST_HOURS} on")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same traffic")
    parser.add_argument("--no-takeover", action="store_true", help="let no tenant turn to extraction")
    parser.add_argument("--campaign", action="store_true", help="let a dozen accounts harvest together")
    given = parser.parse_args(arguments)
    if given.hours < LEAST_HOURS:
        parser.error(f"--hours must be at least {LEAST_HOURS}: before it attacks a tenant must have a past")
    traffic = synthetic_traffic(
        given.hours, seed=given.seed, takeover=not given.no_takeover, campaign=given.campaign
    )
    out = sys.stdout.buffer
    out.writelines(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in traffic.events)
    out.flush()
    attackers = ", ".join(sorted(traffic.attackers)) or "nobody"
    sys.stderr.write(
        f"{len(traffic.events):,} requests of {len(traffic.tenants)} tenants; attacker: {attackers}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
