"""Weights that others have trained, in the course's own classes.

`shards.py` reads safetensors, `hub.py` finds the files, `names.py` makes tensors of strangers ours and writes them
back, `gpt2.py` and `llama.py` have the tables of names.
"""

from .gpt2 import gpt2_config, gpt2_vocabulary, load_gpt2, save_gpt2
from .llama import llama_config, load_llama, save_llama, to_halves, to_neighbours
from .names import foreign_names
from .shards import list_tensors

__all__ = ["foreign_names", "gpt2_config", "gpt2_vocabulary", "list_tensors", "llama_config", "load_gpt2",
           "load_llama", "save_gpt2", "save_llama", "to_halves", "to_neighbours"]  # fmt: skip
