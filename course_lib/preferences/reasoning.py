"""Answers that are written rather than picked: who keeps the thing in the end, and questions in several steps."""

import torch

from course_lib import stories
from course_lib.finetuning import learn_answers
from course_lib.instructions.stages import LIFTED

from .rewards import whole
from .scoring import text_of, write
from .tuition import Tuition, learn_rewards

SENTENCE, LONG = 24, 64  # tokens: a closing sentence; more than six steps and the answer take
QUESTIONS = 32  # in a batch of examples
ASKED, REPLIES = 12, 8  # where answers are rewarded: questions in a round, and replies to each
# stages, few people and short questions first: how many people, the longest question, how many steps of training
IN_STEPS = (3, 5, 400), (6, 6, 200)
AT_ONCE = (3, 1, 200), (6, 1, 200), (6, 6, 300)


def keepers(model, tokenizer, plots, n=1, temperature=1.0, seed=0):
    """Who keeps the hero's thing, as a model goes on after each story up to its end, `n` times.

    returns: for each plot a list of `n` answers: a name, "nobody", or None where it says something else
    """
    dice = torch.Generator(next(model.parameters()).device).manual_seed(seed)
    begun = [stories.beginning(plot, stories.before_the_end(plot)) for plot in plots]
    prompts = [ids for text in begun for ids in [tokenizer.encode(text)] * n]
    said = [stories.keeper(text_of(tokenizer, [], row).strip())
            for row in write(model, tokenizer, prompts, dice, SENTENCE, temperature)]
    return [said[first : first + n] for first in range(0, len(said), n)]


def kept_by(plot):
    """Who has the hero's thing at the end of a plot: a name, or "nobody"."""
    held = stories.holders(plot)[-1]
    return next(iter(held.values())) or "nobody"


def learn_chains(model, tokenizer, plan, engine, spelled=True, seed=0):
    """Teach a model to answer questions in steps, or the same questions at once.

    plan: for each stage how many people its texts have, how long its questions are at most, and how many steps of
        training it takes, with 32 new questions each; `IN_STEPS`, and after it `AT_ONCE`, are what the chapter uses
    spelled: whether the steps are written down before the answer   seed: of the questions
    """
    for number, (people, longest, steps) in enumerate(plan):
        asked = stories.chains("train", QUESTIONS * steps, range(1, longest + 1), people, seed=10 * seed + number)
        learn_answers(model, tokenizer, [(one.prompt, one.reply(spelled)) for one in asked], steps=steps,
                      batch_size=QUESTIONS, engine=engine, recipe=LIFTED)
    model.eval()


def reward_answers(model, tokenizer, engine, rounds=40, seed=0):
    """Teach a model by rewards for right answers alone, whatever steps it writes before them: GRPO, as for stories.

    Each round has 12 new questions of one to six steps; 8 replies to the same question are compared.
    returns: the mean reward of each round   (DeepSeek-AI 2025, DeepSeek-R1, section 2.2)
    """
    asked = stories.chains("train", ASKED * rounds, seed=1000 + seed)
    right = {one.prompt: one.answer for one in asked}

    def prompts(step):
        numbers = [n for n in range(ASKED * step, ASKED * (step + 1)) for _ in range(REPLIES)]
        return [tokenizer.encode(asked[n].prompt) for n in numbers], numbers

    def worth(text):  # its first two lines are the text and the question, its last the answer
        return text.rpartition("\n")[2] == right["".join(text.splitlines(keepends=True)[:2])]

    return learn_rewards(model, tokenizer, prompts, lambda texts, groups: whole(texts, groups, worth),
                         Tuition(steps=rounds), engine, longest=LONG, seed=seed)


def answers(model, tokenizer, chains, n=1, temperature=0.0, seed=0):
    """What a model answers to each question in steps, `n` times.

    chains: a list of stories.Chain   temperature: 0 is greedy
    returns: for each question a list of `n` texts, the last lines written; None where it came to no end
    """
    dice = torch.Generator(next(model.parameters()).device).manual_seed(seed)
    prompts = [ids for chain in chains for ids in [tokenizer.encode(chain.prompt)] * n]
    given = [last_line(tokenizer, row) for row in write(model, tokenizer, prompts, dice, LONG, temperature)]
    return [given[first : first + n] for first in range(0, len(given), n)]


def last_line(tokenizer, written):
    """The last line of a reply, or None where it was cut off before its end."""
    return tokenizer.decode(written[:-1]).rpartition("\n")[2] if written[-1:] == [tokenizer.end] else None


def by_length(chains, given):
    """{length: the share of the questions of so many steps that are answered right}. given: an answer for each"""
    right = {}
    for chain, answer in zip(chains, given, strict=True):
        right.setdefault(len(chain.steps), []).append(answer == chain.answer)
    return {length: sum(some) / len(some) for length, some in sorted(right.items())}
