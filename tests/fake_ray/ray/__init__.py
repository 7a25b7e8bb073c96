"""As much of Ray as `hybrid.ingest.cluster_driver` uses, in one process, with the misfortune that ``MISFORTUNE`` names.

What is real in tests with it is the process, what it is sent and answers, and what it makes of errors; that Ray raises
these errors is shown by the tests with Ray.
"""

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from ray import exceptions  # noqa: F401 - as ray.exceptions
from ray.exceptions import NodeDiedError, ObjectLostError, OutOfMemoryError, WorkerCrashedError

_POOL = ThreadPoolExecutor(4)
_RUNNING = set()
_LOCK = threading.Lock()
_TRIES = {}


def init(**_):
    if os.environ["MISFORTUNE"] == "no answer":
        threading.Event().wait()


def shutdown():
    os._exit(0)  # whatever still waits


def cancel(*_, **__):
    pass


def put(data):
    return data


def nodes():
    cpus = 0 if os.environ["MISFORTUNE"] == "no node" else 4
    resources = {"CPU": cpus, "GPU": 0, "object_store_memory": 80 * 2**20, "memory": 2**30}
    return [{"Alive": True, "Resources": resources}, {"Alive": False, "Resources": {"CPU": 100}}]


def remote(function):
    return _Remote(function)


class _Remote:
    def __init__(self, function):
        self._function = function

    def options(self, **_):
        return self

    def remote(self, *arguments):
        return _Reference(self._function, arguments)


class _Reference:
    def __init__(self, function, arguments):
        self._function = function
        self._arguments = arguments
        self._future = Future()
        with _LOCK:
            _RUNNING.add(self)
        _POOL.submit(self._run)

    def future(self):
        return self._future

    def _run(self):
        try:
            self._befall()
            found = self._function(*self._arguments)
        except Exception as error:  # noqa: BLE001
            found = error
        with _LOCK:
            _RUNNING.remove(self)
        self._future.set_exception(found) if isinstance(found, Exception) else self._future.set_result(found)

    def _befall(self):
        """``crash adapt``: the worker of such a task dies each time; ``crash adapt 2``: twice."""
        what, *more = os.environ["MISFORTUNE"].split()
        if what == "no":
            threading.Event().wait()
        kind = self._arguments[0]
        if not more or kind != more[0]:
            return
        with _LOCK:
            tries = _TRIES[self._arguments] = _TRIES.get(self._arguments, 0) + 1
            alone = len(_RUNNING) == 1
        if what == "exit":
            os._exit(7)
        if what == "neighbours" and not alone:  # as where memory suffices for one task, and not for several
            threading.Event().wait(0.2)
            raise OutOfMemoryError("no memory")
        if what in ("crash", "node", "lost") and tries <= int(more[1] if len(more) > 1 else 100):
            raise {"crash": WorkerCrashedError, "node": NodeDiedError, "lost": ObjectLostError}[what]("it died\nlong")
