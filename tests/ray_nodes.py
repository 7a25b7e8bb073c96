"""A Ray cluster of two nodes on this machine: ``python ray_nodes.py`` is it, and does what it is told on its input.

It is a process of its own, so that what Ray prints and changes stays out of the tests.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

STORE = 80 * 2**20  # the least that Ray takes is 75 MB


class RayNodes:
    """The cluster; ``address`` is that of its head."""

    def __init__(self) -> None:
        path = os.pathsep.join(entry for entry in sys.path if entry)
        environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
        environment.pop("HYBRID_STORES__CATALOG", None)
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
        )
        self.address = self._answer()

    def tell(self, command: str) -> Any:
        """``freeze`` and ``kill`` the second node, or ``stop`` all."""
        assert self._process.stdin is not None
        print(command, file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("answer: "):  # the rest is Ray's
                return json.loads(line.removeprefix("answer: "))
        raise AssertionError("the cluster did not start, or ended")

    def close(self) -> None:
        self._process.communicate()


@contextmanager
def running() -> Iterator[RayNodes]:
    nodes = RayNodes()
    try:
        yield nodes
    finally:
        nodes.close()


def is_installed() -> bool:
    return find_spec("ray") is not None


def processes(title: str) -> list[int]:
    """The ids of processes whose title begins so: ``ray::on_node`` is a worker that runs a task."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cmdline").read_bytes().startswith(title.encode()):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def children(parent: int) -> list[int]:
    """The ids of the processes that one has started."""
    return [int(one) for one in (Path("/proc") / str(parent) / "task" / str(parent) / "children").read_text().split()]


def main() -> None:
    from ray.cluster_utils import Cluster

    def say(value: Any) -> None:
        print(f"answer: {json.dumps(value)}", flush=True)

    node = {"num_cpus": 1, "object_store_memory": STORE, "include_dashboard": False, "no_monitor": True}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    second = cluster.add_node(**node)
    say(cluster.address)
    for command in sys.stdin:
        if command == "freeze\n":  # what runs there, or is given to it from now on, does not end
            raylet = second.all_processes["raylet"][0].process.pid
            workers = [one for one in children(raylet) if one in processes("ray::")]
            for one in workers:
                os.kill(one, signal.SIGSTOP)
            say(len(workers))
            continue
        if command == "kill\n":
            cluster.remove_node(second, allow_graceful=False)
        elif command == "stop\n":
            cluster.shutdown()
        say(None)
    cluster.shutdown()


if __name__ == "__main__":
    main()
