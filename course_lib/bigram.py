"""The baseline to beat: models that only count, and the numbers by which every model here is measured.

A model is anything that can be called: `model(ids)` gives logits (B, T, V), at each position one score for each
token that could come next.
"""

import math

import torch
from torch import nn


class Unigram(nn.Module):
    """How often does each token come, whatever stood before it?"""

    def __init__(self, ids, vocab_size, smoothing=0.01):
        """ids: (N,) a stream; smoothing: what is added to every count, so that nothing is impossible."""
        super().__init__()
        check_counting(ids, vocab_size, smoothing)
        counts = torch.bincount(ids.cpu(), minlength=vocab_size).double() + smoothing  # (V,)
        self.register_buffer("log_probs", (counts / counts.sum()).log().float())

    def forward(self, ids):
        """ids: (B, T)   returns: logits (B, T, V), the same at every position"""
        return self.log_probs.expand(*ids.shape, -1)  # (B, T, V)


class Bigram(nn.Module):
    """How often does each token come after this one?"""

    def __init__(self, ids, vocab_size, smoothing=0.01):
        """ids: (N,) a stream; smoothing: what is added to every count, so that nothing is impossible.

        The table has V x V entries: 4 MB for 1,024 tokens, 10 GB for GPT-2's 50,257.
        """
        super().__init__()
        check_counting(ids, vocab_size, smoothing)
        V, ids = vocab_size, ids.cpu().long()  # V x V may be more than a smaller integer holds
        pairs = ids[:-1] * V + ids[1:]  # (N - 1,) each pair of neighbours as one number
        counts = torch.bincount(pairs, minlength=V * V).double().view(V, V) + smoothing  # (V, V)
        self.register_buffer("log_probs", (counts / counts.sum(-1, keepdim=True)).log().float())

    def forward(self, ids):
        """ids: (B, T)   returns: logits (B, T, V); position t depends on ids[:, t] alone"""
        return self.log_probs[ids]  # (B, T, V)


def check_counting(ids, vocab_size, smoothing):
    """Raise a ValueError that says what is wrong with a counting model's arguments."""
    if not smoothing > 0:
        raise ValueError(f"smoothing is {smoothing}: it must be above 0, or what was never seen gets probability 0 "
                         "and one such token makes the loss infinite")
    if ids.dim() != 1 or len(ids) < 2:
        raise ValueError(f"counting wants a stream (N,) of two tokens or more and was given {tuple(ids.shape)}")
    if ids.min() < 0 or ids.max() >= vocab_size:
        raise ValueError(f"the stream has ids from {ids.min()} to {ids.max()}, but vocab_size is {vocab_size}: "
                         f"ids go from 0 to {vocab_size - 1}. Is it the vocabulary that made the stream?")


def check_logits(logits):
    """Raise the ValueError for logits from which no probabilities follow: NaN, +infinity, or nothing but -infinity.

    logits: (..., V); a single -inf is a token that may not come
    """
    if not logits.amax(-1).isfinite().all():  # the largest of a row is NaN if any of them is
        raise ValueError("the logits are NaN or infinite: the model's weights are broken, most likely its training "
                         "diverged; load an older checkpoint, or train again at a lower rate")


def losses(logits, targets):
    """How surprised the model is by each target: −ln of the probability that it gave it.

    logits: (..., V); targets: (...) ids
    returns: (...) nats, 0 or more

    Computed from the logits, not from the probabilities: exp(−1000) is 0 in any float, and the log of 0 (or of
    a clamp that hides the 0) is a wrong loss with no slope, just where the model is most wrong.
    """
    if logits.shape[:-1] != targets.shape:
        raise ValueError(f"logits {tuple(logits.shape)} and targets {tuple(targets.shape)} do not fit: "
                         "targets need the shape of the logits without their last size, V")
    logits = logits - logits.amax(-1, keepdim=True).detach()  # the largest is 0 now, so exp cannot overflow
    picked = logits.gather(-1, targets[..., None])[..., 0]  # (...)
    return logits.exp().sum(-1).log() - picked


def cross_entropy(logits, targets):
    """The mean surprise, in nats: the loss of every model in this course.

    logits: (..., V); targets: (...) ids
    returns: () nats per token; ln V for a model that knows nothing and says so

    >>> cross_entropy(torch.tensor([[1000.0, 0.0]]), torch.tensor([1])).item()
    1000.0
    """
    return losses(logits, targets).mean()


def perplexity(loss):
    """e to the loss: among how many equally likely tokens the model might as well have been choosing.

    loss: nats per token, a number or a tensor   returns: the same kind, 1 or more
    """
    if torch.is_tensor(loss):
        return loss.exp()
    return math.exp(loss) if loss < 709 else math.inf  # above 709.78 a float overflows


def bits_per_byte(model, tokenizer, stories, batch_size=32):
    """The one number of the ladder: the bits a model needs to write stories down, divided by their bytes.

    model: `model(ids)` gives logits (B, T, V). With `model.config.context_length` it is never given more than that.
    tokenizer: `encode`, `decode` and `end`
    stories: strings
    returns: bits per utf-8 byte. Tokens of any size compare fairly, since bytes are the same for all.
    raises: ValueError where the tokenizer does not give a story back: what it loses would go unscored

    The end of each story is scored too, but is no byte: a model that knows nothing and gives each of 256 bytes
    1/256 has 8 (n + 1) / n for n bytes, a little more than 8, and over V tokens it has tokens · log2(V) / bytes.
    """
    stories = check_stories(stories)
    bits = story_bits(model, tokenizer, stories, batch_size)
    return sum(bits) / sum(len(story.encode("utf-8")) for story in stories)


def story_bits(model, tokenizer, stories, batch_size=32):
    """The bits that a model needs for each story: −log2 of the probability of all its tokens and then its end.

    Each story stands alone after an end-of-text token. A position sees all that came before it, or the last
    `context_length` tokens of that where a story is longer than the model's window.
    Takes what `bits_per_byte` takes; returns a list with one float for each story.
    """
    stories = check_stories(stories)
    limit = getattr(getattr(model, "config", None), "context_length", math.inf)
    rows = []  # (which story, ids, how many of its last positions are scored)
    for number, story in enumerate(stories):
        ids = [tokenizer.end, *exact_ids(tokenizer, story, f"story {number}"), tokenizer.end]
        first = min(len(ids) - 1, limit)
        rows.append((number, ids[: first + 1], first))
        rows += [(number, ids[last - limit : last + 1], 1) for last in range(first + 1, len(ids))]
    rows.sort(key=lambda row: len(row[1]))  # neighbours of like length need little padding

    bits = [0.0] * len(stories)
    with evaluating(model) as device:
        for begin in range(0, len(rows), batch_size):
            batch = rows[begin : begin + batch_size]
            T = max(len(ids) for _, ids, _ in batch) - 1
            # A model looks back only, so what is filled in after the last token cannot change what came before.
            padded = torch.tensor([ids + [tokenizer.end] * (T + 1 - len(ids)) for _, ids, _ in batch], device=device)
            logits = model(padded[:, :-1]).float()  # (B, T, V)
            check_logits(logits)
            if padded.max() >= logits.shape[-1]:
                raise ValueError(f"the tokenizer gives the id {padded.max()}, but the model's ids go from 0 to "
                                 f"{logits.shape[-1] - 1}: it was made for another vocabulary")
            nats = losses(logits, padded[:, 1:]).double()  # (B, T)
            for (number, ids, scored), row in zip(batch, nats, strict=True):
                bits[number] += row[len(ids) - 1 - scored : len(ids) - 1].sum().item() / math.log(2)
    return bits


def check_stories(stories):
    """The texts to measure as a list, none of them empty; ValueError where there are none."""
    listed = [] if isinstance(stories, (str, bytes)) else list(stories)
    if not listed:
        raise ValueError(f"bits per byte wants a list of one story or more and was given {stories!r:.60}")
    for number, story in enumerate(listed):
        if not story:
            raise ValueError(f"story {number} is empty: bits per byte would divide by its 0 bytes")
    return listed


def exact_ids(tokenizer, text, name="a text"):
    """The ids of a text that stand for all of it: what a tokenizer loses would go unscored, and bits per byte be wrong.

    tokenizer: `encode` and `decode`   name: what the text is called in the message
    returns: a list   raises: ValueError where the ids do not give the text back
    """
    ids = list(tokenizer.encode(text))
    back = tokenizer.decode(ids)
    if back != text:
        at = next((at for at, (a, b) in enumerate(zip(text, back, strict=False)) if a != b), min(len(text), len(back)))
        raise ValueError(f"this tokenizer does not give {name} back: from character {at} on it is "
                         f"{back[at : at + 40]!r} for {text[at : at + 40]!r}. What it loses would go unscored, so its "
                         "bits per byte cannot be compared: make the vocabulary from texts that have these characters")
    return ids


class evaluating:
    """`with evaluating(model) as device:` no gradients, no dropout; afterwards every part is as it was before."""

    def __init__(self, model):
        self.parts = list(model.modules()) if isinstance(model, nn.Module) else []
        self.modes = [part.training for part in self.parts]
        tensors = [*model.parameters(), *model.buffers()] if self.parts else []
        self.device = tensors[0].device if tensors else torch.device("cpu")
        self.no_grad = torch.no_grad()

    def __enter__(self):
        for part in self.parts:
            part.training = False
        self.no_grad.__enter__()
        return self.device

    def __exit__(self, *error):
        self.no_grad.__exit__(*error)
        for part, mode in zip(self.parts, self.modes, strict=True):
            part.training = mode
