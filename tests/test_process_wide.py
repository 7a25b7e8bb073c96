"""What belongs to the whole process."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from hybrid._runtime import keep_freed_memory

TWICE = """
import ctypes, resource
from hybrid._runtime import keep_freed_memory

def touched(size):
    memory = ctypes.create_string_buffer(size)
    ctypes.memset(memory, 1, size)

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def second_time():
    touched(64 << 20)
    before = faults()
    touched(64 << 20)
    return faults() - before

before = second_time()
print(before, second_time() if keep_freed_memory() else -1)
"""


def test_memory_that_is_kept_is_not_mapped_anew() -> None:
    done = subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True, check=True)
    handed_back, kept = map(int, done.stdout.split())
    if kept < 0:
        pytest.skip("this C library has no mallopt")
    assert kept < handed_back / 4


@pytest.mark.parametrize(
    "error", [AttributeError("mallopt"), OSError("no such library"), TypeError("a name is needed")]
)
def test_a_c_library_without_mallopt_is_left_alone(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    assert keep_freed_memory() is False
