"""The race of this chapter: the assistant, made anew with three seeds. See `training.races`."""

import time

from course_lib.training import load
from course_lib.training.checkpoints import read_tensors
from course_lib.training.races import engine, one_thread
from course_lib.training.storyteller import RELEASED, SEEDS, vocabulary

from .assistant import in_words, marks
from .practice import practised
from .stages import instruct, stages


def instructions(say, write, seed=0):
    """The assistant: questions by kind and wishes obeyed, before, after the lesson and after practice, three seeds."""
    special, found, practice = read_tensors(RELEASED)[1]["special"], [], []
    say(f"before: {in_words(marks(*load(RELEASED, vocabulary(special))[:2]))}")
    for each in range(seed, seed + SEEDS):
        model, tokenizer, _ = load(RELEASED, vocabulary(special))
        quickest, began = engine(), time.process_time()
        with one_thread():
            losses = instruct(model, tokenizer, seed=each, plan=stages("cpu"), engine=quickest, say=lambda line: None)
            taught = time.process_time() - began
            found.append(marks(model, tokenizer))
            steps = ", ".join(str(len(some)) for some in losses.values())
            say(f"seed {each}: {in_words(found[-1])}; {steps} steps, {taught:.0f} CPU seconds")
            began = time.process_time()
            model = practised(model, tokenizer, quickest, each)
            seconds = time.process_time() - began
            practice.append(marks(model, tokenizer))
            say(f"seed {each}, practised: {in_words(practice[-1])}; {seconds:.0f} CPU seconds")
    for name, some in {"the lesson": found, "practice": practice}.items():
        for bound in min, max:
            worst = {mark: bound(one[mark] for one in some) for mark in some[0]}
            say(f"after {name}, {'lowest' if bound is min else 'highest'}: {in_words(worst)}")


RACES = {"instructions": instructions}
