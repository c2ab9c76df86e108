"""Weights that others have trained, in the course's own classes.

`shards.py` reads safetensors, `hub.py` finds the files, `names.py` makes tensors of strangers ours and writes them
back, `gpt2.py` and `llama.py` have the tables of names. `gguf_file.py` reads the files of llama.cpp, `quantised.py`
unpacks their weights, `vocabulary.py` has a stranger's ids, and `llama_cpp.py` makes a model of all that. `smollm2.py`
fetches a real one, `stand_in.py` writes a small one for where there is none, and `eight_bits.py` keeps weights small
while they are used.
"""

from .eight_bits import EightBitLinear, quantise_rows, to_eight_bits
from .gguf_file import GGUF
from .gpt2 import gpt2_config, gpt2_vocabulary, load_gpt2, save_gpt2
from .llama import llama_config, load_llama, save_llama, to_halves, to_neighbours
from .llama_cpp import gguf_config, gguf_vocabulary, load_gguf
from .names import foreign_names
from .quantised import unpack_q4_1, unpack_q8_0
from .shards import list_tensors
from .smollm2 import CHATML, SMOLLM2, SYSTEM, fetch_smollm2, load_smollm2, smollm2_file
from .stand_in import write_stand_in
from .vocabulary import ForeignVocabulary, to_foreign, token_bytes

__all__ = ["CHATML", "GGUF", "SMOLLM2", "SYSTEM", "EightBitLinear", "ForeignVocabulary", "fetch_smollm2",
           "foreign_names", "gguf_config", "gguf_vocabulary", "gpt2_config", "gpt2_vocabulary", "list_tensors",
           "llama_config", "load_gguf", "load_gpt2", "load_llama", "load_smollm2", "quantise_rows", "save_gpt2",
           "save_llama", "smollm2_file", "to_eight_bits", "to_foreign", "to_halves", "to_neighbours", "token_bytes",
           "unpack_q4_1", "unpack_q8_0", "write_stand_in"]  # fmt: skip
