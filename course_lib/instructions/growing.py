"""A model grows: more tokens in its vocabulary, more positions in its window. New rows have to begin as something."""

from dataclasses import replace

import torch

from course_lib.gpt import GPT

LAST = 8  # rows of positions whose mean a new one begins as


def grow_tokens(model, vocab_size, start="mean"):
    """A GPT that knows more tokens, and otherwise is the same.

    vocab_size: of the grown tokenizer; the new ids are the last   start: what each new row begins as, "mean" of all the
        old ones or "random", as far from zero as they are
    returns: a new model; the old one stays as it is. Embedding and head are one matrix where they were
    raises: ValueError where the model has as many tokens already
    """
    V = model.config.vocab_size
    if vocab_size <= V:
        raise ValueError(f"the model has {V} tokens already; vocab_size is {vocab_size} and must be more")
    if start not in ("mean", "random"):
        raise ValueError(f"start is {start!r}; choose mean or random")
    grown = like(model, vocab_size=vocab_size)
    with torch.no_grad():
        for new, old in ((grown.token_embedding, model.token_embedding), (grown.head, model.head)):
            new.weight[:V] = old.weight
            if start == "mean":
                new.weight[V:] = old.weight.mean(0)
            else:
                new.weight[V:] = torch.randn_like(new.weight[V:]) * old.weight.std()
    return grown


def grow_positions(model, context_length):
    """A GPT with a longer window; each new position begins as the mean of the last few old ones. A new model"""
    T = model.config.context_length
    if context_length <= T:
        raise ValueError(f"the window has {T} places already; context_length is {context_length} and must be more")
    grown = like(model, context_length=context_length)
    with torch.no_grad():
        grown.position_embedding.weight[:T] = model.position_embedding.weight
        grown.position_embedding.weight[T:] = model.position_embedding.weight[-LAST:].mean(0)
    return grown


def cut_positions(model, context_length):
    """The same GPT with a shorter window. returns: a new model"""
    cut = like(model, context_length=context_length)
    with torch.no_grad():
        cut.position_embedding.weight.copy_(model.position_embedding.weight[:context_length])
    return cut


def like(model, **sizes):
    """A GPT with other sizes of tables, and a copy of all weights that fit it."""
    other = GPT(replace(model.config, **sizes)).to(next(model.parameters()))
    own = other.state_dict()
    fitting = {name: value for name, value in model.state_dict().items() if value.shape == own[name].shape}
    other.load_state_dict(fitting, strict=False)
    return other.train(model.training)
