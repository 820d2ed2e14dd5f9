"""One HTML file that shows its recording anywhere, offline: the page's script, events beside it.

What the dashboard would answer stands in the file under the path it would be asked for, in elements
that no browser runs. Nothing traced stands outside of them but the title, and the content security
policy lets in one script and one style sheet by their hashes, and no request at all.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from tracer.wire import Columns, encode_block
from web import blocks
from web.apps import registered_item
from web.highlight import token_lines
from web.offline_page import OfflinePage, policy_hash

from .content import Content, Survey

ENCLOSED: Final = "file"
"""The id that the recording has in its file; the page knows it as ``fragment_bar.ts`` says."""
LISTED: Final = 500
"""Traces in the page's list, the latest ones; events are there of all."""

_POLICY: Final = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data:; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEAD: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} – Flaskscope</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<div id="app"></div>
<noscript>Flaskscope draws its pictures with JavaScript; please allow it for this file.</noscript>
"""


def html(content: Content) -> Iterator[str]:
    """The file in pieces; :class:`ConfigError` at once if the page was not built."""
    return _html(content, OfflinePage.read(content.page))


def _html(content: Content, page: OfflinePage) -> Iterator[str]:
    survey = content.survey()
    yield _HEAD.format(
        policy=_POLICY.format(script=policy_hash(page.script), style=policy_hash(page.style)),
        title=escape(content.name),
        style=page.style,
    )
    yield from _answers(content, survey)
    for text in content.each(_block):
        yield f'<script type="text/plain" data-block>{text}</script>\n'
    yield f'<script type="module">{page.script}</script>\n</body>\n</html>\n'


def _answers(content: Content, survey: Survey) -> Iterator[str]:
    recording = f"api/recordings/{ENCLOSED}"
    yield _answer(recording, _recording(content, survey))
    yield from _list(f"{recording}/traces", content.traces(LISTED))
    header = content.header(survey)
    apps = header.get("apps", ())
    registered = [registered_item(app.get("agent"), app) for app in apps]
    yield _answer(f"{recording}/registry", {"items": registered})
    agents = {agent.get("id"): agent for agent in header.get("agents", ())}
    items = [
        _application(str(number), app, agents.get(app.get("agent"), {}), survey.end_ts)
        for number, app in enumerate(apps)
    ]
    yield _answer("api/status", _status(items))
    for source in map(json.loads, content.sources(survey)):
        tokens = token_lines(source["text"])
        yield _answer(f"api/sources/{source['id']}", {**source, "tokens": tokens})


def _recording(content: Content, survey: Survey) -> dict[str, Any]:
    """The item of the recording; one made up for a single trace."""
    if content.recording is not None:
        item = content.runtime.run(content.store.archive.item, content.recording)
        return {**(item or {}), "id": ENCLOSED}
    return {
        "id": ENCLOSED,
        "name": content.name,
        "state": "stopped",
        "problem": None,
        "started": survey.start_ts,
        "stopped": survey.end_ts,
        "events": survey.events,
        "traces": 1,
        "bytes": 0,
        "origin": "import",
        "start_ts": survey.start_ts,
        "end_ts": survey.end_ts,
    }


def _application(
    number: str, app: Mapping[str, Any], agent: Mapping[str, Any], end_ts: int
) -> dict[str, Any]:
    """An application as the page knows them: gone, since it is looked at in a file."""
    return {
        "id": number,
        "name": app.get("key") or app.get("name") or "",
        **{key: app.get(key) for key in ("framework", "version", "base_url")},
        "allow_methods": app.get("allow_methods") or [],
        "samples": [],
        "connected": False,
        "gone_since": end_ts,
        **{key: agent.get(key) for key in ("pid", "host", "python", "command")},
        "agent": agent.get("id"),
    }


def _status(apps: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apps": apps,
        "awaited": [],
        "recording": None,
        "store": {"ok": True, "problem": None},
        "dropped": {},
        "rate": 0,
        "newest_seq": 0,
    }


def _block(agent: str, columns: Columns) -> str:
    block = encode_block(columns, agent=agent, first=None)
    return base64.b64encode(blocks.pack(block)).decode()


def _list(path: str, items: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield _opening(path) + '{"items":['
    comma = ""
    for item in items:
        yield comma + _json(item)
        comma = ",\n"
    yield "]}</script>\n"


def _answer(path: str, value: Any) -> str:
    return f"{_opening(path)}{_json(value)}</script>\n"


def _opening(path: str) -> str:
    return f'<script type="application/json" data-path="{escape(path)}">'


def _json(value: Any) -> str:
    """*value* as JSON in which nothing can end the element that it stands in, or open a comment."""
    # ASCII, so that no encoding is to be trusted; "<" stands inside of JSON's strings only.
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
