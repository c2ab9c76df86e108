"""What the tests of chat ask for: see `talking`."""

import pytest
from talking import Running, Scripted, random_model

from course_lib.training.storyteller import vocabulary


@pytest.fixture(scope="session")
def tokenizer():
    return vocabulary()


@pytest.fixture
def model(tokenizer):
    return random_model(tokenizer)


@pytest.fixture
def scripted(tokenizer):
    return lambda text, **options: Scripted(tokenizer, tokenizer.encode(text), **options)


@pytest.fixture
def serving():
    """serving(model, tokenizer, …) -> Running, closed after the test."""
    all_of_them = []

    def make(*arguments, **options):
        all_of_them.append(Running(*arguments, **options))
        return all_of_them[-1]

    yield make
    for one in all_of_them:
        one.close()
