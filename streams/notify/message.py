"""What people are told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid5

from models.finding import NAMESPACE, Severity
from streams.alert_text import moment
from streams.finding_view import SAMPLE, SAMPLE_PREFIX, FindingView
from streams.notify.episodes import News
from streams.plain_text import plain, shortened

MOST_SUBJECT = 80
MOST_LISTED = 10
"""Alerts that a summary names."""
_MENTION = re.compile("@(?=everyone|here|channel|all|room)", re.IGNORECASE)
_MARKUP = str.maketrans("<>[]`", "()()'")


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to be sent.

    Parameters
    ----------
    uid
        Of the episode; the same in all messages on it, and in one that is sent twice.
    findings
        What it is about: one finding, or all of a summary.
    """

    news: News
    uid: str
    title: str
    body: str
    severity: Severity
    findings: tuple[FindingView, ...]

    @property
    def finding(self) -> FindingView:
        """The finding, or the first of them."""
        return self.findings[0]

    @property
    def is_summary(self) -> bool:
        """Whether it stands for several alerts."""
        return len(self.findings) > 1


def message_on(finding: FindingView, news: News, docs_url: str | None = None) -> Message:
    """Return the message on one finding; `docs_url` completes the link to the runbook."""
    return Message(
        news=news,
        uid=finding.uid,
        title=_title(finding, news),
        body="\n".join(_lines(finding, news, docs_url)),
        severity=finding.severity,
        findings=(finding,),
    )


def summary_of(messages: Sequence[Message]) -> Message:
    """Return one message in place of several; it names the gravest of them."""
    opened = [message for message in messages if message.news is News.OPENED]
    resolved = len(messages) - len(opened)
    gravest = sorted(opened or messages, key=lambda message: -message.severity)
    counts = Counter(message.severity for message in opened)
    by_severity = ", ".join(f"{counts[level]} {level.name.lower()}" for level in sorted(counts, reverse=True))
    said = [f"{len(opened)} opened ({by_severity})"] if opened else []
    said += [f"{resolved} resolved"] if resolved else []
    more = len(gravest) - MOST_LISTED
    listed = [message.title for message in gravest[:MOST_LISTED]]
    uids = "".join(message.uid for message in messages)
    return Message(
        news=News.OPENED if opened else News.RESOLVED,
        uid=str(uuid5(NAMESPACE, f"summary\x1f{uids}")),
        title=f"{len(messages)} alerts at once: {', '.join(said)}",
        body="\n".join([*listed, *([f"and {more} more; see `distillwatch alerts`"] if more > 0 else [])]),
        severity=gravest[0].severity,
        findings=tuple(message.finding for message in gravest),
    )


def runbook_link(finding: FindingView, docs_url: str | None) -> str:
    """Return the link to the runbook, complete where it is known where the documents are."""
    if docs_url is None or "://" in finding.runbook:
        return finding.runbook
    return f"{docs_url.rstrip('/')}/{finding.runbook.removeprefix('docs/')}"


def harmless(text: str) -> str:
    """Return a stranger's text without what steers a terminal, hides a link or calls a whole channel."""
    return _MENTION.sub("@\N{WORD JOINER}", plain(text).translate(_MARKUP))


def _title(finding: FindingView, news: News) -> str:
    sample = f"{SAMPLE_PREFIX} " if SAMPLE in finding.marks else ""
    who = f"tenant {shortened(finding.tenant, MOST_SUBJECT)}" if finding.tenant else finding.subject
    what = "RESOLVED" if news is News.RESOLVED else finding.severity.name
    return sample + harmless(f"{what}: {finding.title.removeprefix(SAMPLE_PREFIX).strip()}: {who}")


def _lines(finding: FindingView, news: News, docs_url: str | None) -> list[str]:
    facts = [harmless(finding.message)]
    if news is not News.RESOLVED:
        facts += [f"- {harmless(str(comparison))}" for comparison in finding.comparisons]
        facts.append(f"Do: {finding.response} ({finding.reason})")
    facts += [
        f"Since {moment(finding.start_time)}, {finding.count:,} requests; as of {moment(finding.time)}",
        f"Runbook: {runbook_link(finding, docs_url)}",
        f"Episode: {finding.uid}",
    ]
    return facts
