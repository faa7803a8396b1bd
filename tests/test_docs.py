"""The documents and the code name the same things."""

from __future__ import annotations

import re
import subprocess
import tomllib
from dataclasses import fields as fields_of
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import typer
from pydantic import SecretStr

from models.campaign.finding import CampaignFinding, Member
from models.control.annotation import Annotation
from models.control.encoding import change_fields
from models.control.parsing import ACTIONS, SEVERITIES
from models.control.records import (
    KINDS,
    Change,
    Judged,
    Scope,
    Verdict,
)
from models.control.signals import SIGNALS
from models.episode import State
from models.event import RequestEvent
from models.finding import Activity, Finding, RequestRef, Severity, SignalReading
from models.formats.adapter import AdapterOptions
from models.formats.paths import parse_path
from models.formats.registry import ADAPTERS, check_options
from models.native import decode_native
from models.score import Score
from streams.cli import app
from streams.dead_letters import DeadLetter
from streams.notify.letters import NOT_DELIVERED
from streams.notify.metrics import NotifyMetrics
from streams.ocsf import to_ocsf, to_record
from streams.score_record import score_to_json
from streams.settings import Settings
from tests.metric_names import Kind, registered
from tests.models.control.changes import every_change

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
ALERTS = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
CONTROL = (ROOT / "docs/control.md").read_text(encoding="utf-8")
FORMATS = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
CAMPAIGNS_LACK = (
    "finding_info.related_events",
    "metadata.tenant_uid",
    "unmapped.budget_days",
    "unmapped.content_seen",
    "unmapped.override",
    "unmapped.population",
    "unmapped.sample",
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
    if value is None or isinstance(value, SecretStr) or value in ((), {}):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def commands(group: typer.core.TyperGroup, prefix: str = "distillwatch") -> Iterator[str]:
    """Every command with the groups it stands in."""
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            if command.invoke_without_command:
                yield f"{prefix} {name}"
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
    rows = re.findall(r"^\| `([^`]+)` \| (\w+) \| ([^|]*) \|", section(OPERATIONS, "Metrics"), re.MULTILINE)
    documented = {name: Kind(of, tuple(re.findall(r"`(\w+)`", labels))) for name, of, labels in rows}
    assert documented == registered()


def test_every_metric_of_notify_is_documented_and_no_other_is() -> None:
    suffixes = {"counter": "_total"}
    names = {family.name + suffixes.get(family.type, "") for family in NotifyMetrics().registry.collect()}
    table = section(OPERATIONS, "Notifications").split("| metric |")[1]
    assert set(first_column(table)) == names


def test_every_header_of_a_dead_letter_is_documented_and_no_other_is() -> None:
    letter = DeadLetter(None, b"", "not_json", "", "intake", "requests", 0, 0, "native")
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


def annotation() -> Annotation:
    """All that operators can have to say of a finding."""
    judged = Judged(finding().uid, Verdict.BENIGN, "acme", "novelty")
    verdict = Change("v1", 1_795_449_600_000, "ann", "a launch", judged)
    marks = {"shadow_by": "c3", "override": "c4", "verdict": verdict, "sample": "c5"}
    return Annotation(("c1",), ("c2",), **marks)  # type: ignore[arg-type]


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
    assert documented == fields(to_ocsf(finding(), annotation(), replay=True))


def test_every_field_of_a_campaigns_finding_is_documented_and_no_other_is() -> None:
    text = section(ALERTS, "Campaigns")
    before, table, of_resources = re.split(r"^\| field .*\n", text, flags=re.MULTILINE)
    alone = fields(to_ocsf(finding(), annotation(), replay=True))
    of_campaign = replace(annotation(), override="", sample="")
    together = fields(to_ocsf(campaign(), of_campaign, replay=True))
    assert set(re.findall(r"`([^`]+)`", before)) >= {*CAMPAIGNS_LACK} == alone - together
    assert together - alone <= set(first_column(table)) <= together
    (resource,) = to_ocsf(campaign())["resources"]
    inner = {f"data.{name}" for name in resource["data"]}
    assert set(first_column(of_resources)) == (set(resource) - {"data"}) | inner


def test_every_kind_of_a_control_record_and_each_of_its_fields_is_documented_and_no_other_is() -> None:
    heads = r"^\| (?:kind|field) \| (?:fields|values) \|.*\n"
    base, kinds, _ = re.split(heads, section(CONTROL, "Records"), flags=re.MULTILINE)
    common, rows = set(first_column(base)), re.findall(r"^\| `(\w+)` \| ([^|]+)", kinds, re.MULTILINE)
    documented = {kind: set(re.findall(r"`(\w+)`", cell)) - {"reason"} for kind, cell in rows}
    found: dict[str, set[str]] = {}
    for change in every_change():
        found.setdefault(change.kind, set()).update(change_fields(change))
    assert documented == {kind: names - common for kind, names in found.items()}
    assert found.keys() == KINDS.keys()
    assert common <= set.union(*found.values())


def test_every_word_of_a_control_record_is_documented() -> None:
    words = (*ACTIONS, *SIGNALS, *SEVERITIES, *Verdict, *Scope)
    assert [word for word in words if f"`{word}`" not in CONTROL] == []


def test_every_reason_to_refuse_a_control_record_is_documented_and_no_other_is() -> None:
    sources = "".join(
        file.read_text(encoding="utf-8")
        for file in (*(ROOT / "models/control").glob("*.py"), ROOT / "streams/control_reading.py")
    )
    cells = re.findall(r"^\| (`[^|]+) \|", CONTROL.split("| reason | the record |", 1)[1], re.MULTILINE)
    documented = {name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)}
    used = set(re.findall(r"ControlError\(\s*\"([a-z_]+)\"", sources))
    assert used == documented - {word.value for word in Verdict}


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
    cells = re.findall(r"^\| (`distillwatch [^|]+) \|", section(README, "Commands"), re.MULTILINE)
    documented = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    assert sorted(documented) == sorted(commands(group))


def test_every_reason_of_the_decoders_is_documented() -> None:
    sources = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("models", "streams")
        for file in (ROOT / folder).rglob("*.py")
    )
    reasons = set(
        re.findall(r"(?:DecodeError|Reject|DeadLetter|_refusing)\([^\"()]*\"([a-z0-9_]+)\"", sources)
    )
    assert reasons
    assert {*reasons, NOT_DELIVERED} - set(
        first_column(section(FORMATS, "Records that cannot be understood"))
    ) == set()


def test_every_field_of_the_native_format_is_documented_and_no_other_is() -> None:
    assert set(first_column(section(FORMATS, "native"))) == set(RequestEvent.__dataclass_fields__)


def heading_of(name: str) -> str:
    """The section of `docs/formats.md` that a format has."""
    return "otlp_proto, otlp_json" if name.startswith("otlp") else name


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_path_of_a_format_is_documented_in_its_order_and_no_other_is(name: str) -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", section(FORMATS, heading_of(name)), re.MULTILINE)
    source = ADAPTERS[name].source
    expected = {"tenant": source.tenant, **source.fields} if source.tenant else {}
    assert {field: tuple(re.findall(r"`([^`]+)`", cell)) for field, cell in rows} == expected


def test_the_settings_for_mapping_of_the_document_are_right() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", section(FORMATS, "mapping"), re.DOTALL)
    settings = tomllib.loads(example)["source"]
    check_options(settings["format"], AdapterOptions(tuple(settings["tenant"]), settings["fields"]))


def test_the_pair_of_the_document_is_understood() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", section(FORMATS, "openai"), re.DOTALL)
    (event,) = ADAPTERS["openai"].decode(example.encode(), AdapterOptions())
    assert isinstance(event, RequestEvent)
    assert event.tenant == "acme"


def test_every_path_of_the_document_is_one() -> None:
    paths = re.findall(r"^\| (`.+`) \| (?:a|the) ", section(FORMATS, "Paths"), re.MULTILINE)
    named = [path for cell in paths for path in re.findall(r"`([^`]+)`", cell)]
    assert named
    assert [parse_path(path) for path in named]


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
    for_further_sources = {
        re.sub("SOURCES__[A-Z]+__", "SOURCE__", name) for name in named if "_SOURCES__" in name
    }
    named = {name for name in named if "_SOURCES__" not in name} | for_further_sources
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
