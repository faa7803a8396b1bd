"""Every command of the tutorial, in its order, in an empty folder, on a real Kafka."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

from streams.testing import run_pipeline, synthetic_traffic

ROOT = Path(__file__).resolve().parents[3]
TUTORIAL = ROOT / "docs" / "tutorial.md"


def commands(kafka: str) -> str:
    """The tutorial as a script on the test's broker; the demo is left to its own tests."""
    blocks = re.findall(r"```sh\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks[0] == "make demo\n"
    unique = uuid.uuid4().hex[:8]
    topics = "".join(
        f'{name} = "{name}-{unique}"\n'
        for name in ("sketches", "state", "alerts", "dead_letters", "population", "fingerprints", "scores")
    )
    script = "".join(blocks[1:]).replace("127.0.0.1:9092", kafka).replace("llm-requests", f"source-{unique}")
    settings = f'group = "group-{unique}"\n[topics]\n{topics}[metrics]\nport = 0\n[source]\n'
    script = script.replace("[source]\n", settings, 1)
    return script.replace("$PWD/.venv/bin", str(Path(sys.executable).parent))


def test_every_command_of_the_tutorial_works(kafka: str, tmp_path: Path) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("DISTILLWATCH_")}
    done = subprocess.run(
        ["bash", "-e", "-c", commands(kafka)],
        cwd=tmp_path,
        env={**own, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    uid = run_pipeline(synthetic_traffic().events).findings[0]["finding_info"]["uid"]
    assert done.stdout.count(f"Episode {uid} of tenant ridgeline-outdoor") == 2
    assert f'"uid":"{uid}"' in done.stdout
    assert (tmp_path / "try" / "report" / "report.html").exists()
