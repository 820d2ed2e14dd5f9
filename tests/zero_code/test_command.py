"""``flaskscope run`` itself: its dashboard, its signals, its words, and what it leaves alone."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import DashboardProcess, free_port

from .commands import SHOP, Project, eventually, traces_of

WAIT = """
import signal, sys

count, ended = 0, False

def got(*_):
    global count
    count += 1
    print("got it", flush=True)

def end(*_):
    global ended
    ended = True

signal.signal(signal.SIGINT, got)
signal.signal(signal.SIGUSR2, end)
print("ready", flush=True)
while not ended:
    signal.sigtimedwait([], 0.05)
print(count, "in all", flush=True)
sys.exit(5)
"""
NOTHING = (
    "Flaskscope: nothing was traced, for no process of {!r} imported Flask, "
    "or Python was told to ignore PYTHONPATH (-E, -I, -S).\n"
)


def listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


# --- its dashboard -------------------------------------------------------------------------------


def test_where_no_dashboard_answers_one_is_started_and_ends_with_the_command(
    lonely: Project,
) -> None:
    # What the command's folder holds must not get into the dashboard.
    for package in ("tracer", "web", "eventlet", "flask_socketio"):
        lonely.write(f"{package}.py", "raise RuntimeError('not for the dashboard')\n")
    port, own = free_port(), free_port()
    lonely.write("shop.py", SHOP + f"\napp.run(port={port})\n")
    with lonely.run("python", "shop.py", dashboard=f"http://127.0.0.1:{own}") as running:
        token = running.find(rf"^Flaskscope: http://127.0.0.1:{own}/\?token=(\S+)\n")[1]
        assert running.get(f"http://127.0.0.1:{port}/") == "Hello"
        started = DashboardProcess(Path(), own, [], {}, f"http://127.0.0.1:{own}", token)
        [trace] = traces_of(started, "shop")
        assert running.end(signal.SIGTERM) == -signal.SIGTERM
    assert trace["path"] == "/"
    assert running.stderr.count("Flaskscope") == 1
    assert not listening(own)


def test_unasked_it_starts_where_flasks_own_server_will_not_be(lonely: Project) -> None:
    ended = lonely.run_to_the_end("sh", "-c", "echo $FLASKSCOPE_DASHBOARD")
    address = ended.stdout.strip()
    assert ended.stderr.splitlines()[0].startswith(f"Flaskscope: {address}/?token=")
    assert address.startswith("http://127.0.0.1:")
    assert not address.endswith(":5000")


def test_a_dashboard_of_the_same_user_is_found_where_it_is(
    project: Project, dashboard: DashboardProcess
) -> None:
    project.write("found.py", SHOP.replace("__name__", "'found'") + "app.test_client().get('/')\n")
    ended = project.run_to_the_end("python", "found.py")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(traces_of(dashboard, "found")) == 1


def test_the_environment_names_the_dashboard_as_well(
    project: Project, dashboard: DashboardProcess
) -> None:
    project.environment |= {"FLASKSCOPE_DASHBOARD": dashboard.url}
    project.environment |= {"FLASKSCOPE_TOKEN": dashboard.ingest_key, "XDG_DATA_HOME": "/none"}
    project.write("by.py", SHOP.replace("__name__", "'by'") + "app.test_client().get('/')\n")
    ended = project.run_to_the_end("python", "by.py")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(traces_of(dashboard, "by")) == 1


def test_a_started_dashboard_does_not_outlive_a_killed_command_line(lonely: Project) -> None:
    own = free_port()
    with lonely.run("sleep", "60", dashboard=f"http://127.0.0.1:{own}") as running:
        running.find(r"\?token=")
        assert listening(own)
        running.process.kill()
        eventually(lambda: not listening(own))


def test_a_port_that_something_else_has_is_not_taken_for_a_dashboard(lonely: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        server.listen()
        # It hangs up, as something that does not speak HTTP may.
        server.settimeout(0)
        ended = lonely.run_to_the_end("true", dashboard=f"http://127.0.0.1:{taken}")
    said = ended.stderr.splitlines()
    assert said[0] == (
        f"Flaskscope: At http://127.0.0.1:{taken} is something else, "
        "so the dashboard goes to another port."
    )
    assert said[1].startswith("Flaskscope: http://127.0.0.1:")
    assert str(taken) not in said[1]
    assert ended.returncode == 0


def test_a_dashboard_elsewhere_that_does_not_answer_is_one_warning(lonely: Project) -> None:
    lonely.write("shop.py", SHOP + "print(app.test_client().get('/').text)\n")
    url = "http://dashboard.invalid:5000"
    ended = lonely.run_to_the_end("python", "shop.py", dashboard=url)
    assert (ended.returncode, ended.stdout) == (0, "Hello\n")
    assert ended.stderr.splitlines()[0] == (
        f"Flaskscope: No dashboard answers at {url}; what is traced is sent there once one does."
    )


def test_where_the_dashboard_cannot_start_the_command_runs_untraced(lonely: Project) -> None:
    lonely.environment["FLASKSCOPE_DB"] = "/proc/none/store.sqlite3"
    ended = lonely.run_to_the_end(
        "sh", "-c", "echo ran; exit 4", dashboard=f"http://127.0.0.1:{free_port()}"
    )
    assert (ended.returncode, ended.stdout) == (4, "ran\n")
    assert ended.stderr.startswith("Flaskscope: the command runs untraced. The database /proc/none")
    assert ended.stderr.count("\n") == 1


def test_switched_off_it_runs_the_command_and_nothing_else(lonely: Project) -> None:
    lonely.environment["FLASKSCOPE_DISABLED"] = "1"
    lonely.write("shop.py", SHOP + "import sys\nprint([m for m in sys.modules if 'scope' in m])\n")
    ended = lonely.run_to_the_end("python", "shop.py")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[]\n", "")


# --- its words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ([], 2, "Error: Say what to run: flaskscope run -- flask --app shop run\n"),
        (["no-such-thing"], 127, "Error: There is no command 'no-such-thing'.\n"),
        (["./no/such"], 127, "Error: There is no command './no/such'.\n"),
        (["./notes"], 126, "Error: ./notes may not be executed: chmod +x makes it a command.\n"),
        (["./"], 126, "Error: ./ is a folder, not a command.\n"),
        (["./noise"], 126, "Error: ./noise cannot be executed: Exec format error.\n"),
    ],
)
def test_what_cannot_be_run_is_one_sentence_and_a_shells_exit_code(
    project: Project, dashboard: DashboardProcess, command: list[str], code: int, said: str
) -> None:
    project.write("notes", "not a program\n")
    project.write("noise", "\x00\x01\n").chmod(0o755)
    ended = project.run_to_the_end(*command, dashboard=dashboard.url)
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", said)


@pytest.mark.parametrize(
    ("address", "shown", "problem"),
    [
        ("localhost", "localhost", "it does not start with http:// or https://"),
        (
            "http://127.0.0.1:5000/?token=secret",  # as the dashboard prints it
            "http://127.0.0.1:5000/",
            "it goes on after the path; the key is passed as token, not in the address",
        ),
        (
            "http://me:secret@127.0.0.1:5000",
            "127.0.0.1:5000",
            "it carries a user or a password; the key is passed as token",
        ),
    ],
)
def test_an_address_that_is_none_is_told_and_the_key_in_it_is_not(
    project: Project, address: str, shown: str, problem: str
) -> None:
    ended = project.run_to_the_end("true", dashboard=address)
    assert (ended.returncode, ended.stderr) == (
        2,
        f"Error: The dashboard's address {shown!r} cannot be used: {problem}. "
        "It looks like http://127.0.0.1:5000\n",
    )


@pytest.mark.parametrize("command", [["python", "-c", "print('out')"], ["echo", "out"]])
def test_a_command_without_flask_is_told_so_and_keeps_its_output(
    project: Project, dashboard: DashboardProcess, command: list[str]
) -> None:
    ended = project.run_to_the_end(*command, dashboard=dashboard.url)
    assert (ended.returncode, ended.stdout) == (0, "out\n")
    assert ended.stderr == NOTHING.format(command[0])


# --- its signals and exit codes ------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_the_exit_code_is_the_commands(
    project: Project, dashboard: DashboardProcess, code: int
) -> None:
    ended = project.run_to_the_end("sh", "-c", f"exit {code}", dashboard=dashboard.url)
    assert ended.returncode == code


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGSEGV"])
def test_a_command_that_a_signal_killed_looks_killed(
    project: Project, dashboard: DashboardProcess, name: str
) -> None:
    number = getattr(signal, name)
    kill = f"import os; os.kill(os.getpid(), {int(number)})"
    ended = project.run_to_the_end("python", "-c", kill, dashboard=dashboard.url)
    # A crash leaves one core file, not two: the number is all that is passed on.
    assert ended.returncode == (128 + number if name == "SIGSEGV" else -number)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"])
def test_signals_reach_the_command_once(
    project: Project, dashboard: DashboardProcess, name: str
) -> None:
    project.write("wait.py", WAIT.replace("SIGINT", name))
    with project.run("python", "wait.py", dashboard=dashboard.url) as running:
        assert running.process.stdout is not None
        assert running.process.stdout.readline() == "ready\n"
        running.process.send_signal(getattr(signal, name))
        assert running.process.stdout.readline() == "got it\n"
        assert running.end(signal.SIGUSR2) == 5
        assert running.process.stdout.read() == "1 in all\n"


def test_control_c_in_a_terminal_reaches_the_command_once(
    project: Project, dashboard: DashboardProcess
) -> None:
    project.write("wait.py", WAIT)
    flaskscope = [str(Path(sys.executable).with_name("flaskscope")), "run"]
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.chdir(project.folder)
        command = [*flaskscope, "--dashboard", dashboard.url, "--", "python", "wait.py"]
        os.execve(command[0], command, project.environment)
    shown = b""
    try:
        while b"ready" not in shown:
            shown += os.read(terminal, 1024)
        os.write(terminal, b"\x03")
        while b"got it" not in shown:
            shown += os.read(terminal, 1024)
        os.kill(pid, signal.SIGUSR2)
        while b"in all" not in shown:
            shown += os.read(terminal, 1024)
    finally:
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
    # The terminal may echo a line end of its own beside the ^C.
    assert shown.decode().split("^C")[1].split() == ["got", "it", "1", "in", "all"]
    assert os.waitstatus_to_exitcode(status) == 5


# --- what it leaves alone ------------------------------------------------------------------------


def test_a_process_without_flask_hardly_notices(
    project: Project, dashboard: DashboardProcess
) -> None:
    script = project.write(
        "look.py",
        "import sys\nprint(*sorted(sys.modules))\nprint(sys.path)\nprint(len(sys.meta_path))\n",
    )
    plain = subprocess.run(
        [Path(sys.executable), script],
        cwd=project.folder, env=project.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    under = project.run_to_the_end(sys.executable, script, dashboard=dashboard.url)
    modules, path, finders = plain.stdout.splitlines()
    modules_under, path_under, finders_under = under.stdout.splitlines()
    new = set(modules_under.split()) - set(modules.split())
    # The rest is what Python's own import system brings along.
    ours = {name for name in new if not name.startswith("importlib")}
    assert ours == {"_flaskscope_bootstrap", "__future__"} | (ours & {"warnings"})
    assert path_under == path
    assert int(finders_under) == int(finders) + 2


def test_after_flask_the_hook_is_gone_and_flask_looks_as_always(
    project: Project, dashboard: DashboardProcess
) -> None:
    script = project.write(
        "look.py",
        "import sys, importlib.util\n"
        "try:\n    import flask.no_such_part\nexcept ImportError:\n    pass\n"
        "import flask, inspect\n"
        "ours = '_flaskscope_bootstrap'\n"
        "print([type(f).__name__ for f in sys.meta_path if type(f).__module__ == ours])\n"
        "print(vars(flask.__loader__) == {'name': 'flask', 'path': flask.__file__})\n"
        "print(type(flask.__loader__).__name__, len(inspect.getsource(flask)) > 0)\n",
    )
    ended = project.run_to_the_end("python", script, dashboard=dashboard.url)
    assert (ended.stdout.splitlines(), ended.stderr) == (
        ["['_BothNames']", "True", "SourceFileLoader True"],
        "",
    )


def test_flask_that_comes_late_onto_the_path_is_traced(
    project: Project, dashboard: DashboardProcess
) -> None:
    project.write(
        "late.py",
        "import sys\n"
        "path, sys.path[:] = list(sys.path), []\n"
        "try:\n    import flask\nexcept ImportError:\n    sys.path[:] = path\n"
        + SHOP.replace("__name__", "'late'")
        + "app.test_client().get('/')\n",
    )
    ended = project.run_to_the_end("python", "late.py", dashboard=dashboard.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(traces_of(dashboard, "late")) == 1


def test_the_users_own_sitecustomize_runs_and_its_path_is_kept(
    project: Project, dashboard: DashboardProcess
) -> None:
    project.write("mine/sitecustomize.py", "import builtins\nbuiltins.mine = __file__\n")
    project.environment["PYTHONPATH"] = str(project.folder / "mine")
    script = project.write(
        "look.py",
        "import sys, sitecustomize\nprint(mine == sitecustomize.__file__, sys.path[1])\n",
    )
    ended = project.run_to_the_end("python", script, dashboard=dashboard.url)
    assert ended.stdout.split() == ["True", str(project.folder / "mine")]


@pytest.mark.parametrize("before", ["", ":", "mine:", ":mine", "mine::other", "mine"])
def test_the_import_path_is_the_commands_own(
    project: Project, dashboard: DashboardProcess, before: str
) -> None:
    """An empty entry, which ``PYTHONPATH=$PYTHONPATH:lib`` makes, is the current folder."""
    project.environment["PYTHONPATH"] = before.replace(":", os.pathsep)
    look = project.write("scripts/look.py", "import sys\nprint(sys.path)\n")
    untraced = subprocess.run(
        ["python", look],
        cwd=project.folder,
        env=project.environment,
        check=True,
        capture_output=True,
        text=True,
    )
    traced = project.run_to_the_end("python", look, dashboard=dashboard.url)
    assert traced.stdout == untraced.stdout


def test_a_tracer_that_cannot_work_is_one_line_and_the_application_runs(
    project: Project, dashboard: DashboardProcess
) -> None:
    # A Flask that is not one: everything that the tracer looks for is missing.
    project.write("flask.py", "class Flask:\n    pass\n")
    ended = project.run_to_the_end(
        "python", "-c", "import flask; print(flask.Flask.__name__)", dashboard=dashboard.url
    )
    assert (ended.returncode, ended.stdout) == (0, "Flask\n")
    assert "runs untraced: " in ended.stderr
    assert "imported" not in ended.stderr  # it did
    assert ended.stderr.count("\n") == 1
