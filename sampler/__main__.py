"""`python -m sampler` is `sampler`."""

from __future__ import annotations

from sampler.cli import main

if __name__ == "__main__":
    main(prog_name="sampler")
