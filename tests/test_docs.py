"""The documents and the code name the same things."""

from __future__ import annotations

import re
import subprocess
from dataclasses import fields as fields_of
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import typer
from pydantic import SecretStr

from models.campaign.finding import CampaignFinding, Member
from models.episode import State
from models.event import RequestEvent
from models.finding import Activity, Finding, RequestRef, Severity, SignalReading
from models.native import decode_native
from models.score import Score
from streams.cli import app
from streams.dead_letters import DeadLetter
from streams.metrics import Metrics
from streams.ocsf import to_ocsf, to_record
from streams.score_record import score_to_json
from streams.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
ALERTS = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
FORMATS = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
CAMPAIGNS_LACK = (
    "finding_info.related_events",
    "metadata.tenant_uid",
    "unmapped.budget_days",
    "unmapped.content_seen",
    "unmapped.population",
)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def tracked_markdown() -> list[Path]:
    """Every Markdown file that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return sorted(ROOT / name for name in set(listed) if (ROOT / name).exists())


def section(document: str, heading: str) -> str:
    """The text under a heading, up to the next one of any level."""
    return re.split(r"^#+ ", document.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def first_column(text: str) -> list[str]:
    """What stands in code type at the start of each row of a table."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


def written(value: object) -> str:
    """A default as the table of settings writes it."""
    if value is None or isinstance(value, SecretStr):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def commands(group: typer.core.TyperGroup, prefix: str = "distillwatch") -> Iterator[str]:
    """Every command with the groups it stands in."""
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_every_setting_is_documented_with_its_default_and_no_other_is() -> None:
    defaults = {
        f"{name}.{key}": written(value)
        for name, values in Settings().model_dump().items()
        for key, value in values.items()
    }
    rows = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", section(OPERATIONS, "Settings"), re.MULTILINE))
    assert {name: default.strip() for name, default in rows.items()} == defaults


def test_every_metric_is_documented_and_no_other_is() -> None:
    suffixes = {"counter": "_total", "info": "_info"}
    names = {family.name + suffixes.get(family.type, "") for family in Metrics().registry.collect()}
    assert set(first_column(section(OPERATIONS, "Metrics"))) == names


def test_every_header_of_a_dead_letter_is_documented_and_no_other_is() -> None:
    letter = DeadLetter(None, b"", "not_json", "", "intake", "requests", 0, 0)
    assert first_column(section(OPERATIONS, "Dead letters")) == [name for name, _ in letter.headers()]


def finding() -> Finding:
    """A finding in which every field has something to say."""
    reading = SignalReading("novelty", 2.0, 1.0, "nats", 3.0)
    request = RequestRef("request-1", "requests", 0, 17, "00ff")
    return Finding(
        uid="6fd64adc-4b34-5f50-80bf-a1a03af3ee05",
        activity=Activity.CREATE,
        tenant="acme",
        time=1_795_449_600_000,
        start_time=1_795_449_500_000,
        severity=Severity.HIGH,
        risk_score=60,
        confidence_score=90,
        evidence=2e6,
        threshold=1e3,
        budget_days=90.0,
        count=40,
        signals=(reading,),
        requests=(request,),
        content_seen=True,
        config_digest="0123456789ab",
        population="2026-03-05T07:40Z-1684ea4e",
        campaign="4f0c2a6e-1111-5222-8333-555555555555",
    )


def campaign() -> CampaignFinding:
    """A campaign's finding in which every field has something to say."""
    alone = finding()
    same = {field.name for field in fields_of(CampaignFinding)} & {field.name for field in fields_of(Finding)}
    return CampaignFinding(
        **{name: getattr(alone, name) for name in same},
        false_per_day=0.01,
        members=(Member("acme", 97, alone.start_time, alone.time, 26, 1.0),),
        accounts=60,
        disjoint=0.97,
        templates=(255,),
    )


def fields(value: dict[str, Any]) -> set[str]:
    """Dotted names of the fields of an object, one level down where the document goes one level down."""
    nested = ("metadata", "finding_info", "unmapped")
    return {
        f"{name}.{inner}" if name in nested else name
        for name, inside in value.items()
        for inner in (inside if name in nested else [""])
    }


def test_every_field_of_a_finding_is_documented_and_no_other_is() -> None:
    cells = re.findall(r"^\| (`[^|]+) \|", section(ALERTS, "Value"), re.MULTILINE)
    documented = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    assert documented == fields(to_ocsf(finding(), replay=True))


def test_every_field_of_a_campaigns_finding_is_documented_and_no_other_is() -> None:
    text = section(ALERTS, "Campaigns")
    before, table, of_resources = re.split(r"^\| field .*\n", text, flags=re.MULTILINE)
    alone, together = fields(to_ocsf(finding(), replay=True)), fields(to_ocsf(campaign(), replay=True))
    assert set(re.findall(r"`([^`]+)`", before)) >= {*CAMPAIGNS_LACK} == alone - together
    assert together - alone <= set(first_column(table)) <= together
    (resource,) = to_ocsf(campaign())["resources"]
    inner = {f"data.{name}" for name in resource["data"]}
    assert set(first_column(of_resources)) == (set(resource) - {"data"}) | inner


def test_every_header_of_a_finding_is_documented_and_no_other_is() -> None:
    _, _, headers = to_record(finding())
    assert first_column(section(ALERTS, "Key and headers")) == [name for name, _ in headers]


def test_every_field_of_a_score_is_documented_and_no_other_is() -> None:
    reading = SignalReading("novelty", 2.0, 1.0, "nats", 3.0)
    standing = (State.ALERTING, 1.0, 2.0, "6fd64adc-4b34-5f50-80bf-a1a03af3ee05", (reading,))
    score = Score("acme", 300_000, 1, 2, *standing, content_seen=True, config_digest="0123456789ab")
    cells = re.findall(r"^\| (`[^|]+) \|", section(ALERTS, "Scores"), re.MULTILINE)
    documented = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    assert documented == set(score_to_json(score))


def test_the_runbook_that_a_finding_links_exists() -> None:
    for links in (to_ocsf(one)["remediation"]["references"] for one in (finding(), campaign())):
        path, _, anchor = links[0].partition("#")
        assert anchor in anchors(ROOT / path)


def test_every_command_is_in_the_readme_and_no_other_is() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    assert sorted(first_column(section(README, "Commands"))) == sorted(commands(group))


def test_every_reason_of_the_decoders_is_documented() -> None:
    sources = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("models", "streams")
        for file in (ROOT / folder).rglob("*.py")
    )
    reasons = set(re.findall(r"(?:DecodeError|Reject|DeadLetter)\([^\"()]*\"([a-z0-9_]+)\"", sources))
    assert reasons
    assert reasons - set(first_column(section(FORMATS, "Records that cannot be understood"))) == set()


def test_every_field_of_the_native_format_is_documented_and_no_other_is() -> None:
    assert set(first_column(section(FORMATS, "native"))) == set(RequestEvent.__dataclass_fields__)


def test_the_example_of_the_readme_is_understood() -> None:
    example = re.search(r"^    (\{\"id\".*\})$", README, re.MULTILINE)
    assert example
    event = decode_native(orjson.dumps(orjson.loads(example[1])))
    assert event
    assert event.tenant == "acme"


def test_every_environment_variable_that_a_document_names_is_a_setting() -> None:
    known = {
        f"DISTILLWATCH_{name}__{key}".upper()
        for name, values in Settings().model_dump().items()
        for key in values
    }
    named = {
        variable
        for file in tracked_markdown()
        for variable in re.findall(r"DISTILLWATCH_[A-Z]+__[A-Z_]+", file.read_text(encoding="utf-8"))
    }
    assert named - known - {"DISTILLWATCH_SECTION__KEY"} == set()


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
    named = {
        target
        for file in tracked_markdown()
        for target in re.findall(r"(?:`|^    )make ([a-z-]+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"setup", "demo", "test", "bench", "kafka"} <= targets
    assert named - targets == set()


@pytest.mark.parametrize("file", tracked_markdown(), ids=lambda file: str(file.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(file: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (file.parent / path).resolve() if path else file
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def anchors(file: Path) -> set[str]:
    """Anchors of a file's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
