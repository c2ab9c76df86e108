"""The block: attention moves between positions, an MLP thinks at each, and both only add to the stream they read.

`parts.py` has what a block is made of, `stream.py` how parts are joined to the stream and the block itself, `heads.py`
how heads share the channels and how one tests that, `cross.py` attention into another text, and `retelling.py` what
it is for: an encoder-decoder that tells a story from its bare facts.
"""

from .cross import CrossAttention, CrossFrame, DecoderBlock, EncoderBlock, EncoderDecoder
from .heads import head_width, test_head_width
from .parts import ACTIVATIONS, MLP, Dropout, LayerNorm, layer_norm
from .retelling import fact_ids, learn_to_retell, retell, retellings, short_plots
from .stream import Block, DroppingAttention, connect

__all__ = ["ACTIVATIONS", "MLP", "Block", "CrossAttention", "CrossFrame", "DecoderBlock", "Dropout",
           "DroppingAttention", "EncoderBlock", "EncoderDecoder", "LayerNorm", "connect", "fact_ids", "head_width",
           "layer_norm", "learn_to_retell", "retell", "retellings", "short_plots", "test_head_width"]  # fmt: skip
