"""The lessons as data, for whoever reads them: also while no sample application runs.

Their files lie beside the programs in ``sample_apps``, which is read here and never imported: the
dashboard knows the samples as a program alone (see ``docs/lessons.md``).
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from .problems import Problem

FOLDER: Final = Path(__file__).resolve().parent.parent / "sample_apps"
SCRIPTS: Final = "/_scripts"
"""Where the samples run scripts; the base URL of the program that announces them ends so."""
TEXTS: Final = ("title", "question", "watch", "mistake", "then", "now")
IN_LISTS: Final = ("id", "slug", "section", "section_title", "title", "hour")


def list_lessons() -> list[dict[str, Any]]:
    """Every lesson by its names, in the order of the tutorial."""
    return [{name: lesson[name] for name in IN_LISTS} for lesson in _lessons()]


def read_lesson(name: str) -> dict[str, Any]:
    """The lesson with this id or slug, whole; a 404 :class:`Problem` if there is none."""
    for lesson in _lessons():
        if name.lower() in (lesson["id"].lower(), lesson["slug"]):
            return lesson
    raise Problem(
        404,
        "Unknown lesson",
        "No lesson has this id or name.",
        asked=name,
        todo="GET /api/lessons lists them.",
    )


def recording_of(lesson: dict[str, Any]) -> Path:
    """The file with what its requests did, recorded when its pictures were taken."""
    program: str = lesson["file"]
    return (FOLDER.parent / program).with_suffix(".jsonl.gz")


@cache
def _lessons() -> list[dict[str, Any]]:
    # The files are part of the program: they do not change while it runs.
    sections = _data("sections.json")
    places = {name: place for place, name in enumerate(_data("hour.json"), start=1)}
    found = [_lesson(path, sections, places) for path in FOLDER.glob("s*/*.json")]
    return sorted(found, key=lambda lesson: (lesson["section"], lesson["id"]))


def _data(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def _lesson(path: Path, sections: dict[str, Any], places: dict[str, int]) -> dict[str, Any]:
    data = json.loads(path.read_text(encoding="utf-8"))
    number = data["id"][:-1]
    program = path.with_suffix(".py")
    return {
        "id": data["id"],
        "slug": data["slug"],
        "section": int(number),
        "section_title": sections[number],
        "hour": places.get(data["id"]),
        **{name: data.get(name) for name in TEXTS},
        "script": "script" in data,
        "apart": data.get("apart", False),
        "systems": list(data.get("systems", {})),
        "requests": _requests(data),
        "points": [{"request": 0, "steps": [], "never": [], **point} for point in data["points"]],
        "prediction": _prediction(data.get("prediction")),
        "pictures": _pictures(path.with_suffix(".txt").read_text(encoding="utf-8")),
        "file": program.relative_to(FOLDER.parent).as_posix(),
        "code": program.read_text(encoding="utf-8"),
    }


def _prediction(asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """Without what the choices are tested with: it would give the answer away."""
    if asked is None:
        return None
    return {
        **asked,
        "choices": [{x: choice[x] for x in ("en", "zh")} for choice in asked["choices"]],
    }


def _requests(data: dict[str, Any]) -> list[dict[str, Any]]:
    """What to fire, ``mount`` being the end of the base URL of the application that gets it."""
    if "script" in data:
        label = {"en": "Run the script", "zh": "运行脚本"}
        return [{"label": label, "method": "POST", "path": f"/{data['slug']}", "mount": SCRIPTS}]
    mounts = data.get("mounts", {"app": ""})
    first = next(iter(mounts))
    return [
        {
            "method": "GET",
            **{name: value for name, value in request.items() if name != "app"},
            "mount": f"/{data['slug']}{mounts[request.get('app', first)]}",
        }
        for request in data["requests"]
    ]


def _pictures(text: str) -> list[str]:
    """The picture of each request, without its heading."""
    parts = re.split(r"^== .*\n", text, flags=re.MULTILINE)
    return [part.rstrip("\n") for part in parts[1:]]
