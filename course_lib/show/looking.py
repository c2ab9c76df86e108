"""What the widgets read from a model: the tokens of a text, and what the model computed on its way through them.

The floor imports no rung, so the model is asked through what every model of the course offers: `blocks[i].attention`
with `project` and `weights`, `final_norm` and `head`, and a call that gives logits. Hooks see to the rest, as in
`gpt.trace`, with one difference: each layer's weights can be made small where they are, before they leave the GPU.
"""

from numbers import Integral

import torch


class Reading:
    """A text as one model reads it.

    ids: (T,) int64, on the CPU     tokens: T texts     tokenizer: or None
    """

    def __init__(self, ids, tokens, tokenizer):
        self.ids, self.tokens, self.tokenizer = ids, tokens, tokenizer

    def token(self, number) -> str:
        """What an id is called: its text, its bytes where they are no text by themselves, or the number."""
        return str(number) if self.tokenizer is None else spelled(self.tokenizer, int(number))


def read(model, text, tokenizer=None, begin=True) -> Reading:
    """Cut a text as the model is used to: by its tokenizer, after its end of text, where each story began.

    text: a str, or ids already: a list of whole numbers or a tensor (T,) or (1, T), which are taken as they are
    tokenizer: default `model.tokenizer`; ids need none, but are then shown as numbers
    begin: whether a str begins with the end of text, as a story does (what an encoder reads does not)
    Raises TypeError and ValueError that say what was given and what is wanted.
    """
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"the model is {named(model)}; a torch model is wanted, such as gpt.GPT or what "
                        "training.storyteller() gives first")
    tokenizer = getattr(model, "tokenizer", None) if tokenizer is None else tokenizer
    if isinstance(text, str):
        if not text:
            raise ValueError("the text is empty, so there is nothing to look at: give at least one word")
        if tokenizer is None:
            raise ValueError("this model does not know its tokenizer, so the text cannot become ids: give the "
                             "tokenizer as well, …(model, text, tokenizer)")
        if not hasattr(tokenizer, "encode"):
            raise TypeError(f"the tokenizer is {named(tokenizer)}, which cannot encode; give the one that the model "
                            "was trained with")
        start = getattr(tokenizer, "end", None) if begin else None
        ids = [*([] if start is None else [start]), *tokenizer.encode(text)]
    else:
        ids = _numbers(text)
    ids = torch.as_tensor(ids, dtype=torch.long)
    _check(model, ids, from_text=isinstance(text, str))
    reading = Reading(ids, [], tokenizer)
    reading.tokens = [reading.token(number) for number in ids.tolist()]
    return reading


def spelled(tokenizer, number) -> str:
    """The text of one id; bytes that are no text by themselves (half a letter, say) as \\x and two digits."""
    for method in ("token", "decode_single_token_bytes"):
        if hasattr(tokenizer, method):
            data = getattr(tokenizer, method)(number)
            try:
                return data if isinstance(data, str) else data.decode("utf-8")
            except UnicodeDecodeError:
                return "".join(f"\\x{byte:02x}" for byte in data)
    return tokenizer.decode([number])


@torch.no_grad()
def watch(model, ids, *, source=None, weights=None, residual=None):
    """Run the model on one text and hand over what it computes, layer by layer. The model is left as it was.

    ids: (T,)     source: (S,) of another text, which `blocks[i].cross` looks into: then its weights are handed over
    weights: called with (layer, (H, T, T)), or (layer, (H, T, S)) with a source
    residual: called with (layer, (T, C)): 0 is the stream before the first block, l the stream after block l
    returns: logits (T, V)
    """
    part = "attention" if source is None else "cross"
    blocks = blocks_of(model, part)
    hooks, mode = [], model.training
    try:
        if residual:
            hooks.append(blocks[0].register_forward_pre_hook(lambda block, args: residual(0, args[0][0])))
        for layer, block in enumerate(blocks):
            if residual:
                hooks.append(block.register_forward_hook(
                    lambda block, args, x, layer=layer: residual(layer + 1, x[0])))
            if weights:
                # what comes after the two that project takes (x and positions, x and source) is for the weights
                hooks.append(getattr(block, part).register_forward_hook(
                    lambda attention, args, options, x, layer=layer: weights(layer, by_head(attention.weights(
                        *attention.project(*args[:2], **options)[:2], *args[2:])[0], x.shape[1])), with_kwargs=True))
        model.eval()
        return logits_of(model, ids[None], None if source is None else source[None])[0]
    finally:
        model.train(mode)
        for hook in hooks:
            hook.remove()


def by_head(weights, T):
    """Weights (K, G · T, S), where heads that share their keys stand one under the other, as (H, T, S)."""
    return weights.reshape(-1, T, weights.shape[-1])


def logits_of(model, ids, source=None):
    """What the model gives for some texts, where it is; TypeError for anything but logits.

    ids: (B, T)   source: (B, S), or None
    """
    logits = model(*(part.to(device_of(model)) for part in (source, ids) if part is not None))
    if not isinstance(logits, torch.Tensor):
        raise TypeError(f"{type(model).__name__} gave {named(logits)}; logits of the shape (batch, T, vocabulary) are "
                        "wanted: is its forward finished, and does it return them?")
    if logits.ndim != 3 or len(logits) != len(ids):
        raise TypeError(f"{type(model).__name__} gave a tensor of the shape {tuple(logits.shape)} for ids of the shape "
                        f"{tuple(ids.shape)}; logits of the shape (batch, T, vocabulary) are wanted")
    return logits


def blocks_of(model, part="attention"):
    """The model's blocks, each with an attention that gives its weights; or an error that says what lacks.

    part: what the attention is called in each block, "attention", or "cross" where it looks into another text
    """
    blocks = getattr(model, "blocks", None)
    if blocks is None or not len(blocks):
        raise TypeError(f"{type(model).__name__} cannot be looked into: it has no `blocks`. A model of the course has "
                        "blocks[i].attention, final_norm and head, as gpt.GPT has")
    for layer, block in enumerate(blocks):
        attention = getattr(block, part, None)
        lacks = [name for name in ("project", "weights") if not callable(getattr(attention, name, None))]
        if lacks:
            what = f"no `{part}`" if attention is None else f"an attention without `{lacks[0]}`"
            takes = ("project(x, positions) and weights(q, k)" if part == "attention" else
                     "project(x, source) and weights(q, k), and a text with a source is shown by an encoder-decoder")
            raise TypeError(f"{type(model).__name__} cannot be looked into: its blocks[{layer}] has {what}. "
                            f"An attention of the course has {takes}")
    return blocks


def device_of(model):
    """Where the model's parameters are."""
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))


def named(thing) -> str:
    """What something is, for a message: `a str`, `an int`, `None`."""
    kind = type(thing).__name__
    return "None" if thing is None else f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def is_whole(number) -> bool:
    """Whether it is a whole number, Python's or numpy's. True and False are none."""
    return isinstance(number, Integral) and not isinstance(number, bool)


def _numbers(text):
    shape = tuple(getattr(text, "shape", ()))
    if hasattr(text, "tolist"):
        if len(shape) == 2 and shape[0] != 1 or len(shape) not in (1, 2):
            raise ValueError(f"the ids have the shape {shape}; one text is shown at a time: (T,) or (1, T)")
        text = text.reshape(-1).tolist()
    if not isinstance(text, (list, tuple)) or not all(map(is_whole, text)):
        raise TypeError(f"the text is {named(text)}; give a str, or a list of ids (whole numbers)")
    if not text:
        raise ValueError("the text is empty, so there is nothing to look at: give at least one id")
    return list(map(int, text))


def _check(model, ids, from_text):
    config = getattr(model, "config", None)
    window, size = getattr(config, "context_length", None), getattr(config, "vocab_size", None)
    if window is not None and len(ids) > window:
        raise ValueError(f"the text has {len(ids)} tokens{' with the end of text before it' if from_text else ''}, "
                         f"and this model sees {window} at a time: give a shorter text")
    if size is not None and not 0 <= int(ids.min()) <= int(ids.max()) < size:
        wrong = int(ids.min()) if ids.min() < 0 else int(ids.max())
        raise ValueError(f"id {wrong} is outside the model's vocabulary, 0 to {size - 1}: was the text cut by "
                         "another tokenizer than the model's own?")
