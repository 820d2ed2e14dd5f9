"""``python -m sample_apps``: the lessons alone."""

from __future__ import annotations

import argparse
import sys

from .catalog import LESSONS, SECTIONS, select


def parser() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(prog="flaskscope samples", description=__doc__)
    words.add_argument("--dashboard", default="http://127.0.0.1:5000", help="where to send")
    words.add_argument("--host", default="127.0.0.1")
    words.add_argument("--port", type=int, default=5100, help="the next free one if it is taken")
    words.add_argument("--only", action="append", metavar="LESSON", help="an id or a slug")
    words.add_argument("--quiet", action="store_true", help="do not say where they are served")
    words.add_argument("--list", action="store_true", help="name the lessons and end")
    return words


def run(arguments: list[str]) -> int:
    asked = parser().parse_args(arguments)
    if asked.list:
        for lesson in LESSONS:
            section = SECTIONS[lesson.section].en
            print(f"{lesson.id:<4} {lesson.slug:<24} {section}: {lesson.title.en}")
        return 0
    # Only now: the server's library is not needed to list the lessons.
    try:
        from .runner import main
    except ModuleNotFoundError as error:
        if error.name != "cheroot":
            raise
        print("The samples need cheroot: pip install 'flaskscope[samples]'", file=sys.stderr)
        return 1
    try:
        select(asked.only)
        main(asked.dashboard, asked.host, asked.port, asked.only, quiet=asked.quiet)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
