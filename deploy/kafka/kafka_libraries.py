"""The jars of a local Apache Kafka: fetched once with Maven, then kept in a cache folder."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

HERE = Path(__file__).resolve().parent
POM = HERE / "pom.xml"
FETCH_TIMEOUT_SECONDS = 900
OLDEST_JAVA = 17


class LocalKafkaError(Exception):
    """A local Kafka cannot be fetched or started; the text says what to do."""


def kafka_version() -> str:
    """Return the version of Apache Kafka that `pom.xml` names."""
    version = ET.parse(POM).findtext("dependencies/dependency[artifactId='kafka_2.13']/version")  # noqa: S314 -- our own file
    if not version:
        raise LocalKafkaError(f"{POM} names no version of kafka_2.13")
    return version


def cache_folder() -> Path:
    """Return where jars are kept: `DISTILLWATCH_CACHE`, or `.cache` in the repository."""
    return Path(os.environ.get("DISTILLWATCH_CACHE") or HERE.parents[1] / ".cache")


def find_java() -> str:
    """Return the path of a Java 17 or newer.

    Raises
    ------
    LocalKafkaError
        There is none, or it is too old.
    """
    java = _find_program("java", "default-jre-headless")
    printed = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', printed)
    if found is None or int(found.group(1)) < OLDEST_JAVA:
        raise LocalKafkaError(
            f"Apache Kafka {kafka_version()} needs Java {OLDEST_JAVA} or newer and {java} is older: "
            "run `apt-get install default-jre-headless`"
        )
    return java


def fetch_libraries() -> Path:
    """Return the folder of Kafka's jars and fetch them if they are not there yet.

    Processes that call this at the same time wait for the first of them; an interrupted fetch leaves
    nothing that looks complete.

    Raises
    ------
    LocalKafkaError
        Maven is missing or cannot fetch.
    """
    cache = cache_folder()
    libraries = cache / f"kafka-{kafka_version()}"
    if libraries.is_dir():
        return libraries
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{libraries.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not libraries.is_dir():
            _fetch(libraries)
    return libraries


def _fetch(libraries: Path) -> None:
    maven = _find_program("mvn", "maven")
    unfinished = Path(tempfile.mkdtemp(prefix=f"{libraries.name}.", dir=libraries.parent))
    try:
        _copy_dependencies(maven, unfinished)
        unfinished.rename(libraries)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _copy_dependencies(maven: str, folder: Path) -> None:
    command = [maven, "--quiet", "--batch-mode", "--file", str(POM), "dependency:copy-dependencies"]
    options = [f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    try:
        finished = subprocess.run(
            [*command, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=FETCH_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LocalKafkaError(f"Maven fetched nothing within {FETCH_TIMEOUT_SECONDS} s: try again") from error
    if finished.returncode:
        raise LocalKafkaError(
            "Maven cannot fetch Apache Kafka; is Maven Central or a mirror of it reachable?\n"
            + "\n".join(finished.stdout.splitlines()[-5:])
        )


def _find_program(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise LocalKafkaError(f"`{name}` is not installed: run `apt-get install {package}`")
    return path
