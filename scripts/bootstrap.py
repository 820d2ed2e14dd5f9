"""Make .venv hold what one purpose needs: ``bootstrap.py run``, ``dev`` or ``bench``.

Runs on whatever Python the machine has, even one that is too old, because it has to say so:
hence no syntax newer than Python 2.7's and no import outside the standard library. It installs
from the lock file of the purpose, with hashes, and does nothing when that was done before.
"""

from __future__ import print_function

import hashlib
import os
import subprocess
import sys

OLDEST = (3, 10)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
WEBPY_LOCK = os.path.join(ROOT, "requirements", "webpy.lock")
VENV_PYTHON = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")


def main(purpose):
    lock = os.path.join(ROOT, "requirements", purpose + ".lock")
    if sys.version_info < OLDEST:
        stop(
            "Flaskscope needs Python 3.10 or newer, and this is Python %d.%d (%s). "
            "Install a newer one, or name it: make PYTHON=/path/to/python3.12"
            % (sys.version_info[0], sys.version_info[1], sys.executable)
        )
    stamp = os.path.join(VENV, "installed-" + purpose)
    wanted = fingerprint(lock, WEBPY_LOCK, os.path.join(ROOT, "pyproject.toml"))
    if read(stamp) == wanted and works(VENV_PYTHON):
        return
    if not works(VENV_PYTHON):
        make_venv()
    print("Installing the Python packages of requirements/%s.lock ..." % purpose)
    sys.stdout.flush()
    pip("install", "--require-hashes", "-r", lock)
    # Editable, so that the checkout is what runs; --no-deps, because the lock holds them all.
    pip("install", "--no-deps", "--no-build-isolation", "-e", ROOT)
    # In a folder of its own: its module is called web, as ours is.
    webpy = os.path.join(VENV, "webpy")
    pip("install", "--require-hashes", "--upgrade", "--target", webpy, "-r", WEBPY_LOCK)
    with open(stamp, "w") as file:
        file.write(wanted)


def make_venv():
    """Create .venv, or say in one sentence why this Python cannot."""
    print("Making .venv with Python %d.%d ..." % sys.version_info[:2])
    sys.stdout.flush()
    try:
        import ensurepip  # noqa: F401  (Debian ships Python without it)
        import venv  # noqa: F401
    except ImportError:
        stop(
            "This Python (%s) cannot make virtual environments, because its venv module is "
            "incomplete. On Debian and Ubuntu: apt-get install python3-venv" % sys.executable
        )
    if subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]) != 0:
        stop("python -m venv failed; its own words are above. Is the disk full or read-only?")


def works(python):
    """Whether *python* is there and starts; a moved or half-made .venv does not."""
    if not os.path.exists(python):
        return False
    with open(os.devnull, "w") as nowhere:
        command = [python, "-c", "import pip"]
        return subprocess.call(command, stdout=nowhere, stderr=nowhere) == 0


def pip(*arguments):
    command = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    if subprocess.call(command + list(arguments)) != 0:
        stop(
            "pip could not install what Flaskscope needs; its own words are above. "
            "Is a package index reachable? What was installed stays, so just try again."
        )


def fingerprint(*paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def read(path):
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return file.read()


def stop(sentence):
    print(sentence, file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
