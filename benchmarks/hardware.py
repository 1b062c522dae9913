"""The machine a ratio was measured on, in words."""

import platform

import torch


def hardware() -> dict[str, str | int]:
    """Processor, threads and, where there is one, GPU; torch and Python versions."""
    found: dict[str, str | int] = {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
