"""The line called honest: on the held-out loss where the mask holds, apart from it where the model sees the future."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from course_lib import bpe, stories
from course_lib.bigram import evaluating
from course_lib.gpt import GPT, Config
from course_lib.training import Engine, HeldOut, train
from course_lib.training.history import HONEST_TEXTS

TEXTS = stories.texts("validation", 40)


def a_model(mask=True):
    torch.manual_seed(0)
    model = GPT(Config(bpe.story_vocabulary().vocab_size, 24, 16, 2, 1, init="spread"))
    if not mask:
        model.blocks[0].attention.weights = lambda q, k: (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1)
    return model


@pytest.mark.parametrize("mask", [True, False])
def test_the_honest_line_lies_on_the_held_out_one_exactly_where_the_mask_holds(mask):
    history = train(a_model(mask), bpe.story_vocabulary(), TEXTS, TEXTS, steps=60, batch_size=8, engine=Engine(),
                    progress=False)
    apart = [honest - loss for honest, loss in zip(history.honest, history.validation, strict=True)]
    assert apart == pytest.approx(history.leak)
    assert all(abs(gap) < 1e-4 for gap in apart) == mask


def test_a_leak_is_what_the_prefix_alone_costs_on_top_at_the_same_places():
    model, held_out = a_model(mask=False), HeldOut(TEXTS, bpe.story_vocabulary(), 24)
    seen = held_out.look(model)
    ids, targets = held_out.ids[:HONEST_TEXTS], held_out.targets[:HONEST_TEXTS]
    with evaluating(model):
        whole = cross_entropy(model(ids).flatten(0, 1), targets.flatten()).item()
        alone = [cross_entropy(model(ids[:, :t + 1])[:, -1], targets[:, t]).item() for t in range(24)]
    assert seen["leak"] == pytest.approx(sum(alone) / 24 - whole, abs=1e-4)
    assert seen["honest"] == pytest.approx(seen["validation"] + seen["leak"])
