"""Run the benchmarks: ``python -m benchmarks [NAMES]``; JSON goes to benchmarks/results/."""

import importlib
import json
import sys
from pathlib import Path

from benchmarks.hardware import hardware

NAMES = ("prefix", "kernels", "momentum")


def main(names: list[str]) -> int:
    """Measure each benchmark; unknown names are an error that lists the known ones."""
    for name in names:
        if name not in NAMES:
            print(f"Unknown benchmark {name!r}. Allowed: {', '.join(NAMES)}.", file=sys.stderr)
            return 2
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    for name in names or NAMES:
        found = importlib.import_module(f"benchmarks.{name}").measure()
        text = json.dumps({"hardware": hardware(), **found}, indent=2)
        print(text)
        (folder / f"{name}.json").write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
