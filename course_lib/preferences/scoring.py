"""What a model has written, and how likely it finds it: the log-probability of each token."""

import torch
from torch.func import functional_call

from course_lib.batches import IGNORED, pad_batch
from course_lib.device import preset
from course_lib.sampling import generate
from course_lib.training.engine import DTYPES
from course_lib.training.precision import forwards, fused_parts

ROWS = 16  # read at once


def logprobs(logits, targets):
    """The log-probability that a model gave to each target.

    logits: (B, T, V)   targets: (B, T) ids, or IGNORED (-100) where nothing was written
    returns: (B, T) in nats, 0 or below; 0 where the target is IGNORED

    >>> logprobs(torch.zeros(1, 2, 4), torch.tensor([[3, -100]])).exp().tolist()
    [[0.25, 1.0]]
    """
    written = targets != IGNORED
    places = targets.masked_fill(~written, 0)[..., None]  # (B, T, 1)
    picked = logits.log_softmax(-1).gather(-1, places)[..., 0]  # (B, T)
    return picked.masked_fill(~written, 0)


class Scorer:
    """The function `(ids, targets) -> log-probabilities (B, T)`: the model's own forward, computed as an Engine says.

    The same function gives those of the old policy, the new one and the reference: what is compared is computed alike.
    """

    def __init__(self, model, engine):
        self.model, self.engine, self.parts = model, engine, None

    def __call__(self, ids, targets):
        if self.parts is None:
            self.parts, _ = fused_parts(self.model, self.engine.attention, ids)
        dtype = DTYPES[self.engine.precision]
        weights = {name: weight.to(dtype) for name, weight in self.model.named_parameters()}
        with forwards(self.parts):
            logits = functional_call(self.model, weights, (ids,))  # (B, T, V)
        return logprobs(logits.float(), targets)

    @torch.no_grad()
    def read(self, ids, targets):
        """The same for many rows, without gradients. ids, targets: (N, T)   returns: (N, T)"""
        return torch.cat([self(*part) for part in zip(ids.split(ROWS), targets.split(ROWS), strict=True)])


def write(model, tokenizer, prompts, dice, n=None, temperature=1.0):
    """Let a model go on after prompts, up to `n` tokens, or to the end of its window; a smoke run writes a few words.

    prompts: lists of ids, without the end of text that stands before each   dice: a torch.Generator
    returns: for each prompt what was written, a list of ids, with the end of text if it came to one
    """
    begun = [[tokenizer.end, *prompt] for prompt in prompts]
    if n is None:
        n = model.config.context_length - max(map(len, begun))
        n = preset().pick(smoke=min(n, 24), cpu=n, gpu=n)
    rows = generate(model, begun, n, temperature=temperature, end=tokenizer.end, generator=dice)
    return [row[len(prompt):] for row, prompt in zip(rows, begun, strict=True)]


def text_of(tokenizer, prompt, written):
    """A prompt and what was written after it as one text, without its end."""
    return tokenizer.decode([*prompt, *(written[:-1] if written[-1:] == [tokenizer.end] else written)])


def rows_of(prompts, written, end):
    """Continuations as a batch, of which what was written is asked for and the prompts are not.

    prompts, written: lists of lists of ids, as `write` takes and gives them
    returns: ids, targets, each (B, T), where T is the longest row's length; see `pad_batch`
    """
    ids, targets = pad_batch([[*prompt, *row] for prompt, row in zip(prompts, written, strict=True)], end)
    ids, targets = ids[:, :-1], targets[:, :-1]  # one place for each token, for a row has its end already or has none
    place = torch.arange(ids.shape[1])  # (T,)
    first = torch.tensor([[len(prompt)] for prompt in prompts])  # (B, 1)
    last = first + torch.tensor([[len(row)] for row in written])  # (B, 1)
    return ids, targets.masked_fill((place < first) | (place >= last), IGNORED)
