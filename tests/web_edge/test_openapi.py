"""Every route is described, and nothing is described that is not a route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes import DashboardProcess
from web.openapi import build_document


def test_routes_and_descriptions_are_the_same_set(rules: list[Any]) -> None:
    described = {
        (method.upper(), path)
        for path, operations in build_document()["paths"].items()
        for method in operations
    }
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/api", "/ingest", "/healthz"))
    }
    assert described == routes


def test_the_page_of_the_wire_names_the_same_routes() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "wire.md").read_text()
    named = {
        (method, re.sub(r"<(\w+)>", r"{\1}", path))
        for row in page.split("| path | does |")[1].splitlines()
        for method, path in re.findall(r"`([A-Z]+) (/[^`?]*)(?:\?[^`]*)?`", row.split(" | ")[0])
    }
    described = {
        (method.upper(), path)
        for path, operations in build_document()["paths"].items()
        for method in operations
    }
    assert named == described


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_leads_somewhere() -> None:
    document = build_document()
    for reference in set(references(document)):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_path_parameters_are_declared() -> None:
    for path, operations in build_document()["paths"].items():
        for operation in operations.values():
            declared = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"]
            assert declared == re.findall(r"\{(\w+)\}", path)


def check(schema: dict[str, Any], value: Any, document: dict[str, Any], at: str) -> None:
    """A small part of JSON Schema: what our document uses."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        schema = next(s for s in schema["anyOf"] if (s.get("type") == "null") == (value is None))
        check(schema, value, document, at)
        return
    types = {
        "object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
        "number": (int, float), "null": type(None),
    }  # fmt: skip
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    assert not names or any(isinstance(value, types[name]) for name in names), at
    for name in schema.get("required", ()) if isinstance(value, dict) else ():
        assert name in value, f"{at}.{name}"
    for name, sub in schema.get("properties", {}).items() if isinstance(value, dict) else ():
        if name in value:
            check(sub, value[name], document, f"{at}.{name}")
    for item in value if isinstance(value, list) and schema else ():
        check(schema["items"], item, document, f"{at}[]")


@pytest.mark.parametrize(
    "path",
    ["/api/openapi.json", "/api/status", "/api/apps", "/api/traces", "/api/recordings",
     "/api/settings", "/api/snippet", "/api/lessons", "/healthz"],
)  # fmt: skip
def test_answers_are_as_described(dashboard: DashboardProcess, path: str) -> None:
    document = dashboard.request("GET", "/api/openapi.json").json
    assert document["openapi"] == "3.1.0"
    answer = dashboard.request("GET", path)
    assert answer.status == 200
    schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    check(schema["schema"], answer.json, document, path)


def test_problems_are_as_described(dashboard: DashboardProcess) -> None:
    document = dashboard.request("GET", "/api/openapi.json").json
    problem = document["components"]["schemas"]["Problem"]
    for path in ("/api/apps/x/routes", "/api/traces/x", "/api/recordings/x", "/api/nowhere"):
        answer = dashboard.request("GET", path)
        assert answer.status == 404
        check(problem, answer.json, document, path)
