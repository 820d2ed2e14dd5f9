"""What is open when a process ends is ended, once, by the process to which it belongs."""

from __future__ import annotations

from tests.processes import DashboardProcess

from .commands import SHOP, Project, kinds_of, traces_of

HELD = "\nheld = app.test_client().get('/')\n"


def ends(dashboard: DashboardProcess, app: str) -> list[object]:
    """Why each request of *app* ended, in the words of its end."""
    traces = traces_of(dashboard, app)
    events = [
        event
        for trace in traces
        for event in dashboard.request("GET", f"/api/traces/{trace['id']}/events").json["items"]
    ]
    assert all("view" in kinds_of(dashboard, trace) for trace in traces)
    return [
        event["attributes"].get("left_open")
        for event in events
        if (event["kind"], event["phase"]) == ("request", "end")
    ]


def test_a_response_that_nobody_closed_ends_with_the_process(
    project: Project, dashboard: DashboardProcess
) -> None:
    project.write("shop.py", SHOP.replace("__name__", "'held'") + HELD)
    ended = project.run_to_the_end("python", "shop.py", dashboard=dashboard.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ends(dashboard, "held") == ["process ended"]


def test_a_child_does_not_end_what_its_parent_began(
    project: Project, dashboard: DashboardProcess
) -> None:
    project.write(
        "shop.py",
        SHOP.replace("__name__", "'forked'") + HELD + "import os, sys\n"
        "pid = os.fork()\n"
        "if not pid:\n"
        "    app.test_client().get('/').close()\n"
        "    sys.exit(3)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n",
    )
    ended = project.run_to_the_end("python", "shop.py", dashboard=dashboard.url)
    assert (ended.returncode, ended.stderr) == (3, "")
    traces_of(dashboard, "forked", 2)
    assert sorted(map(str, ends(dashboard, "forked"))) == ["None", "process ended"]
