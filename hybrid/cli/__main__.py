"""``python -m hybrid.cli`` is the command ``hybrid``, for torchrun: ``torchrun -m hybrid.cli meta-train ...``."""

from hybrid.cli import main

if __name__ == "__main__":
    main(prog_name="hybrid")
