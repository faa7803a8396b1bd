"""Findings in Splunk: times, aliases for the Common Information Model, and what is left out."""

from __future__ import annotations

import json
import re
from configparser import RawConfigParser
from typing import Any

import pytest

from tests.consumers.paths import FINDINGS, FOLDER, said
from tests.streams.notify.findings import MARKS, record


def conf(name: str) -> RawConfigParser:
    """One of the configuration files."""
    parser = RawConfigParser(delimiters=["="], comment_prefixes=["#"], strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(FOLDER / "splunk" / f"{name}.conf", encoding="utf-8")
    return parser


PROPS = dict(conf("props")["distillwatch:finding"])
README = (FOLDER / "README.md").read_text(encoding="utf-8")
# As the Common Information Model names the fields of its data model "Alerts".
CIM = {"app", "type", "id", "severity", "user", "description", "signature", "signature_id", "subject"}
CIM |= {"vendor_account", "mitre_technique_id"}


def steps(path: str) -> list[str]:
    """A path as Splunk writes it, where `{}` stands for all of a list."""
    return path.replace("{}", "").split(".")


ALIASES = [value.split(" AS ") for name, value in PROPS.items() if name.startswith("FIELDALIAS-")]
CALCULATED = {name.removeprefix("EVAL-"): value for name, value in PROPS.items() if name.startswith("EVAL-")}


@pytest.mark.parametrize(("path", "name"), ALIASES)
def test_an_alias_stands_for_a_field_of_a_finding(path: str, name: str) -> None:
    assert said(steps(path)), path
    assert name.isidentifier()


@pytest.mark.parametrize("expression", CALCULATED.values(), ids=CALCULATED)
def test_a_calculated_field_names_fields_of_a_finding(expression: str) -> None:
    for path in re.findall(r"'([^']+)'", expression):
        assert said(steps(path)), path


def test_the_fields_of_the_alerts_model_are_there() -> None:
    assert {name for _, name in ALIASES} | set(CALCULATED) >= CIM


@pytest.mark.parametrize("found", FINDINGS)
def test_the_time_is_the_findings_own(found: dict[str, Any]) -> None:
    for written in (json.dumps(found), json.dumps(found, separators=(",", ":"))):
        places = [match.end() for match in re.finditer(PROPS["TIME_PREFIX"], written)]
        assert len(places) == 1
        after = written[places[0] :].lstrip()[: int(PROPS["MAX_TIMESTAMP_LOOKAHEAD"])]
        assert int(after) == found["time"]
    assert PROPS["TIME_FORMAT"] == "%s%3N"


@pytest.mark.parametrize("mark", ["", *MARKS])
def test_only_what_a_backtest_said_is_dropped(mark: str) -> None:
    pattern = conf("transforms")["distillwatch_drop_replay"]["REGEX"]
    for written in (json.dumps(record(mark)), json.dumps(record(mark), separators=(",", ":"))):
        assert bool(re.search(pattern, written)) is (mark == "replay")
    assert PROPS["TRANSFORMS-replay"] == "distillwatch_drop_replay"


def test_the_event_type_asks_for_fields_of_a_finding_and_is_tagged() -> None:
    search = conf("eventtypes")["distillwatch_alert"]["search"]
    for path in re.findall(r"([\w.{}]+)=", search.replace('sourcetype="distillwatch:finding"', "")):
        assert said(steps(path)), path
    assert dict(conf("tags")["eventtype=distillwatch_alert"]) == {"alert": "enabled"}


def test_the_readme_lists_every_splunk_field_and_no_other() -> None:
    table = README.split("| Splunk field |")[1].split("\n\n")[0]
    rows = {row.split("|")[1].strip(" `") for row in table.splitlines()[2:]}
    assert rows == {name for _, name in ALIASES} | set(CALCULATED)
