"""What a cold `hybrid ask` of a lookup costs: CPU seconds of the whole process, and what it imports.

python benchmarks/cold_start.py --rounds 5
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import hybrid

QUESTION = "When does the supply agreement end?"
TEXT = """SUPPLY AGREEMENT

1. Term. The supply agreement ends on 30 June 2027, unless both parties extend it in writing.
2. Deliveries. Acme shall deliver 500 tonnes of rock salt to the depot in Ghent every month.
3. Termination. Either party may terminate with 90 days' notice under clause 12.3(b).
"""
COMMAND = "import sys; from hybrid.cli import main; main(sys.argv[1:])"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpora = {}
        for name, enabled in (("memory off", False), ("memory on", True)):
            corpora[name] = Path(folder) / name
            settings = hybrid.Settings.model_validate({"memory": {"enabled": enabled}})
            with hybrid.Corpus.open(corpora[name], settings) as corpus:
                corpus.ingest(hybrid.Document.from_text(TEXT, "supply-agreement.txt"))
        seconds: dict[str, list[float]] = {name: [] for name in corpora}
        for _ in range(arguments.rounds):
            for name, directory in corpora.items():  # interleaved: what else the machine does meets both
                seconds[name].append(cpu_seconds("ask", str(directory), QUESTION))
        for name, found in seconds.items():
            print(f"{name}: median {statistics.median(found):.2f} s of CPU, {min(found):.2f} to {max(found):.2f}")
        for package, own in imports("ask", str(corpora["memory on"]), QUESTION).most_common(8):
            print(f"  import {package:<16} {own / 1e6:.2f} s")


def cpu_seconds(*command: str) -> float:
    """User and system time of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", COMMAND, *command], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def imports(*command: str) -> Counter[str]:
    """Microseconds that each package's own modules took to import, by ``python -X importtime``."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", COMMAND, *command], check=True, capture_output=True
    )
    found: Counter[str] = Counter()
    for line in done.stderr.decode().splitlines():
        if line.startswith("import time:") and "self" not in line:
            own, _, name = line.removeprefix("import time:").split("|")
            found[name.strip().partition(".")[0]] += int(own)
    return found


if __name__ == "__main__":
    main()
