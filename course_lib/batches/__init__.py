"""Batches: documents become one stream of ids, the stream becomes windows, and windows become `ids, targets`.

`streams.py` joins documents and holds some of them back, `windowing.py` cuts windows, `shuffling.py` puts them in an
order that any step can be asked for, `rows.py` pads and packs, `shards.py` keeps a stream that memory cannot hold.
"""

from .rows import IGNORED, pack, pad_batch
from .shards import Shards, open_stream, read_across
from .shuffling import Batches, batch_rows, loader
from .streams import held_back, stream
from .windowing import Windows, slide, whole, windows

__all__ = ["IGNORED", "Batches", "Shards", "Windows", "batch_rows", "held_back", "loader", "open_stream", "pack",
           "pad_batch", "read_across", "slide", "stream", "whole", "windows"]  # fmt: skip
