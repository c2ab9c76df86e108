"""A model and its vocabulary out of one GGUF file."""

from course_lib.modern import Modern, ModernConfig

from .gguf_file import GGUF
from .llama import LLAMA_CPP
from .names import fill
from .vocabulary import ForeignVocabulary

SIZES = {"n_layers": "block_count", "d_model": "embedding_length", "n_heads": "attention.head_count",
         "n_kv_heads": "attention.head_count_kv", "d_hidden": "feed_forward_length",
         "context_length": "context_length"}  # fmt: skip
CONTROL = 3  # the type of a special token; 1 is a plain one


def gguf_config(file):
    """The ModernConfig for a GGUF file of the architecture llama. raises: ValueError for another, or a lack of facts"""
    if file.facts.get("general.architecture") != "llama":
        raise ValueError(f"{file.path}: its architecture is {file.facts.get('general.architecture')!r:.40}; 'llama' is "
                         "read")
    if stretched := [key for key in file.facts if key.startswith("llama.rope.scaling")]:
        raise ValueError(f"{file.path} has {stretched[0]}: modern.Modern has plain turns only")
    sizes = {ours: file.fact(f"llama.{theirs}", int) for ours, theirs in SIZES.items()}
    width = file.facts.get("llama.attention.key_length", sizes["d_model"] // max(sizes["n_heads"], 1))
    if file.facts.get("llama.rope.dimension_count", width) != width:
        raise ValueError(f"{file.path} turns {file.facts['llama.rope.dimension_count']!r:.40} channels of each head; "
                         f"modern.Modern turns all {width!r:.40}")
    vocab_size = len(file.fact("tokenizer.ggml.tokens", list))
    return ModernConfig(vocab_size, **sizes, head_width=width, tied="output.weight" not in file.shapes,
                        rope_base=file.facts.get("llama.rope.freq_base", 10_000.0),
                        norm_epsilon=file.fact("llama.attention.layer_norm_rms_epsilon", float))


def gguf_vocabulary(file):
    """The ForeignVocabulary in a GGUF file. raises: ValueError for another kind than that of GPT-2"""
    if file.facts.get("tokenizer.ggml.model") != "gpt2":
        raise ValueError(f"{file.path} has the vocabulary {file.facts.get('tokenizer.ggml.model')!r:.40}; that of "
                         "'gpt2', byte by byte, is read")
    tokens, merges = file.fact("tokenizer.ggml.tokens", list), file.fact("tokenizer.ggml.merges", list)
    types = file.fact("tokenizer.ggml.token_type", list)
    if len(types) != len(tokens) or not all(isinstance(text, str) for text in tokens + merges):
        raise ValueError(f"{file.path}: its tokens, their types and its merges are not those of a vocabulary")
    special = {token: id for id, token in enumerate(tokens) if types[id] == CONTROL}
    try:
        return ForeignVocabulary(str(file.facts.get("general.basename", file.path.stem)), tokens, merges, special,
                                 file.facts.get("tokenizer.ggml.pre"))
    except ValueError as error:
        raise ValueError(f"{file.path}: {error}") from None


def load_gguf(path):
    """A model of the architecture llama out of a GGUF file, and its vocabulary.

    returns: modern.Modern with the unpacked weights in float32, in eval mode, on `device()`, and a ForeignVocabulary,
        which is the model's `tokenizer` too
    raises: FileNotFoundError where there is no file, ValueError for one that is damaged or of another kind
    """
    file = GGUF(path)
    vocabulary = gguf_vocabulary(file)
    model = fill(Modern, gguf_config(file), LLAMA_CPP, file, file.path)
    model.tokenizer = vocabulary  # so that a widget needs no more than the model and a text
    return model, vocabulary
