"""What `benchmarks/gpu.sh` measures: one module a part, each run in a process of its own."""
