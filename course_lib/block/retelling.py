"""What an encoder-decoder is for: a story told again from its bare facts."""

import torch

from course_lib import stories
from course_lib.bigram import cross_entropy
from course_lib.device import device
from course_lib.learning import AdamW, clip_gradients, learning_rate, parameter_groups

from .cross import EncoderDecoder

EVENTS = [["lose"], ["give"], ["borrow"], ["hide"]]  # one event, and in it the hero's thing may change hands
FACTS, TOKENS = 14, 168  # room for all facts of such a plot, and for its story


def short_plots(split, n, seed=0):
    """n plots of stories in which one thing happens: something is lost, wished for, lent or hidden.

    split: "train" or "validation"   seed: another gives other plots
    """
    found, round = [], 0
    while len(found) < n:
        found += [p for p in stories.plots(split, 6 * n, f"{seed} {round}") if stories.events(p) in EVENTS]
        round += 1
    return found[:n]


def fact_ids(facts, tokenizer):
    """Some facts as an encoder reads them: a token each, for they are words that the story vocabulary has whole."""
    return [i for fact in facts for i in tokenizer.encode(f" {fact}")]


def retellings(plots, tokenizer):
    """Facts and story of each plot, as ids; what is short is filled up with the end of text.

    returns: source (N, S), a token for each fact, and ids (N, T + 1), the story between two ends of text
    """
    sources, rows, end = [], [], tokenizer.end
    for plot in plots:
        facts = fact_ids(stories.facts(plot), tokenizer)
        ids = [end, *tokenizer.encode(stories.tell(plot)), end]
        sources.append(facts + [end] * (FACTS - len(facts)))
        rows.append(ids + [end] * (TOKENS + 1 - len(ids)))
    return torch.tensor(sources), torch.tensor(rows)


def learn_to_retell(attention, tokenizer, steps=1000, read=6000, seed=0, curve=None):
    """Train an EncoderDecoder to tell stories from their facts.

    attention: a class, CrossAttention or your own
    read: how many plots there are to learn from   curve: a show.LossCurve to watch it by
    returns: the EncoderDecoder, on `device()`
    """
    torch.manual_seed(seed)
    model = EncoderDecoder(tokenizer.vocab_size, FACTS, TOKENS, 64, 4, tokenizer.end, attention).to(device())
    model.tokenizer = tokenizer  # so that a widget needs no more than the model and two texts
    source, ids = (part.to(device()) for part in retellings(short_plots("train", read, seed), tokenizer))
    groups = parameter_groups(model, weight_decay=0.01, lr=0.008, embedding_lr=0.04)
    optimizer, peaks = AdamW(groups, betas=(0.9, 0.95)), [group["lr"] for group in groups]
    for step in range(steps) if curve is None else curve.steps(steps):
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = learning_rate(step, peak, warmup=steps // 20 + 1, total=steps + 1)
        rows = torch.arange(8 * step, 8 * step + 8, device=ids.device) % len(ids)
        T = int((ids[rows] != tokenizer.end).sum(1).max()) + 1  # as long as the longest story, and its end
        loss = cross_entropy(model(source[rows], ids[rows, :T]), ids[rows, 1:T + 1])
        optimizer.zero_grad()
        loss.backward()
        clip_gradients(model.parameters(), 1.0)
        optimizer.step()
        if curve is not None:
            curve.log(step, train=loss)
    return model


@torch.no_grad()
def retell(model, facts):
    """The story that the model tells of some facts, always the likeliest next token.

    facts: words, as `stories.facts` gives them   returns: the story, a str
    """
    tokenizer = model.tokenizer
    where = next(model.parameters()).device
    seen = model.encode(torch.tensor([fact_ids(facts, tokenizer)], device=where))  # read once, looked at for each token
    ids = [tokenizer.end]
    while len(ids) <= TOKENS and (len(ids) == 1 or ids[-1] != tokenizer.end):
        ids.append(model.decode(torch.tensor([ids], device=where), *seen)[0, -1].argmax().item())
    return tokenizer.decode([i for i in ids if i != tokenizer.end])
