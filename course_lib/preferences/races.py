"""What the chapter compares, made again: `course race preferences`, `wishes`, `steps` and `writing`."""

import copy
import time
from statistics import mean

import torch

from course_lib import stories
from course_lib.bigram import bits_per_byte
from course_lib.instructions import CAREFULLY, in_words, instruct, marks, obedience, practised, stages
from course_lib.sampling import generate
from course_lib.training import storyteller
from course_lib.training.races import engine, one_thread
from course_lib.training.storyteller import CHAT, WINDOW

from .looking import bits_at, look_at, of_the_world
from .reasoning import AT_ONCE, IN_STEPS, answers, by_length, learn_chains, reward_answers
from .recipes import RECIPES, obeying

SEEDS, TOLD, SCORED = 3, 400, 150  # runs of each recipe; stories behind each share; held-out stories behind the bits
WISHED = 200  # wishes behind each share
MANY = 256  # stories told side by side
CHAINS, ROUNDS = 300, 40  # questions behind each row of shares; rounds of rewards
PLANS = {"in steps": IN_STEPS, "examples of up to three steps": ((3, 3, 400), (6, 3, 200)),
         "few examples": ((3, 5, 400), (6, 6, 60))}


def preferences(say, write, seed=0):
    """Consistent stories and what they cost: the ways of chapter 17, three seeds each."""
    teller, tokenizer = storyteller()
    unseen, chosen = stories.texts("validation", SCORED, seed=1), engine()
    say("the world: events {:.2f} bits, {:.2f} a story".format(*of_the_world()))
    with one_thread():
        for temperature in (1.0, 0.85, 0.7, 0.5):
            look, _ = look_at(teller, tokenizer, unseen, TOLD, seed, temperature)
            say(f"temperature {temperature}: {look._replace(bits=bits_at(teller, tokenizer, unseen, temperature))}")
        for name, recipe in RECIPES.items():
            looks, seconds = [], []
            for one in range(seed, seed + SEEDS):
                torch.manual_seed(one)
                began = time.process_time()
                model = recipe(teller, tokenizer, chosen, one)
                seconds.append(time.process_time() - began)
                looks.append(look_at(model, tokenizer, unseen, TOLD, one + 1000)[0])
                say(f"{name}, seed {one}: {looks[-1]}, {seconds[-1]:.0f} CPU seconds")
            middle = type(looks[0])(*map(mean, zip(*looks, strict=True)))
            apart = [max(part) - min(part) for part in zip(*looks, strict=True)]
            say(f"{name}: {middle}, {mean(seconds):.0f} CPU seconds; seeds {apart[0]:.2f} and {apart[1]:.4f} apart")


def wishes(say, write, seed=0):
    """An assistant as chapter 16 makes it, taught to obey by rewards, or by its own obedient stories: three seeds."""
    assistant, tokenizer = storyteller(WINDOW, CHAT)
    plots, unseen = stories.plots("validation", WISHED), stories.texts("validation", SCORED, seed=1)

    def report(name, model):
        dice = torch.Generator(next(model.parameters()).device).manual_seed(seed)
        usual, careful, likeliest = (obedience(model, tokenizer, plots, generator=dice, **how) for how in (
            {"temperature": 1.0}, CAREFULLY, {"temperature": 0.0}))
        say(f"{name}: {usual:.2f} obeyed at temperature 1, {careful:.2f} as when it practises, {likeliest:.2f} at 0, "
            f"{bits_per_byte(model, tokenizer, unseen):.4f} bits per byte")

    chosen = engine()
    with one_thread():
        instruct(assistant, tokenizer, seed=seed, plan=stages("cpu"), engine=chosen, say=lambda line: None)
        report("before", assistant)
        for one in range(seed, seed + SEEDS):
            report(f"rewarded for obeying, seed {one}", obeying(assistant, tokenizer, chosen, one))
            began = time.process_time()
            model = practised(assistant, tokenizer, chosen, one)
            seconds = time.process_time() - began
            report(f"its own obedient stories, seed {one}", model)
            say(f"in all, seed {one}: {in_words(marks(model, tokenizer, WISHED))}; {seconds:.0f} CPU seconds")


def steps(say, write, seed=0):
    """Questions of one to six steps: answered in steps, at once, and with answers rewarded; three seeds.

    At once is learned by the model that has learned to answer in steps, so it can look things up already. Rewards come
    after examples of up to three steps, or after few of up to six.
    """
    teller, tokenizer = storyteller()
    unseen, chosen = stories.chains("validation", CHAINS), engine()

    def report(name, model):
        shares = by_length(unseen, [one[0] for one in answers(model, tokenizer, unseen)])
        told = ", ".join(f"{length}: {share:.2f}" for length, share in shares.items())
        say(f"{name}, seed {one}: {told}; {time.process_time() - began:.0f} CPU seconds so far")

    with one_thread():
        for one in range(seed, seed + SEEDS):
            began = time.process_time()
            for name, plan in PLANS.items():
                model = copy.deepcopy(teller)
                learn_chains(model, tokenizer, plan, chosen, seed=one)
                report(name, model)
                if plan is IN_STEPS:
                    learn_chains(model, tokenizer, AT_ONCE, chosen, spelled=False, seed=one)
                    report("the same, at once", model)
                else:
                    reward_answers(model, tokenizer, chosen, ROUNDS, seed=one)
                    report(f"{name}, then rewarded", model)


def writing(say, write, seed=0):
    """What a story costs that a model tells: side by side with others, without a cache, one after the other."""
    teller, tokenizer = storyteller()
    half = copy.deepcopy(teller).bfloat16()
    ways = {f"{MANY} side by side": (teller, MANY, MANY, True), "the same in bf16": (half, MANY, MANY, True),
            "8 side by side": (teller, 8, 8, True), "8 without a cache": (teller, 8, 8, False),
            "one after the other": (teller, 8, 1, True)}
    with one_thread():
        for name, (model, count, batch, cache) in ways.items():
            began, dice = time.process_time(), torch.Generator(next(model.parameters()).device).manual_seed(seed)
            for _ in range(count // batch):
                generate(model, [[tokenizer.end]] * batch, 255, end=tokenizer.end, cache=cache, generator=dice)
            say(f"{name}: {1000 * (time.process_time() - began) / count:.1f} CPU milliseconds a story")


RACES = {"preferences": preferences, "wishes": wishes, "steps": steps, "writing": writing}
