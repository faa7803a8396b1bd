"""Which templates are shared by accounts that harvest together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby, islice

from models.agenda import Agenda
from models.campaign.clusters import Clusters
from models.campaign.config import CampaignConfig
from models.campaign.finding import MOST_NAMED, CampaignFinding, campaign_uid
from models.campaign.fingerprint import Fingerprint, read_fingerprint
from models.campaign.open_campaign import OpenCampaign
from models.campaign.statement import state
from models.codec import Reader, Writer
from models.control.records import SLACK_MS
from models.errors import SnapshotError
from models.event import MAX_NAME_BYTES
from models.finding import Activity, Finding
from models.finding_codec import decode_finding, encode_finding
from models.population.newcomers import BATCH_MS

DAY_MS = 86_400_000

LATEST_MS = 7 * DAY_MS
"""A fingerprint that reaches us so much too late is not judged any more."""

MOST_PENDING = 262_144
"""Fingerprints that may wait for their batch to close."""

MOST_EPISODES = 65_536
"""Open episodes of single tenants that are remembered, to be linked to a campaign."""

_VERSION = 1

Said = CampaignFinding | Finding


class Campaigns:
    """Judges fingerprints of shared templates in the order of event time.

    What comes out depends on the fingerprints alone, not on the order in which they arrive, as long as a
    batch is closed after all its fingerprints are there.
    """

    def __init__(self, config: CampaignConfig) -> None:
        self._config = config
        self._clusters = Clusters(config)
        self._pending: Agenda[tuple[int, str, int], Fingerprint] = Agenda(BATCH_MS)
        self._notes: Agenda[tuple[str, str, int, Activity], Finding] = Agenda(BATCH_MS)
        self._episodes: dict[str, Finding] = {}
        self._open: dict[int, OpenCampaign] = {}  # by cluster
        self._campaign_of: dict[str, str] = {}
        self._named: dict[str, int] = {}
        self.closed = 0
        """Event time up to which batches are closed, in Unix milliseconds."""
        self.late = 0
        """Fingerprints that were not judged: they came too late, or too many waited."""

    @property
    def templates(self) -> int:
        """How many shared templates are known."""
        return self._clusters.templates

    @property
    def open(self) -> int:
        """How many campaigns are open."""
        return len(self._open)

    @property
    def members(self) -> int:
        """How many accounts the open campaigns have named."""
        return len(self._named)

    def add(self, fingerprint: Fingerprint) -> None:
        """Take in a fingerprint; one that is known already changes nothing."""
        key = fingerprint.template, fingerprint.tenant, fingerprint.count
        if key in self._pending or (fingerprint.time < self.closed and self._clusters.heard(fingerprint)):
            return
        if fingerprint.time < self.closed - LATEST_MS or len(self._pending) >= MOST_PENDING:
            self.late += 1
        else:
            self._pending.put(key, fingerprint.time, fingerprint)

    def note(self, finding: Finding) -> None:
        """Take note of what is said of a tenant alone, to link it to the campaign that it takes part in.

        What is known already changes nothing.
        """
        if finding.campaign or finding.time < self.closed - LATEST_MS:
            return
        known = self._episodes.get(finding.tenant)
        if known is not None and known.uid == finding.uid and _age(finding) <= _age(known):
            return
        key = finding.tenant, finding.uid, *_age(finding)
        if key not in self._notes:
            self._notes.put(key, finding.time, finding)
        if len(self._notes) > MOST_EPISODES:
            self._notes.pop_first()

    def named_before(self, tenant: str, time: int) -> bool:
        """Tell whether an open campaign had named a tenant by an event time in ms."""
        return self._named.get(tenant, time + 1) <= time

    def close(self, until: int) -> list[Said]:
        """Judge every batch that ends at or before an event time in ms, after which nothing earlier comes.

        Returns
        -------
        list
            What is to be said, in the order of time: of campaigns, and again of their members.
        """
        end = until - until % BATCH_MS
        if end <= self.closed:
            return []
        said: list[Said] = []
        for batch in self._due(end):
            said += self._judge(*batch)
        said += self._end_quiet(end)
        self.closed = end
        return said

    def _due(self, end: int) -> Iterator[tuple[int, list[Fingerprint], list[Finding]]]:
        """Yield the end of each batch with what belongs to it, and take it from what waits."""
        prints = sorted(
            (max(x.time, self.closed), x.time, x.tenant, x.template, x.count)
            for x in map(self._pending.__getitem__, self._pending.before(end))
        )
        said = sorted(
            (max(x.time, self.closed), x.time, x.tenant, x.activity, x.uid)
            for x in map(self._notes.__getitem__, self._notes.before(end))
        )
        batches: dict[int, tuple[list[Fingerprint], list[Finding]]] = {}
        for number, group in groupby(prints, key=lambda item: item[0] // BATCH_MS):
            found = [self._pending.pop((template, tenant, count)) for _, _, tenant, template, count in group]
            batches[number] = found, []
        for order, time, tenant, activity, uid in said:
            noted = self._notes.pop((tenant, uid, time, activity))
            batches.setdefault(order // BATCH_MS, ([], []))[1].append(noted)
        for number in sorted(batches):
            yield (number + 1) * BATCH_MS, *batches[number]

    def _judge(self, end: int, prints: list[Fingerprint], notes: list[Finding]) -> Iterator[Said]:
        yield from self._end_quiet(end)
        self.closed = end - BATCH_MS
        touched: dict[int, None] = {}
        for fingerprint in prints:
            touched[self._clusters.take(fingerprint, end)] = None
        for old, new in self._clusters.merged().items():
            touched.pop(old, None)
            touched[new] = None
            if old in self._open:
                self._open[new] = replace(self._open.pop(old), cluster=new)
            if new in self._open:
                began = min(self._open[new].began, self._clusters[new].began)
                self._open[new] = replace(self._open[new], began=began, looked=0)
        fresh: list[str] = []
        for number in dict.fromkeys((*touched, *self._open)):
            yield from self._look(number, end, fresh)
        self._remember(notes)
        yield from self._link(fresh, notes, end)
        self.closed = end

    def _look(self, number: int, end: int, fresh: list[str]) -> Iterator[CampaignFinding]:
        """Open a campaign, or name those that joined one."""
        cluster = self._clusters[number]
        campaign = self._open.get(number)
        if campaign is None:
            threshold = self._clusters.threshold
            if cluster.evidence < threshold:
                return
            climbers = cluster.climbers()
            if len(climbers) < self._config.least_accounts or not (
                cluster.burst and cluster.divided and cluster.apart
            ):
                return
            opening = next(reversed(climbers.values())).request.request_id
            uid = campaign_uid(next(iter(cluster.templates)), opening)
            campaign = self._open[number] = OpenCampaign(uid, number, cluster.began, end)
            self._clusters.keep(number)
        campaign.evidence = max(campaign.evidence, cluster.evidence)
        if cluster.apart:
            for tenant, account in islice(cluster.accounts.items(), campaign.looked, None):
                if account.joined >= campaign.began and tenant not in campaign.named:
                    campaign.waiting.setdefault(tenant)
            campaign.looked = len(cluster.accounts)
        yield from self._name(campaign, end, fresh)

    def _name(self, campaign: OpenCampaign, end: int, fresh: list[str]) -> Iterator[CampaignFinding]:
        """Name those who wait, each page a millisecond after the last: no two are the same statement."""
        time = end
        while campaign.due(end):
            tenants = list(campaign.waiting)[:MOST_NAMED]
            activity = Activity.UPDATE if campaign.named else Activity.CREATE
            for tenant in tenants:
                del campaign.waiting[tenant]
                campaign.named[tenant] = end
                self._named.setdefault(tenant, end)
                self._campaign_of.setdefault(tenant, campaign.uid)
            fresh += tenants
            campaign.told = time
            yield self._state(campaign, activity, time, tenants)
            time += 1

    def _remember(self, notes: list[Finding]) -> None:
        for finding in notes:
            self._episodes.pop(finding.tenant, None)
            if finding.activity is not Activity.CLOSE:
                self._episodes[finding.tenant] = finding
        while len(self._episodes) > MOST_EPISODES:
            del self._episodes[next(iter(self._episodes))]

    def _link(self, fresh: list[str], notes: list[Finding], end: int) -> Iterator[Finding]:
        """Say again of members what was said of them alone, with the campaign's name."""
        stated = {finding.tenant for finding in notes}
        for tenant in sorted(stated.union(fresh)):
            finding, campaign = self._episodes.get(tenant), self._campaign_of.get(tenant)
            if finding is not None and campaign is not None:
                yield replace(finding, activity=Activity.UPDATE, time=end, campaign=campaign)

    def _end_quiet(self, now: int) -> Iterator[CampaignFinding]:
        """Close the campaigns of which nothing was seen for long."""
        quiet_ms = int(self._config.quiet_days * DAY_MS)
        over = {one.uid: self._clusters[number].last_seen + quiet_ms for number, one in self._open.items()}
        ends = [one for one in self._open.values() if over[one.uid] <= now]
        for campaign in sorted(ends, key=lambda one: (over[one.uid], one.uid)):
            yield from self._end(campaign, over[campaign.uid])

    def answer(self, answered: Mapping[str, int]) -> list[CampaignFinding]:
        """Close the open campaigns that verdicts are about, given when each was answered, by uid.

        A close is never earlier than what was said before, and who is named with it is named later than
        others were, as consumers drop what has the name, activity and time of another statement. Times are
        in Unix milliseconds. A campaign of the same name that opened later is another one.
        """
        ends = [
            one
            for one in self._open.values()
            if one.uid in answered and one.opened <= answered[one.uid] + SLACK_MS
        ]
        ends.sort(key=lambda one: one.uid)
        times = [max(answered[one.uid], one.told + bool(one.waiting)) for one in ends]
        return [said for one, time in zip(ends, times, strict=True) for said in self._end(one, time)]

    def _end(self, campaign: OpenCampaign, time: int) -> Iterator[CampaignFinding]:
        """Name those who wait, close a campaign, and let its members go."""
        last = replace(campaign, told=0)
        yield from self._name(last, time, [])
        yield self._state(campaign, Activity.CLOSE, max(time, last.told), [])
        del self._open[campaign.cluster]
        self._clusters.end(campaign.cluster)
        self._release(campaign.uid)

    def _release(self, uid: str) -> None:
        """Forget whom a campaign that is over had named, unless another one has named it, too."""
        others = sorted(self._open.values(), key=lambda campaign: (campaign.opened, campaign.uid))
        for tenant in [tenant for tenant, of in self._campaign_of.items() if of == uid]:
            other = next((campaign for campaign in others if tenant in campaign.named), None)
            if other is None:
                del self._campaign_of[tenant], self._named[tenant]
            else:
                self._campaign_of[tenant], self._named[tenant] = other.uid, other.named[tenant]

    def _state(
        self, campaign: OpenCampaign, activity: Activity, time: int, tenants: list[str]
    ) -> CampaignFinding:
        cluster = self._clusters[campaign.cluster]
        return state(campaign, cluster, self._clusters, activity, time, tenants=tenants, config=self._config)

    def dump(self) -> bytes:
        """Return the whole state as bytes."""
        out = Writer()
        for number in (_VERSION, self.closed, self.late):
            out.number(number)
        self._clusters.dump(out)
        out.half(len(self._pending))
        for fingerprint in self._pending:
            out.raw(fingerprint.encode())
        for findings in (list(self._notes), self._episodes.values()):
            out.half(len(findings))
            for finding in findings:
                out.blob(encode_finding(finding))
        out.half(len(self._open))
        for campaign in self._open.values():
            campaign.dump(out)
        out.half(len(self._named))
        for tenant, time in self._named.items():
            out.label(tenant)
            out.number(time)
            out.label(self._campaign_of[tenant])
        return out.finish()

    def load(self, body: bytes) -> None:
        """Replace the whole state.

        Raises
        ------
        SnapshotError
            The bytes are not such a state.
        """
        source = Reader(body)
        if source.number() != _VERSION:
            raise SnapshotError(f"the bytes are no state of campaigns of version {_VERSION}")
        self.closed, self.late = source.time(), source.count()
        self._clusters = Clusters(self._config)
        self._clusters.load(source)
        pending = [read_fingerprint(source) for _ in range(source.half(MOST_PENDING))]
        self._pending = Agenda(BATCH_MS)
        for fingerprint in pending:
            key = fingerprint.template, fingerprint.tenant, fingerprint.count
            self._pending.put(key, fingerprint.time, fingerprint)
        notes = [decode_finding(source.blob()) for _ in range(source.half(MOST_EPISODES))]
        self._notes = Agenda(BATCH_MS)
        for note in notes:
            self._notes.put((note.tenant, note.uid, *_age(note)), note.time, note)
        episodes = [decode_finding(source.blob()) for _ in range(source.half(MOST_EPISODES))]
        self._episodes = {finding.tenant: finding for finding in episodes}
        campaigns = [OpenCampaign.load(source) for _ in range(source.half())]
        self._open = {campaign.cluster: campaign for campaign in campaigns}
        self._check_open()
        self._named, self._campaign_of = {}, {}
        for _ in range(source.half()):
            tenant = source.label(MAX_NAME_BYTES)
            self._named[tenant] = source.time()
            self._campaign_of[tenant] = source.label(36)
        source.end()

    def _check_open(self) -> None:
        for number, campaign in self._open.items():
            if number not in self._clusters:
                raise SnapshotError("a campaign without its templates")
            if not campaign.waiting.keys() <= self._clusters[number].accounts.keys():
                raise SnapshotError("a campaign waits for accounts that are not there")
            self._clusters.keep(number)


def _age(finding: Finding) -> tuple[int, Activity]:
    """Order what is said of one episode."""
    return finding.time, finding.activity
