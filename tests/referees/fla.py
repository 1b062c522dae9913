"""fla-core's naive references, loaded one file at a time: no `import fla`, hence no triton.

Conventions there: a state is our transpose, h = S^T, [batch, heads, K, V]; gates are natural
logarithms; keys are not normalised; a read-out is scaled by K^(-1/2) unless a scale is given.
"""

import importlib.util
import re
import types
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType


def load_naive(
    op: str,
    file: str = "naive.py",
    *,
    float64: bool = True,
    rewrite: Mapping[str, str] = MappingProxyType({}),
) -> types.ModuleType:
    """The module ``fla/ops/OP/FILE``; float64 rewrites its casts to float32, which are silent.

    ``rewrite`` replaces passages of the text, each of which must occur.
    """
    spec = importlib.util.find_spec("fla")
    assert spec is not None, "the test extra installs fla-core"
    assert spec.origin is not None
    path = Path(spec.origin).parent / "ops" / op / file
    text = path.read_text()
    for old, new in rewrite.items():
        assert old in text, f"{path} no longer says {old!r}"
        text = text.replace(old, new)
    if float64:
        text = re.sub(r"\.float\(\)", ".double()", text)
        text = re.sub(r"torch\.float(32)?\b", "torch.float64", text)
    module = types.ModuleType("naive_" + op.replace("/", "_"))
    module.__file__ = str(path)
    exec(compile(text, str(path), "exec"), module.__dict__)
    return module
