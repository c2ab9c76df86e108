"""GPT-2's own weights in the GPT that the course builds.

Radford et al. 2019, Language Models are Unsupervised Multitask Learners; the names are those of transformers.
"""

from course_lib import bpe
from course_lib.gpt import GPT, Config

from .hub import folder_of
from .names import Family, fill, save
from .shards import Shards, read_config

BLOCK = {"attention_norm": "ln_1", "attention.qkv": "attn.c_attn", "attention.out": "attn.c_proj",
         "mlp_norm": "ln_2", "mlp.up": "mlp.c_fc", "mlp.down": "mlp.c_proj"}  # fmt: skip
TABLE = {
    "token_embedding.weight": ("transformer.wte.weight",),
    "position_embedding.weight": ("transformer.wpe.weight",),
    **{f"blocks.{{}}.{ours}.{kind}": (f"transformer.h.{{}}.{theirs}.{kind}",)
       for ours, theirs in BLOCK.items() for kind in ("weight", "bias")},
    "final_norm.weight": ("transformer.ln_f.weight",),
    "final_norm.bias": ("transformer.ln_f.bias",),
    "head.weight": ("lm_head.weight",),
}
CONV1D = ("qkv.weight", "out.weight", "up.weight", "down.weight")
FIXED = {"scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False, "add_cross_attention": False,
         "layer_norm_epsilon": 1e-5}  # what another value of would be another model
ACTIVATIONS = {"gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu": "gelu"}
SIZES = {"vocab_size": "vocab_size", "context_length": "n_positions", "d_model": "n_embd", "n_heads": "n_head",
         "n_layers": "n_layer"}  # fmt: skip


def turned(name, parts, config):
    """Their Conv1D keeps its matrices as (inputs, outputs), a Linear as (outputs, inputs)."""
    [tensor] = parts
    return tensor.mT if name.endswith(CONV1D) else tensor


GPT2 = Family(TABLE, turned, lambda name, tensor, config: [turned(name, [tensor], config)],
              extra=r"transformer\.h\.\d+\.attn\.(masked_)?bias")  # in old files: the mask


class Prefixed:
    """Files in which the names lack the first word, as in the one that the hub calls gpt2."""

    def __init__(self, stored):
        self.stored = stored
        self.theirs = {name if name.startswith(("transformer.", "lm_head.")) else f"transformer.{name}": name
                       for name in stored.shapes}
        if len(self.theirs) < len(stored.shapes):
            raise ValueError("it has the same tensor with and without the word 'transformer.' before its name")
        self.shapes = {name: stored.shapes[theirs] for name, theirs in self.theirs.items()}

    def read(self, name):
        return self.stored.read(self.theirs[name])


def gpt2_config(theirs):
    """A gpt.Config for what GPT-2's config.json says.

    theirs: its JSON, a dict: vocab_size, n_positions, n_embd, n_head, n_layer are needed;
        activation_function is "gelu_new" and tie_word_embeddings True where they are not said
    returns: Config; "gelu_new" is our "gelu_tanh"
    raises: ValueError, naming the entry, when it is of another model_type, lacks a size, or asks
        for what gpt.GPT has not: an n_inner other than 4 · n_embd, another activation or epsilon

    >>> gpt2_config({"vocab_size": 7, "n_positions": 5, "n_embd": 6, "n_head": 2, "n_layer": 1}).activation
    'gelu_tanh'
    """
    if theirs.get("model_type", "gpt2") != "gpt2":
        raise ValueError(f"model_type is {theirs['model_type']!r:.40}; wanted is 'gpt2'")
    if lacking := [name for name in SIZES.values() if name not in theirs]:
        raise ValueError(f"{lacking[0]} is not said")
    wanted = {**FIXED, "n_inner": None}
    if theirs.get("n_inner") is not None and theirs["n_inner"] == 4 * theirs["n_embd"]:
        wanted["n_inner"] = theirs["n_inner"]
    for name, value in wanted.items():
        if theirs.get(name, value) != value:
            raise ValueError(f"{name} is {theirs[name]!r:.40}; gpt.GPT has {value!r}")
    activation, tied = theirs.get("activation_function", "gelu_new"), theirs.get("tie_word_embeddings", True)
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ValueError(f"activation_function is {activation!r:.40}; known are {', '.join(ACTIVATIONS)}")
    if type(tied) is not bool:
        raise ValueError(f"tie_word_embeddings is {tied!r:.40}; it should be true or false")
    return Config(**{ours: theirs[name] for ours, name in SIZES.items()}, activation=ACTIVATIONS[activation], tied=tied)


def load_gpt2(source):
    """A model of GPT-2's family as a gpt.GPT.

    source: a folder with config.json and safetensors, or a name on the hub, such as "gpt2" or "gpt2-medium"
    returns: the model, in eval mode, on `device()`
    raises: FileNotFoundError, ConnectionError or ValueError, which say what is missing or wrong. No code of the files
        is run
    """
    folder = folder_of(source)
    try:
        config = gpt2_config(read_config(folder))
        return fill(GPT, config, GPT2, Prefixed(Shards(folder)), folder)
    except ValueError as error:
        raise ValueError(f"{folder} cannot be loaded: {error}") from None


def save_gpt2(model, folder):
    """Write a gpt.GPT as transformers' GPT2LMHeadModel reads it. What was loaded from float32 is equal bit for bit."""
    config, back = model.config, {ours: theirs for theirs, ours in ACTIVATIONS.items() if theirs != "gelu_pytorch_tanh"}
    if not config.bias:
        raise ValueError("this model has no biases, and GPT-2 has: it cannot be written as one")
    save(folder, model, GPT2, {
        "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], **FIXED,
        **{theirs: getattr(config, ours) for ours, theirs in SIZES.items()},
        "activation_function": back[config.activation], "tie_word_embeddings": config.tied,
        "bos_token_id": None, "eos_token_id": None})  # fmt: skip


def gpt2_vocabulary(source):
    """The vocabulary of a folder that has GPT-2's merges.txt; for any other source GPT-2's own, through tiktoken."""
    merges = folder_of(source) / "merges.txt"
    return bpe.read_merges(merges) if merges.is_file() else bpe.gpt2()
