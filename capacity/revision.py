"""The git revision that results, figures and tables carry."""

import subprocess
from functools import cache
from pathlib import Path


@cache
def revision() -> str:
    """The git revision of the source tree, or "unknown" outside a checkout."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()
