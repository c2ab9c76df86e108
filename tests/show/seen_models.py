"""A small model with opinions, and a text for it to read: what the tests of the widgets look into."""

import torch

from course_lib.bpe import story_vocabulary
from course_lib.gpt import GPT, Config

TEXT = "Once there was a <img src=x onerror=alert(1)> & a $fox_1$."


def model_of(vocab_size=None, context_length=48, **options):
    torch.manual_seed(0)
    size = vocab_size or story_vocabulary().vocab_size
    model = GPT(Config(vocab_size=size, context_length=context_length, d_model=24, n_heads=3, n_layers=2, **options))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)  # as opinionated as a trained one
    return model
