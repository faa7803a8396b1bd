"""Intake's limit: the same texts tokenised and embedded alone, in one process, with nothing around it.

Run as a process of its own: `python -m bench.embedding ours|plain COUNT` prints its pace. `ours` is the
embedder of the worker, `plain` what one would first write: tokenise each text whole, gather the vectors of
its tokens, take their mean.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import orjson
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from bench.pace import Pace, Stopwatch, of
from bench.traffic import events
from bench.worker import BenchmarkError
from models.embedding import cap
from streams.__main__ import ONE_THREAD
from streams.embedders import load_embedder

BATCH = 512


def embedding(kind: str, count: int) -> Pace:
    """Embed so many texts in a process of its own, with one thread."""
    return of(
        [sys.executable, "-m", "bench.embedding", kind, str(count)],
        TOKENIZERS_PARALLELISM="false",
        **dict.fromkeys(ONE_THREAD, "1"),
    )


def plain() -> Callable[[Sequence[str]], object]:
    """Return the plain way over the same weights, of the same heads and tails of texts."""
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise BenchmarkError("wordllama is not installed")
    folder = Path(spec.origin).parent
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    weights = load_file(folder / "weights" / "l2_supercat_256.safetensors")["embedding.weight"].astype(
        np.float32
    )

    def embed(texts: Sequence[str]) -> object:
        encodings = tokenizer.encode_batch_fast([cap(text) for text in texts], add_special_tokens=False)
        return np.stack([weights[encoding.ids].mean(axis=0) for encoding in encodings])

    return embed


def main(kind: str, count: int) -> None:
    """Embed in batches and print the pace."""
    texts = [str(orjson.loads(value)["prompt"]) for _, value in events(count, text=True)]
    embed = plain() if kind == "plain" else load_embedder("wordllama").embed_many
    embed(texts[:1])  # what is compiled is loaded
    watch = Stopwatch(count)
    for start in range(0, count, BATCH):
        batch = texts[start : start + BATCH]
        embed(batch)
        watch.saw(len(batch))
    watch.say()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
