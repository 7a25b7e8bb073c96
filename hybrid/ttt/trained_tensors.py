"""The tensors that meta-training trains as the parameters of a module, so that FSDP2 can shard them.

The model itself stays a function of its tensors. Sharded, a process keeps its rows of each tensor, and so of its
gradient and of the optimizer's moments. Before the module's forward FSDP2 gathers the whole tensors; the forward runs
the inner loops of this process's sequences and takes their exact gradient; and the hooks of backward average the
gradients over the processes and give each its rows.

The second derivative is taken within the forward, on detached tensors: no graph passes through FSDP2's hooks, and what
they reduce is the finished gradient, in the parameters' own dtype.

What is frozen is not sharded: every process has the whole model in the compute dtype. The whole trained tensors and
their gradient are there during a step, as the inner loop needs all of them from its first token to its last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, nn

from hybrid.ttt.processes import Processes

Result = TypeVar("Result")
Differentiated = Callable[[dict[str, Tensor]], tuple[Result, dict[str, Tensor]]]
"""From the whole tensors by their path to some result, and the gradient of each."""


class TrainedTensors(nn.Module):
    """Tensors by their path in `hybrid.ttt.model.weights.Weights`, as parameters of the same names.

    Args:
        tensors: each of at least one dimension.

    Example:
        >>> tensors = TrainedTensors({"dynamic.0.norm": torch.ones(2)})
        >>> tensors.differentiate(lambda whole: ("seen", {name: 3 * t for name, t in whole.items()}))
        'seen'
        >>> tensors.shards["dynamic.0.norm"].grad
        tensor([3., 3.])
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()
        for path, tensor in tensors.items():
            register(self, path, tensor)
        self._paths, self._processes = tuple(tensors), Processes()
        self.shards = self._present()  # what the optimizer trains; of one process all rows

    def shard(self, processes: Processes, device: torch.device) -> None:
        """Keep this process's rows alone. The tensors have to be the same in all of them."""
        if processes.count == 1:
            return
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        with processes.collective():
            # Not resharded between forward and backward: backward needs no parameter, and would gather them again.
            fully_shard(self, mesh=init_device_mesh(device.type, (processes.count,)), reshard_after_forward=False)
        self._processes, self.shards = processes, self._present()

    def forward(self, compute: Differentiated[Result]) -> tuple[Result, Tensor]:
        """What ``compute`` makes of the whole tensors, and a scalar whose backward hands on the gradients it found."""
        whole = self._present()
        result, gradients = compute({path: tensor.detach() for path, tensor in whole.items()})
        scalar: Tensor = _Known.apply([gradients[path] for path in whole], *whole.values())  # type: ignore[no-untyped-call]
        return result, scalar

    def differentiate(self, compute: Differentiated[Result]) -> Result:
        """Run ``compute``, and add the mean over the processes of the gradients that it finds to those of `shards`.

        Raises:
            ProcessLostError: another process has ended.
        """
        self._gather()
        result: Result
        result, scalar = self(compute)
        with self._processes.collective():
            scalar.backward()
        return result

    @contextmanager
    def whole(self) -> Iterator[dict[str, Tensor]]:
        """The whole tensors by their path, for as long as the context lasts. Raises as `differentiate`."""
        self._gather()
        try:
            yield {path: tensor.detach() for path, tensor in self._present().items()}
        finally:
            if self._processes.count > 1:
                self.reshard()  # type: ignore[operator]  # of FSDPModule, which `fully_shard` makes this

    def gathered(self, shard: Tensor) -> Tensor | None:
        """The whole of one of `shards` or of what is laid out like one, on the CPU of the first process. Raises as
        `differentiate`."""
        if self._processes.count == 1:
            return shard.detach().cpu()
        with self._processes.collective():
            found: Tensor = shard.detach().full_tensor()  # type: ignore[attr-defined]  # of DTensor
        return found.cpu() if self._processes.first else None

    def rows(self, path: str) -> slice:
        """Which rows of a tensor this process keeps: the first processes have as many as each other, the last ones
        what is left."""
        total = self.shards[path].shape[0]
        size = -(-total // self._processes.count)
        return slice(min(self._processes.rank * size, total), min((self._processes.rank + 1) * size, total))

    def _present(self) -> dict[str, nn.Parameter]:
        """The parameters as they are now, shards or whole, in the order in which the tensors were given."""
        found = dict(self.named_parameters())  # in the order of the modules
        return {path: found[path] for path in self._paths}

    def _gather(self) -> None:
        if self._processes.count > 1:
            with self._processes.collective():  # apart from forward, whose other errors are none of the processes'
                self.unshard()  # type: ignore[operator]


def register(module: nn.Module, path: str, tensor: Tensor) -> None:
    """As a parameter whose name is ``path``, in modules of the names between its points."""
    *parents, name = path.split(".")
    for parent in parents:
        if not hasattr(module, parent):
            module.add_module(parent, nn.Module())
        module = module.get_submodule(parent)
    module.register_parameter(name, nn.Parameter(tensor))


def local(tensor: Tensor) -> Tensor:
    """This process's rows of a shard, or of its gradient: the same memory."""
    found: Tensor = tensor.to_local() if hasattr(tensor, "to_local") else tensor
    return found


class _Known(torch.autograd.Function):
    """A scalar whose gradients are known: those of one step, for the hooks of whoever reduces them."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, gradients: list[Tensor], *tensors: Tensor) -> Tensor:
        ctx.gradients = gradients  # type: ignore[attr-defined]
        return tensors[0].new_zeros(())

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *_: Tensor) -> tuple[Tensor | None, ...]:
        gradients: list[Tensor] = ctx.gradients  # type: ignore[attr-defined]
        ctx.gradients = []  # type: ignore[attr-defined]  # the last reference, so that none is copied
        return None, *gradients
