"""What is written down must be true: the README's examples run, its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
).stdout.splitlines()
DOCUMENTS = [ROOT / name for name in TRACKED if name.endswith(".md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text())
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_the_readme_names_every_target_that_people_type() -> None:
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    readme = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    assert {t for t in targets if f"make {t}" not in readme} == {"help"}


@pytest.mark.parametrize("name", ["README.md", "docs/api.md", "docs/writing-a-probe.md"])
def test_the_examples_run_as_they_stand(name: str, tmp_path: Path) -> None:
    examples = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)
    assert examples
    for number, example in enumerate(examples):
        script = tmp_path / f"example{number}.py"
        script.write_text(example)
        run = subprocess.run(
            [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr


def test_lock_files_name_no_package_index() -> None:
    locks = [*ROOT.glob("requirements/*.lock"), ROOT / "web" / "frontend" / "package-lock.json"]
    named = re.compile(r'"resolved"|index-url|registry\.|pypi|pythonhosted')
    for lock in locks:
        lines = lock.read_text().splitlines()
        assert [line for line in lines if named.search(line)] == [], lock.name


def test_the_vocabulary_is_documented_as_it_stands() -> None:
    check = [sys.executable, str(ROOT / "scripts" / "generate_events_doc.py"), "--check"]
    assert subprocess.run(check, check=False).returncode == 0, "run scripts/generate_events_doc.py"


def test_every_promise_names_tests_that_are_there() -> None:
    promises = re.findall(
        r"^\| (A\d+) \|.*\| (.*) \|$", (ROOT / "docs/safety.md").read_text(), re.M
    )
    assert [number for number, _ in promises] == [f"A{number}" for number in range(1, 17)]
    for number, tests in promises:
        file = ""
        for named in re.findall(r"`((?:tests/|::)[^`]+)`", tests):
            path, _, function = named.partition("::")
            file = path or file
            text = (ROOT / file).read_text()
            assert f"\ndef {function}(" in text or not function, f"{number}: {named}"
        assert file, number
