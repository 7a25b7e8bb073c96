"""Compile every kernel ahead of time, for chips that are not here, and read what the compilers made of it.

python -m hybrid.kernels.compile                           the table, for the three chips
python -m hybrid.kernels.compile --target cuda:90 --head 128 --json

Needs Triton and no GPU. Exits with 1 where a configuration that is offered spills registers, needs more shared
memory than the chip has, or multiplies matrices without its tensor cores.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hybrid.kernels.triton.tiles import HEADS

TARGETS = ("cuda:80", "cuda:90", "hip:gfx942")
SHARED_LIMIT = {"cuda:80": 163 * 1024, "cuda:90": 227 * 1024, "hip:gfx942": 64 * 1024}  # bytes a block, by the vendors
TENSOR_CORES = {"cuda:80": r"mma\.sync", "cuda:90": r"wgmma|mma\.sync", "hip:gfx942": r"v_mfma_"}


@dataclass(frozen=True)
class Spec:
    """One kernel with everything that is fixed when it is compiled.

    Args:
        head: the head size, or 0 for a kernel that has none.
        multiplies: whether it holds matrix products.
    """

    name: str
    kernel: Any
    types: dict[str, str]
    constants: dict[str, Any]
    warps: int
    stages: int
    head: int = 0
    multiplies: bool = False


@dataclass(frozen=True)
class Compiled:
    """What one compiler made of one kernel. ``shared`` and ``spills`` in bytes, registers a thread."""

    kernel: str
    head: int
    target: str
    tile: str
    registers: int
    spills: int
    shared: int
    tensor_core_instructions: int
    multiplies: bool

    @property
    def faults(self) -> list[str]:
        """What keeps it from being offered."""
        found = []
        if self.spills:
            found.append(f"spills {self.spills} bytes")
        if self.shared > SHARED_LIMIT[self.target]:
            found.append(f"needs {self.shared} bytes of shared memory; the chip has {SHARED_LIMIT[self.target]}")
        if self.multiplies and not self.tensor_core_instructions:
            found.append("no tensor-core instruction")
        return found


def specs(target: str, heads: tuple[int, ...] = HEADS) -> Iterator[Spec]:
    """Every kernel that is offered on a chip, in bfloat16; attention for each head size."""
    yield from attention_specs(target, heads)
    yield from row_specs()


def attention_specs(target: str, heads: tuple[int, ...] = HEADS) -> Iterator[Spec]:
    """The five attention kernels for each head size."""
    import triton.language as tl

    from hybrid.kernels.triton.attention_kernels import KERNELS
    from hybrid.kernels.triton.tiles import tiles

    narrow = {"q", "k", "v", "o", "do", "x", "y", "z", "dq", "dk", "dv", "of_q", "of_k", "of_v", "of_do"}
    for name, kernel in KERNELS.items():
        for head in heads:
            tile = tiles(name, head, target)
            constants: dict[str, Any] = {
                "HEADS": 8,
                "GROUPS": 2,
                "D": head,
                "PART": tile.part,
                "PARTS": -(-head // tile.part),
            }
            constants |= {"M": tile.m, "N": tile.n, "WIDE": tl.float32, "PRECISION": "ieee"}
            yield Spec(
                name,
                kernel,
                _types(kernel, constants, narrow),
                constants,
                tile.warps,
                tile.stages,
                head,
                multiplies=True,
            )


def row_specs() -> Iterator[Spec]:
    """The other kernels, at the block sizes at which they are launched."""
    import triton.language as tl

    from hybrid.kernels.triton import launch, row_kernels

    wide: dict[str, Any] = {"WIDE": tl.float32}
    block = wide | {"BLOCK": launch.BLOCK}
    words = wide | {"BLOCK": launch.VOCABULARY_BLOCK}
    chosen = {
        row_kernels.swiglu_forward: block, row_kernels.swiglu_backward: block, row_kernels.swiglu_double: block,
        row_kernels.rotate: block, row_kernels.softmax_loss: words, row_kernels.hessian_vector_product: words,
        row_kernels.sum_of_squares: block, row_kernels.sgd: block,
    }  # fmt: skip
    exact = {"table", "losses", "weights", "along", "squares", "factor", "dweight", "of_weight", "out"}
    for kernel, constants in chosen.items():
        name = kernel.__name__
        pointers = set(kernel.arg_names) - exact - ({"weight"} if name == "sgd" else set())
        yield Spec(name, kernel, _types(kernel, constants, pointers), constants, 4, 3)
    for order in ("forward", "backward", "double"):
        for width in (2048, launch.WIDEST_ROW):
            count, columns, warps = launch.row_block(width, order)
            constants = wide | {"D": width, "COLUMNS": columns, "ROWS": count}
            kernel = getattr(row_kernels, f"rms_norm_{order}")
            types = _types(kernel, constants, set(kernel.arg_names) - exact)
            yield Spec(kernel.__name__, kernel, types, constants, warps, 3)


def _types(kernel: Any, constants: dict[str, Any], narrow: set[str]) -> dict[str, str]:
    numbers = r"[qkv][bht]|Tq|Tk|cached|window|count|rows|tokens|pairs|words|F|D|dys|xs"
    found = {}
    for argument in kernel.arg_names:
        if argument in constants:
            found[argument] = "constexpr"
        elif re.fullmatch(numbers, argument):
            found[argument] = "i32"
        elif argument in ("scale", "eps", "sign", "size"):
            found[argument] = "fp32"
        elif argument == "targets":
            found[argument] = "*i64"
        else:
            found[argument] = "*bf16" if argument in narrow else "*fp32"
    return found


def compile_for(spec: Spec, target: str) -> Compiled:
    """Compile one kernel for one chip.

    Raises:
        RuntimeError: the assembler's report could not be read.
    """
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    backend, arch = target.split(":")
    chip = GPUTarget(backend, int(arch) if backend == "cuda" else arch, 32 if backend == "cuda" else 64)
    aligned = {
        (number,): [["tt.divisibility", 16]]  # as Triton's launcher finds for PyTorch's allocations and even strides
        for number, argument in enumerate(spec.kernel.arg_names)
        if spec.types[argument].startswith("*") or re.fullmatch(r"[qkv][bht]", argument)
    }
    source = ASTSource(spec.kernel, spec.types, spec.constants, aligned)
    options = {"num_warps": spec.warps, "num_stages": spec.stages}
    made = triton.compile(source, target=chip, options=options)
    code = made.asm["ptx" if backend == "cuda" else "amdgcn"]
    if backend == "cuda":
        registers, spills = _assembled(code)
    else:
        registers = _number(r"\.vgpr_count:\s+(\d+)", code) + _number(r"\.agpr_count:\s+(\d+)", code)
        spills = _number(r"\.private_segment_fixed_size:\s+(\d+)", code)  # scratch memory: what vectors are spilled to
    columns = ("M", "N", "PART", "K", "ROWS", "COLUMNS", "BLOCK")
    tile = "x".join(str(spec.constants[c]) for c in columns if c in spec.constants)
    found = len(re.findall(TENSOR_CORES[target], code))
    return Compiled(
        spec.name, spec.head, target, f"{tile}, {spec.warps} warps, {spec.stages} stages", registers, spills,
        made.metadata.shared, found, spec.multiplies,
    )  # fmt: skip


def _assembled(ptx: str) -> tuple[int, int]:
    """Registers a thread and bytes spilled, from the assembler's own report."""
    import triton

    architecture = re.search(r"\.target (sm_\w+)", ptx)
    assembler = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "ptxas-blackwell"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kernel.ptx"
        file.write_text(ptx)
        command = [str(assembler), "-v", f"--gpu-name={architecture and architecture[1]}", str(file)]
        report = subprocess.run([*command, "-o", str(file.with_suffix(".cubin"))], capture_output=True, text=True)
    if report.returncode:
        raise RuntimeError(f"{' '.join(command)}: {report.stderr.strip()}")
    spills = sum(map(int, re.findall(r"(\d+) bytes spill (?:stores|loads)", report.stderr)))
    return _number(r"Used (\d+) registers", report.stderr), spills


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"no {pattern!r} in the compiler's output")
    return int(found[1])


def main() -> int:
    """Print the table; 1 where an offered configuration has a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", action="append", choices=TARGETS, help="a chip; may be repeated")
    parser.add_argument("--head", action="append", type=int, choices=HEADS, help="a head size; may be repeated")
    parser.add_argument("--kernel", help="only kernels whose name contains this")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.pop("TRITON_INTERPRET", None)  # it would make the kernels Python functions
    os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "1")  # as on the device; unset it warns
    rows = [
        compile_for(spec, target)
        for target in options.target or TARGETS
        for spec in specs(target, tuple(options.head or HEADS))
        if not options.kernel or options.kernel in spec.name
    ]
    if options.json:
        print(json.dumps([asdict(row) | {"faults": row.faults} for row in rows], indent=1))
    else:
        print("| kernel | head | target | tile | registers | spills, bytes | shared, KiB | tensor-core instructions |")
        print("|---|---|---|---|---|---|---|---|")
        for r in rows:
            shared, cores = f"{r.shared / 1024:.0f}", r.tensor_core_instructions if r.multiplies else "–"
            cells = r.kernel, r.head or "–", r.target, r.tile, r.registers, r.spills, shared, cores
            print("|", " | ".join(map(str, cells)), "|")
    for row in rows:
        for fault in row.faults:
            print(f"{row.kernel}, head {row.head}, {row.target}: {fault}", file=sys.stderr)
    return int(any(row.faults for row in rows))


if __name__ == "__main__":
    sys.exit(main())
