"""Composed questions, against a reader of their texts that knows nothing of how they were made."""

import hashlib
import random
import re

import pytest

from course_lib import stories


def solved(chain):
    """The answer to a question, by reading it from the inside out."""
    found, has = re.fullmatch(r"Found: (.*)\. Now: (.*)\.", chain.text).groups()
    found, has = (dict(re.fullmatch(r"(\w+) (\w+)", pair).groups() for pair in pairs.split(", "))
                  for pairs in (found, has))
    [thing] = re.findall(r"found the (\w+)", chain.question)
    hops = chain.question.count("found") + len(re.findall(r"\b(?:has|have)\b", chain.question))
    for hop in range(hops):
        if hop % 2 == 0:
            name = found[thing]
        else:
            thing = has[name]
    return (f"the {thing}" if hops % 2 == 0 else name), hops


@pytest.mark.parametrize("length", range(1, stories.LONGEST + 1))
def test_the_answer_is_what_a_reader_finds(length):
    for one in stories.chains("train", 40, [length]):
        assert solved(one) == (one.answer, length)
        assert len(one.steps) == length
        assert one.steps[-1].endswith(one.answer.removeprefix("the "))
        assert one.reply() == f"{', '.join(one.steps)}\n{one.answer}"
        assert one.reply(steps=False) == one.answer
        assert set(one.steps) <= set(re.findall(r"\w+ \w+(?=[,.])", one.text))  # each stands in the text as it is


def test_no_step_comes_back_to_what_was_asked():
    for one in stories.chains("train", 60, [6], people=4):
        assert len({word for step in one.steps for word in step.split()}) == 7  # four things, three people
        assert one.answer != f"the {one.steps[0].split()[0]}"


def test_questions_are_the_same_each_time_and_no_question_is_in_both_splits():
    train, held = (stories.chains(split, 300, [1, 2], people=2) for split in ("train", "validation"))
    assert train == stories.chains("train", 300, [1, 2], people=2)
    assert not {one.prompt for one in train} & {one.prompt for one in held}
    assert train[:5] != stories.chains("train", 5, [1, 2], people=2, seed=1)


def test_guessing_is_right_one_time_in_six():
    answers = [one.answer for one in stories.chains("train", 900, [3])]
    assert max(answers.count(name) for name in set(answers)) < 0.12 * len(answers)


@pytest.mark.parametrize("length, people", [(0, 6), (7, 6), (-1, 6), (1, 1), (4, 2), (6, 3), (2, 17), ("2", 6)])
def test_what_cannot_be_asked_is_refused(length, people):
    with pytest.raises(ValueError, match="length is|people is"):
        stories.chain(random.Random(0), length, people)


def test_a_split_that_is_none_is_named():
    with pytest.raises(ValueError, match="'test'"):
        stories.chains("test", 1)


@pytest.mark.parametrize("split, told, imagined, weighed", [
    ("train", "685c16bc834f0f95", "27ae3b2e49a98e6b", "2b3311cd2fc3b2cb"),
    ("validation", "9298ccc08337da57", "43df2196343e5363", "fe01840c4d7c0738")])
def test_stories_are_what_they_were_before_there_were_chains(split, told, imagined, weighed):
    def digest(things):
        return hashlib.sha256("\n\n".join(map(str, things)).encode()).hexdigest()[:16]

    assert digest(stories.texts(split, 200, seed=3)) == told
    assert digest(plot.sentences for plot in stories.plots(split, 200, seed=3)) == imagined
    assert digest(stories.bits(plot) for plot in stories.plots(split, 50)) == weighed
