"""The processes of one torchrun: which of them this is, what they tell each other, and how they stop together.

What they tell each other is JSON over gloo; nothing is pickled. An error of one of them becomes an error of all, so
that none waits in a collective operation for a process that has given up.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import distributed

from hybrid import errors
from hybrid.errors import HybridError, ModelError, ProcessLostError, SettingsError

# Of any one collective operation. Sequences are of one length, so that processes differ by seconds; what takes long is
# the first process's writing of a checkpoint to a slow disk.
_TIMEOUT = timedelta(minutes=30)


@dataclass(frozen=True)
class Processes:
    """Where this process stands among those of its job; by default it is the only one.

    Args:
        rank: its number, from 0.
        count: how many there are.
        local_rank: its number among those of this machine: that of its GPU.

    Example:
        >>> Processes().exchange({"step": 3})
        [{'step': 3}]
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def first(self) -> bool:
        """Whether it is the one that writes files and prints."""
        return self.rank == 0

    def exchange(self, value: Any) -> list[Any]:
        """What each process gives here, by rank. A value that JSON holds, to the bit for floats; NaN is one.

        Raises:
            ProcessLostError: another process has ended.
        """
        if self.count == 1:
            return [value]
        written = torch.tensor(list(json.dumps(value).encode()), dtype=torch.uint8)
        sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(self.count)]
        with self.collective():
            distributed.all_gather(sizes, torch.tensor([len(written)]))
            longest = max(int(size) for size in sizes)
            found = [torch.zeros(longest, dtype=torch.uint8) for _ in range(self.count)]
            distributed.all_gather(found, torch.nn.functional.pad(written, (0, longest - len(written))))
        return [json.loads(bytes(one[: int(size)].tolist())) for one, size in zip(found, sizes, strict=True)]

    @contextmanager
    def together(self, what: str) -> Iterator[None]:
        """What every process does before any goes on: an error of one of them is raised in all.

        Args:
            what: they do, for the message, such as ``step 12``.

        Raises:
            HybridError: of the class that the first process to have one raised; the message names ``what`` and it.
        """
        if self.count == 1:
            yield
            return
        mine: HybridError | None = None
        try:
            yield
        except ProcessLostError:  # nobody is left to be told
            raise
        except HybridError as error:
            mine = error
        said = self.exchange(mine and {"kind": type(mine).__name__, "message": str(mine)})
        for rank, error_said in enumerate(said):
            if error_said is not None:
                message = f"{what}, process {rank} of {self.count} (counted from 0): {error_said['message']}"
                raise _kind(error_said["kind"])(message) from mine

    @contextmanager
    def collective(self) -> Iterator[None]:
        """An operation that all processes take part in. Raises `ProcessLostError` where one does not answer."""
        try:
            yield
        except RuntimeError as error:  # what gloo and NCCL raise, and nothing else does in here
            raise ProcessLostError(f"another of the {self.count} processes ended, or does not answer") from error

    def device(self, resolved: str) -> torch.device:
        """The device of this process: of several on a machine with GPUs each has the one of its local rank.

        Args:
            resolved: what the settings name, as `hybrid.settings.models.resolve_device` gives it.

        Raises:
            SettingsError: this machine has more processes than GPUs.
        """
        if self.count == 1 or not resolved.startswith("cuda"):
            return torch.device(resolved)
        there = torch.cuda.device_count()
        if self.local_rank >= there:
            raise SettingsError(
                f"process {self.local_rank} of this machine has no GPU: there are {there}; start at most {there} "
                'processes a machine (--nproc-per-node), or set device = "cpu"'
            )
        return torch.device("cuda", self.local_rank)


@contextmanager
def joined_processes() -> Iterator[Processes]:
    """Join the processes that torchrun started; without it this is the only one.

    A process group that the caller has initialised is used as it is, and stays; it needs gloo for tensors on the CPU.

    Raises:
        ProcessLostError: the others did not come.
    """
    if not distributed.is_available() or not (distributed.is_initialized() or distributed.is_torchelastic_launched()):
        yield Processes()
        return
    if distributed.is_initialized():
        yield _present()
        return
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    gpus = torch.cuda.is_available() and distributed.is_nccl_available()
    with Processes(count=int(os.environ["WORLD_SIZE"])).collective():
        store, rank, count = next(rendezvous("env://", timeout=_TIMEOUT))
        # torchrun starts processes again (--max-restarts) with the store of those that ended: under names of their own,
        # or some would read the addresses of the dead.
        store = PrefixStore(f"start-{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)
        backend = "cpu:gloo,cuda:nccl" if gpus else "gloo"
        distributed.init_process_group(backend, timeout=_TIMEOUT, store=store, rank=rank, world_size=count)
    try:
        yield _present()
        # None leaves before all are done: gloo ends a process whose connections are closed while it takes its own down.
        _present().exchange(None)
    finally:
        gc.collect()  # FSDP2's states are in cycles that hold the group; it ends its threads here, not with Python
        distributed.destroy_process_group()


def _present() -> Processes:
    return Processes(distributed.get_rank(), distributed.get_world_size(), int(os.environ.get("LOCAL_RANK", "0")))


def _kind(name: str) -> Callable[[str], HybridError]:
    """The class of an error that another process raised; `ModelError` for one that is made of more than a message."""
    found = getattr(errors, name, ModelError)
    return ModelError if issubclass(found, errors.DocumentError | errors.MissingExtraError) else found
