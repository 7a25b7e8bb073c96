#!/usr/bin/env bash
# Everything to measure on a GPU, in under nine minutes and without a network:
#
#   benchmarks/gpu.sh                          all parts; results in build/gpu/
#   benchmarks/gpu.sh --parts tiles,latency    some of them
#   benchmarks/gpu.sh --device cpu --quick     a rehearsal at small sizes, where there is no GPU
#
# Needs PyTorch, Triton, safetensors, tokenizers, numpy and pydantic; neither FAISS nor an installed hybrid:
# the package is put together from links, as pyproject.toml maps it.
set -euo pipefail
cd "$(dirname "$0")/.."
tree=build/package
rm -rf "$tree" && mkdir -p "$tree/hybrid"
for entry in hybrid/*; do
    case "$entry" in *__pycache__) ;; *) ln -s "$PWD/$entry" "$tree/hybrid/" ;; esac
done
ln -s "$PWD/stores" "$tree/hybrid/stores"
ln -s "$PWD/router" "$tree/hybrid/router"
ln -s "$PWD/kernels/src" "$tree/hybrid/kernels"
export PYTHONPATH="$PWD/$tree:$PWD/benchmarks:$PWD/tests${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 # safe path: hybrid/ in the current folder is not the whole package
exec "${PYTHON:-python3}" -m gpu "$@"
