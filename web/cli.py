"""The command ``flaskscope``.

Nothing of the dashboard is imported before its command runs: eventlet has to patch first.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

import click

from .lifeline import LIFELINE, end_with_parent

_MODES = ["eventlet", "threading"]
_FORMATS = ["jsonl", "chrome", "html", "otlp"]
"""Those of ``web.exports``, which is too much to import for them; a test holds them together."""

dashboard_option = click.option(
    "--dashboard",
    "url",
    envvar="FLASKSCOPE_DASHBOARD",
    default=lambda: f"http://127.0.0.1:{os.environ.get('PORT') or 5000}",
    show_default="http://127.0.0.1:5000",
    help="Address of a running dashboard.",
)
token_option = click.option(
    "--token",
    envvar="FLASKSCOPE_TOKEN",
    help="Its key; without one, that of your own dashboard on this machine is used.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """See how a Flask application handles a request, live, in a browser."""
    if os.environ.pop(LIFELINE, ""):  # it is not for the processes that we start
        end_with_parent()


@main.command()
@click.option("--host", help="Address to listen on; 127.0.0.1 unless given.")
@click.option("--port", type=click.IntRange(1, 65535), help="PORT, else 5000.")
@click.option("--db", "database", help="SQLAlchemy URL or path; FLASKSCOPE_DB, else your data.")
@click.option("--token", help="One key for everything; FLASKSCOPE_TOKEN, else new keys.")
@click.option("--async-mode", type=click.Choice(_MODES), help="FLASKSCOPE_ASYNC_MODE.")
def dashboard(
    host: str | None,
    port: int | None,
    database: str | None,
    token: str | None,
    async_mode: str | None,
) -> None:
    """Start the dashboard and print its address."""
    try:
        _serve(host, port, database, token, async_mode)
    except ModuleNotFoundError as error:
        # Somebody installed what traces, and asks for what shows.
        raise click.ClickException(
            f"The dashboard needs {error.name}: pip install 'flaskscope[dashboard]'"
        ) from error
    _end_at_once()


def _serve(
    host: str | None,
    port: int | None,
    database: str | None,
    token: str | None,
    async_mode: str | None,
) -> None:
    """Serve the dashboard until a signal ends it."""
    from . import server

    server.patch(async_mode or os.environ.get("FLASKSCOPE_ASYNC_MODE") or "eventlet")
    from .config import Config, ConfigError

    try:
        config = Config.from_environment(
            os.environ, host=host, port=port, database=database, token=token, async_mode=async_mode
        )
        server.serve(config, lambda address: click.echo(f"Flaskscope: {address}"))
    except ConfigError as error:
        raise click.ClickException(str(error)) from None


@main.command()
@dashboard_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=5100, show_default=True)
@click.option("--only", multiple=True, metavar="LESSON", help="An id or a name; may be repeated.")
@click.option("--quiet", is_flag=True, help="Do not say where they are served.")
@click.option("--list", "listing", is_flag=True, help="Name the lessons and end.")
def samples(
    url: str, host: str, port: int, only: tuple[str, ...], quiet: bool, listing: bool
) -> None:
    """Serve the sample applications, traced."""
    arguments = ["--dashboard", url, "--host", host, "--port", str(port)]
    arguments += [word for name in only for word in ("--only", name)]
    # Run, not imported: the dashboard knows the samples as a program alone.
    arguments += [flag for flag, is_set in (("--quiet", quiet), ("--list", listing)) if is_set]
    sys.argv = ["flaskscope samples", *arguments]
    runpy.run_module("sample_apps", run_name="__main__", alter_sys=True)


@main.command(context_settings={"allow_interspersed_args": False})
@click.option(
    "--dashboard",
    "url",
    envvar="FLASKSCOPE_DASHBOARD",
    help="Address of a dashboard; started there if none answers. FLASKSCOPE_DASHBOARD, else yours.",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND…")
def run(url: str | None, command: tuple[str, ...]) -> None:
    """Run a command with every Flask application in it traced."""
    from .run import end_like
    from .run import run as run_command

    end_like(run_command(command, url))


@main.command("list")
@dashboard_option
@token_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_recordings(url: str, token: str | None, as_json: bool) -> None:
    """List the recordings."""
    for item in _client(url, token).recordings():
        click.echo(json.dumps(item) if as_json else _line(item))


@main.command("export")
@dashboard_option
@token_option
@click.argument("recording", metavar="ID|NAME")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="jsonl",
    show_default=True,
    help="JSON Lines, Chrome's trace JSON for Perfetto, one HTML file, or OTLP as JSON.",
)
def export_recording(
    url: str, token: str | None, recording: str, output: Path | None, form: str
) -> None:
    """Write a recording to standard output or a file."""
    client = _client(url, token)
    if output is None:
        client.export(recording, form, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    # Beside its place first: a broken connection must not leave half a file under the name.
    partial = output.with_name(f".{output.name}.partial")
    try:
        with partial.open("wb") as file:
            client.export(recording, form, file)
        partial.replace(output)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
    click.echo(f"{output}: {output.stat().st_size} bytes", err=True)


@main.command("import")
@dashboard_option
@token_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_recording(url: str, token: str | None, file: Path) -> None:
    """Bring an exported recording back in."""
    with file.open("rb") as content:
        item = _client(url, token).import_file(content, file.stat().st_size)
    click.echo(_line(item))
    for what, number in item["left_out"].items():
        click.echo(f"Not understood, and left out: {number} {what}.", err=True)


@main.command("convert")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE…",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--to", "form", type=click.Choice(_FORMATS), required=True, help="The format.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="For one.")
def convert_files(files: tuple[Path, ...], form: str, output: Path | None) -> None:
    """Write exported files in another format, each beside its FILE. Needs no dashboard."""
    if output is not None and len(files) > 1:
        raise click.UsageError("-o names the one file that is written; several FILEs were given.")
    try:
        from .config import ConfigError
        from .convert import UNREADABLE, convert
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"Converting needs {error.name}: pip install 'flaskscope[dashboard]'"
        ) from error
    for file in files:
        try:
            click.echo(convert(file, form, output))
        except UNREADABLE as error:
            raise click.ClickException(f"{file} is not a recording: {error}.") from error
        except (ConfigError, OSError) as error:
            raise click.ClickException(str(error)) from error


def _client(url: str, token: str | None) -> Any:
    from .client import Client

    return Client(url, token)


def _line(item: dict[str, Any]) -> str:
    return f"{item['id']}  {item['state']:<11}  {item['events']:>9} events  {item['name']}"


def _end_at_once() -> None:
    """End without waiting for greenlets or a query; everything is closed and flushed."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
