"""Models of the families of Llama, Qwen2 and Qwen3 in the modern GPT.

Touvron et al. 2023, LLaMA; Yang et al. 2024, Qwen2, section 2.2.1; Yang et al. 2025, Qwen3, section 2. The names are
those of transformers and, in a second table made from the first, of llama.cpp.
"""

import torch

from course_lib.modern import Modern, ModernConfig

from .hub import folder_of
from .names import Family, fill, save
from .shards import Shards, read_config

ROWS = {  # of a block: (in transformers, in llama.cpp)
    "attention_norm.weight": [("input_layernorm.weight", "attn_norm.weight")],
    **{f"attention.qkv.{kind}": [(f"self_attn.{part}_proj.{kind}", f"attn_{part}.{kind}") for part in "qkv"]
       for kind in ("weight", "bias")},
    "attention.q_norm.weight": [("self_attn.q_norm.weight", "attn_q_norm.weight")],
    "attention.k_norm.weight": [("self_attn.k_norm.weight", "attn_k_norm.weight")],
    "attention.out.weight": [("self_attn.o_proj.weight", "attn_output.weight")],
    "mlp_norm.weight": [("post_attention_layernorm.weight", "ffn_norm.weight")],
    "mlp.gate.weight": [("mlp.gate_proj.weight", "ffn_gate.weight")],
    "mlp.up.weight": [("mlp.up_proj.weight", "ffn_up.weight")],
    "mlp.down.weight": [("mlp.down_proj.weight", "ffn_down.weight")],
}
AROUND = {
    "token_embedding.weight": [("model.embed_tokens.weight", "token_embd.weight")],
    "final_norm.weight": [("model.norm.weight", "output_norm.weight")],
    "head.weight": [("lm_head.weight", "output.weight")],
}


def column(number, block):
    """The table of names of transformers (0) or llama.cpp (1). block: what stands before the names in a block"""
    rows = {f"blocks.{{}}.{ours}": tuple(block + pair[number] for pair in pairs) for ours, pairs in ROWS.items()}
    return rows | {ours: tuple(pair[number] for pair in pairs) for ours, pairs in AROUND.items()}


def to_halves(rows, head_width):
    """Order the rows of a query or key matrix for RoPE that turns channels i and i + D/2.

    rows: (H · D, ...), a weight or its bias, made for RoPE that turns neighbours: 2i and 2i + 1
    head_width: D, even
    returns: the same shape; in each head first the rows 0, 2, 4, … and then 1, 3, 5, …

    >>> to_halves(torch.tensor([0, 1, 2, 3, 10, 11, 12, 13]), head_width=4).tolist()
    [0, 2, 1, 3, 10, 12, 11, 13]
    """
    return rows.unflatten(0, (-1, head_width // 2, 2)).transpose(1, 2).flatten(0, 2)


def to_neighbours(rows, head_width):
    """The other way: `to_halves(to_neighbours(rows, D), D)` are the rows. Shapes: those of `to_halves`

    >>> to_neighbours(torch.tensor([0, 2, 1, 3]), head_width=4).tolist()
    [0, 1, 2, 3]
    """
    return rows.unflatten(0, (-1, 2, head_width // 2)).transpose(1, 2).flatten(0, 2)


def join(name, parts, config):
    """Query, key and value one under the other; anything else is one tensor already."""
    return torch.cat(parts) if "qkv" in name else parts[0]


def split(name, tensor, config):
    """Query, key and value, where a tensor is all three."""
    H, K, D = config.n_heads, config.n_kv_heads, config.head_width
    return list(tensor.split([H * D, K * D, K * D])) if "qkv" in name else [tensor]


def join_neighbours(name, parts, config):
    """The same for files whose queries and keys are ordered for RoPE by neighbours."""
    if "qkv" in name:
        parts = [*(to_halves(part, config.head_width) for part in parts[:2]), parts[2]]
    return join(name, parts, config)


def split_neighbours(name, tensor, config):
    parts = split(name, tensor, config)
    return [*(to_neighbours(part, config.head_width) for part in parts[:2]), parts[2]] if "qkv" in name else parts


LLAMA = Family(column(0, "model.layers.{}."), join, split,
               extra=r"model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq")
LLAMA_CPP = Family(column(1, "blk.{}."), join_neighbours, split_neighbours)
KINDS = {  # model_type: what it has of the two parts in which the families differ
    "llama": {"qkv_bias": False, "qk_norm": False},
    "qwen2": {"qkv_bias": True, "qk_norm": False},
    "qwen3": {"qkv_bias": False, "qk_norm": True},
}
CLASSES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}
SIZES = {"vocab_size": "vocab_size", "d_model": "hidden_size", "n_heads": "num_attention_heads",
         "n_layers": "num_hidden_layers", "d_hidden": "intermediate_size",
         "context_length": "max_position_embeddings"}  # fmt: skip
OTHERS = {"n_kv_heads": ("num_key_value_heads", None), "head_width": ("head_dim", None),
          "norm_epsilon": ("rms_norm_eps", 1e-6), "tied": ("tie_word_embeddings", False)}  # and what goes unsaid
FIXED = {"hidden_act": "silu", "attention_bias": False, "mlp_bias": False, "use_sliding_window": False,
         "rope_scaling": None, "rope_interleaved": False}  # what another value of would be another model


def rope_base(theirs):
    """The base of RoPE, where the turns are plain ones. transformers keeps it in one of two places."""
    rope = theirs.get("rope_parameters") or {}
    if not isinstance(rope, dict) or rope.get("rope_type", "default") != "default" or (
            rope.keys() - {"rope_type", "rope_theta"}):
        raise ValueError(f"rope_parameters are {rope!r:.80}; modern.Modern has plain turns only")
    return rope.get("rope_theta", theirs.get("rope_theta", 10_000.0))


def llama_config(theirs):
    """A ModernConfig for what the config.json of a Llama, Qwen2 or Qwen3 says.

    theirs: its JSON, a dict. vocab_size, hidden_size, num_attention_heads, num_hidden_layers,
        intermediate_size and max_position_embeddings are needed; where nothing is said,
        num_key_value_heads is num_attention_heads, head_dim the width shared out among them,
        rms_norm_eps 1e-6, tie_word_embeddings False and rope_theta 10,000
    returns: ModernConfig, with qkv_bias for "qwen2" and qk_norm for "qwen3"
    raises: ValueError, naming the entry, when it is of another model_type, lacks a size, or asks
        for what the modern GPT has not: another activation, other biases, stretched RoPE, windows
    """
    kind = theirs.get("model_type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"model_type is {kind!r:.40}; known are {', '.join(KINDS)}")
    if lacking := [name for name in SIZES.values() if name not in theirs]:
        raise ValueError(f"{lacking[0]} is not said")
    for name, value in FIXED.items():
        if theirs.get(name, value) != value:
            raise ValueError(f"{name} is {theirs[name]!r:.80}; modern.Modern has {value!r}")
    if any(layer != "full_attention" for layer in theirs.get("layer_types") or ()):
        raise ValueError(f"layer_types are {theirs['layer_types']!r:.80}; each should be 'full_attention'")
    chosen = {ours: theirs[name] for ours, name in SIZES.items()}
    chosen |= {ours: theirs.get(name, usual) for ours, (name, usual) in OTHERS.items()}
    chosen["rope_base"] = rope_base(theirs)
    for name in "norm_epsilon", "rope_base":
        if type(chosen[name]) not in (int, float) or not 0 < chosen[name] < float("inf"):
            raise ValueError(f"{name} is {chosen[name]!r:.40}; it should be a number above 0")
    if type(chosen["tied"]) is not bool:
        raise ValueError(f"tie_word_embeddings is {chosen['tied']!r:.40}; it should be true or false")
    return ModernConfig(**chosen, **KINDS[kind])


def load_llama(source):
    """A model of the families of Llama, Qwen2 and Qwen3 as a modern.Modern.

    source: a folder with config.json and safetensors, or a name on the hub, such as
        "HuggingFaceTB/SmolLM2-135M-Instruct"
    returns: the model, in eval mode, on `device()`
    raises: FileNotFoundError, ConnectionError or ValueError, which say what is missing or wrong. No code of the files
        is run
    """
    folder = folder_of(source)
    try:
        return fill(Modern, llama_config(read_config(folder)), LLAMA, Shards(folder), folder)
    except ValueError as error:
        raise ValueError(f"{folder} cannot be loaded: {error}") from None


def save_llama(model, folder):
    """Write a modern.Modern as transformers reads it, as the family that it is of.

    raises: ValueError where it has parts that none of them has
    """
    config = model.config
    own = {name: getattr(config, name) for name in KINDS["llama"]}
    kind = next((kind for kind, parts in KINDS.items() if parts == own), None)
    plain = (config.norm, config.positions, config.mlp, config.bias, config.window, config.experts, config.softcap)
    if kind is None or plain != ("rms", "rope", "swiglu", False, None, None, None):
        raise ValueError(f"{config} is of no family that strangers would know: wanted are RMSNorm, RoPE and SwiGLU, "
                         "without biases, windows, experts or soft-cap, and QK-norm or biases of qkv, not both")
    save(folder, model, LLAMA, {
        "model_type": kind, "architectures": [CLASSES[kind]], "hidden_act": "silu",
        **{theirs: getattr(config, ours) for ours, theirs in SIZES.items()},
        **{theirs: getattr(config, ours) for ours, (theirs, _) in OTHERS.items()},
        "rope_theta": config.rope_base, "bos_token_id": None, "eos_token_id": None})  # fmt: skip
