"""Where to compute: names of devices and number types on the command line."""

import torch

from capacity.errors import InputError, unknown

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def parse_dtype(name: str) -> torch.dtype:
    """float32 or float64."""
    if name not in DTYPES:
        raise unknown("dtype", name, DTYPES)
    return DTYPES[name]


def parse_device(name: str) -> torch.device:
    """``auto`` takes a GPU when there is one; otherwise a torch device name that works here."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError):
        # torch's answers to an unknown name or an absent GPU, to a build without CUDA, and to a
        # backend that lacks what was asked
        raise _unusable(name) from None
    if device.type == "meta" or (device.type == "cpu" and device.index):
        raise _unusable(name)  # the first holds no numbers; there is one CPU
    return device


def _unusable(name: str) -> InputError:
    here = "auto, cpu" + (", cuda" if torch.cuda.is_available() else " (no GPU is visible)")
    return InputError(f"Device {name!r} cannot be used; allowed here: {here}.")


def device_class(device: torch.device) -> str:
    """What determines the numbers: ``cpu``, or the name of the GPU model."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
