"""Load the embedder that the settings name."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from models.embedding import Embedder, HashedEmbedder, TokenEmbedder
from models.errors import SettingsError


def load_embedder(kind: str) -> Embedder:
    """Return the embedder called `wordllama` or `hashed`.

    Raises
    ------
    SettingsError
        The name is neither, or the weights are not installed.
    """
    if kind == "hashed":
        return HashedEmbedder()
    if kind == "wordllama":
        return _load_wordllama()
    raise SettingsError(f"embedding.kind is '{kind}' and must be 'wordllama' or 'hashed'")


def _load_wordllama() -> TokenEmbedder:
    """Read the two files from the installed package; its own loader would try to download them."""
    from safetensors.numpy import load_file  # noqa: PLC0415  the fallback needs neither library
    from tokenizers import Tokenizer  # noqa: PLC0415

    # One worker is one core: scale by processes, not by the tokenizer's threads.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise SettingsError(
            "embedding.kind is 'wordllama', which is not installed: install it or set 'hashed'"
        )
    folder = Path(spec.origin).parent
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    weights = load_file(folder / "weights" / "l2_supercat_256.safetensors")["embedding.weight"]
    return TokenEmbedder(tokenizer, weights.astype(np.float32))
