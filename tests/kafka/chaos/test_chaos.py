from __future__ import annotations

import random
from pathlib import Path

import pytest

from streams.settings import Settings
from streams.state_digest import overall_digest, tenant_digests
from streams.topics import apply_topics
from tests.kafka.chaos.monkey import Monkey
from tests.kafka.chaos.options import option, say, seed
from tests.kafka.chaos.tally import Tally
from tests.kafka.cluster import Cluster, cluster_or_skip
from tests.kafka.load import Load, Publisher
from tests.kafka.quick_settings import quick_settings
from tests.kafka.stand import stand
from tests.kafka.truth import Outcome, differences, judged

KILLS_A_ROUND = 20
RATE = 300.0


@pytest.mark.chaos
def test_nothing_is_lost_or_doubled_whatever_is_killed_hung_moved_or_restarted(tmp_path: Path) -> None:
    kills, rebalances = option("CHAOS_KILLS", 200), option("CHAOS_REBALANCES", 50)
    origin, total, rounds = seed(), Tally(), max(1, round(kills / KILLS_A_ROUND))
    say(f"CHAOS_SEED={origin} repeats this run; logs are in {tmp_path}")
    with cluster_or_skip(1) as cluster:
        for number in range(rounds):
            chance = random.Random(f"{origin}/{number}")
            share = -(-kills // rounds), -(-rebalances // rounds)
            tally, wrong = play(cluster, chance, share, tmp_path)
            total += tally
            say(f"round {number + 1} of {rounds}: {tally}")
            assert not wrong, "\n".join([*wrong, f"CHAOS_SEED={origin}, round {number + 1}", str(total)])
    say(f"in all: {total}")
    assert total.kills >= kills
    assert total.rebalances >= rebalances


def play(
    cluster: Cluster, chance: random.Random, share: tuple[int, int], folder: Path
) -> tuple[Tally, list[str]]:
    """Hurt workers under load and return what was done and what is wrong."""
    hurt, calm = settings_of_a_round(cluster)
    tally, load = Tally(), Load(seed=chance.randrange(1_000_000))
    with stand(hurt, folder) as workers:
        monkey = Monkey(workers, cluster, chance, tally)
        with Publisher(cluster.bootstrap, hurt.source.topic, load, RATE):
            monkey.rage(*share)
        found = workers.outcome()
    tally.count_workers(workers)
    offline = judged(hurt)
    tally.count_outcome(found, offline)
    wrong = differences(found, offline) + differences(undisturbed(calm, folder), offline)
    if overall_digest(tenant_digests(hurt)) != overall_digest(tenant_digests(calm)):
        wrong.append("`distillwatch state digest` differs from that of an undisturbed run")
    return tally, wrong


def settings_of_a_round(cluster: Cluster) -> tuple[Settings, Settings]:
    """Return two sets of topics with one source, and create them."""
    hurt = quick_settings(cluster)
    calm = quick_settings(cluster, source_topic=hurt.source.topic)
    for settings in (hurt, calm):
        apply_topics(settings, with_source=True)
    return hurt, calm


def undisturbed(settings: Settings, folder: Path) -> Outcome:
    """Return what one worker says and keeps that nobody hurts."""
    with stand(settings, folder) as workers:
        workers.start()
        return workers.outcome()
