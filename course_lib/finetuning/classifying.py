"""A classifier out of a language model: a head on the last position, what may learn, and how far it can be believed."""

import math

import torch
from torch import nn

from course_lib import stories
from course_lib.bigram import cross_entropy, evaluating
from course_lib.training import train_step

KINDS = ("happy", "mended", "sour", "sad")  # of endings


class Classifier(nn.Module):
    """A language model that names a kind of text: a head on what it knows after the last token.

    body: a GPT   classes: how many kinds
    ids: (B, T) whole numbers; each row is a text, filled up at its end with any token ids
    lengths: (B,) whole numbers, how many tokens of each row are its text
    returns: logits (B, classes); the head reads the stream after the final norm, at the last token
        of each text
    >>> from course_lib.gpt import GPT, Config
    >>> body = GPT(Config(vocab_size=7, context_length=5, d_model=6, n_heads=2, n_layers=1))
    >>> one, two = Classifier(body, 3)(torch.tensor([[2, 4, 6], [2, 4, 1]]), torch.tensor([2, 2]))
    >>> one.shape, torch.allclose(one, two)  # whatever a row is filled up with
    (torch.Size([3]), True)
    """

    def __init__(self, body, classes):
        super().__init__()
        self.body = body
        self.head = nn.Linear(body.config.d_model, classes)

    def forward(self, ids, lengths):
        x = self.body.embed(ids)  # (B, T, C)
        for block in self.body.blocks:
            x = block(x)
        x = self.body.final_norm(x)  # (B, T, C)
        rows = torch.arange(len(ids), device=ids.device)  # (B,)
        return self.head(x[rows, lengths - 1])  # (B, classes)


def freeze(model, *learning):
    """Let some parts of a model learn, and nothing else.

    learning: names of parts, such as "head" or "body.blocks.2"; a parameter belongs to a part if
        its name is that name, or goes on after it with a dot; no names at all freeze everything
    returns: how many numbers learn; a tensor that two parts share learns with either, and counts
        once
    raises: ValueError for a part without parameters; nothing has changed by then

    >>> model = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 2))
    >>> freeze(model, "1"), [weight.requires_grad for weight in model.parameters()]
    (12, [False, False, True, True])
    """
    # what is shared comes by each of its names
    named = list(model.named_parameters(remove_duplicate=False))
    chosen = set()
    for part in learning:
        found = {weight for name, weight in named if f"{name}.".startswith(f"{part}.")}
        if not found:
            raise ValueError(f"{part!r} has no parameters; names begin with "
                             f"{sorted({name.split('.')[0] for name, _ in named})}")
        chosen |= found
    for _, weight in named:
        weight.requires_grad = weight in chosen
    return sum(weight.numel() for weight in chosen)


def opened(plot):
    """The story of a plot up to and with the sentence by which its last event begins.

    plot: a Plot   returns: a str, with which `stories.tell(plot)` begins

    >>> [plot] = stories.plots("train", 1)
    >>> stories.tell(plot).startswith(opened(plot))
    True
    """
    events = [stories.WORLD.wordings[number].beat.event for number, _ in plot.sentences]
    last = stories.events(plot)[-1]
    place = min(n for n, event in enumerate(events) if event == last)
    return stories.beginning(plot, place + 1)


def until_the_end(plot):
    """The story of a plot up to its last paragraph."""
    return stories.beginning(plot, stories.before_the_end(plot))


def chances(plot, text):
    """The exact probability of each of `KINDS` after a beginning of a plot's story. returns: 4 numbers"""
    count = next(n for n in range(len(plot.sentences) + 1) if stories.beginning(plot, n) == text)
    return list(stories.outlook(plot, count).values())


def ceiling(plots, cut=opened):
    """How well endings can be known from beginnings of stories, exactly: nobody can do better, but by luck.

    returns: the share that the best guesser gets right, and the bits that an ending still costs it, on average
    """
    known = torch.tensor([chances(plot, cut(plot)) for plot in plots], dtype=torch.double)
    return known.max(-1).values.mean().item(), -torch.special.xlogy(known, known).sum(-1).mean().item() / math.log(2)


def examples(plots, tokenizer, cut):
    """Beginnings of stories as rows of ids, and how they end.

    cut: a function from a plot to a beginning of its story
    returns: ids (N, T), filled up with end of text; lengths (N,); labels (N,), places in `KINDS`
    """
    rows = [[tokenizer.end, *tokenizer.encode(cut(plot))] for plot in plots]
    T = max(map(len, rows))
    ids = torch.tensor([row + [tokenizer.end] * (T - len(row)) for row in rows])  # (N, T)
    labels = torch.tensor([KINDS.index(stories.ending(plot)) for plot in plots])  # (N,)
    return ids, torch.tensor([len(row) for row in rows]), labels


def fit(classifier, data, *, steps, recipe, batch_size=32, seed=0):
    """Train what is not frozen of a classifier. data: what `examples` gives. returns: the loss of each step"""
    ids, lengths, labels = (part.to(next(classifier.parameters()).device) for part in data)
    optimizer, dice, losses = recipe.optimizer(classifier), torch.Generator().manual_seed(seed), []
    order = torch.cat([torch.randperm(len(ids), generator=dice) for _ in range(steps * batch_size // len(ids) + 1)])

    def loss_of(rows, labels):
        T = int(lengths[rows].max())  # what all rows are filled up with need not be read
        return cross_entropy(classifier(ids[rows, :T], lengths[rows]), labels)

    classifier.train()
    for step in range(steps):
        recipe.set_rates(optimizer, step, steps)
        rows = order[step * batch_size : (step + 1) * batch_size].to(ids.device)
        losses.append(train_step(loss_of, optimizer, rows, labels[rows], max_norm=recipe.max_norm))
    return losses


def predict(classifier, data):
    """The probability of each class for each row. data: what `examples` gives. returns: (N, classes), on the CPU"""
    ids, lengths, _ = data
    with evaluating(classifier) as device:
        parts = [classifier(some.to(device)[:, : int(long.max())], long.to(device)).softmax(-1).cpu()
                 for some, long in zip(ids.split(64), lengths.split(64), strict=True)]
    return torch.cat(parts)


def bag_of_words(told, of, labels):
    """What counting words and pairs of neighbours makes of texts: scikit-learn's logistic regression on these counts.

    told: N texts to learn from   labels: (N,), places in `KINDS`   of: M texts   returns: probabilities (M, classes)
    """
    from sklearn.feature_extraction.text import CountVectorizer  # takes a second
    from sklearn.linear_model import LogisticRegression

    counting, regression = CountVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000)
    regression.fit(counting.fit_transform(told), labels)
    found = torch.zeros(len(of), len(KINDS))  # a kind that was never told keeps 0
    found[:, regression.classes_] = torch.tensor(regression.predict_proba(counting.transform(of))).float()
    return found


def confusion(labels, guesses, classes):
    """How often each class was taken for each: (classes, classes) whole numbers, a row for each true class."""
    pairs = labels * classes + guesses
    return torch.bincount(pairs, minlength=classes**2).view(classes, classes)


def reliability(probs, labels, bins=5):
    """Is it right as often as it is sure? The answers sorted into `bins` of equally wide confidence.

    probs: (N, classes)   labels: (N,)
    returns: a list of (mean confidence, share that was right, how many), one for each bin that has answers
    """
    sure, guesses = probs.max(-1)  # (N,)
    right = (guesses == labels).float()
    place = (sure * bins).long().clamp(max=bins - 1)  # (N,)
    found = []
    for n in range(bins):
        here = place == n
        if here.any():
            found.append((sure[here].mean().item(), right[here].mean().item(), int(here.sum())))
    return found
