"""The race of this chapter: the assistant, made anew with three seeds. See `training.races`."""

import time

from course_lib.training import load
from course_lib.training.checkpoints import read_tensors
from course_lib.training.races import engine, one_thread
from course_lib.training.storyteller import RELEASED, SEEDS, vocabulary

from .assistant import in_words, marks
from .stages import instruct, stages


def instructions(say, write, seed=0):
    """The assistant: questions by kind and wishes obeyed, before and after, three seeds, each with other plots."""
    special, found = read_tensors(RELEASED)[1]["special"], []
    say(f"before: {in_words(marks(*load(RELEASED, vocabulary(special))[:2]))}")
    for each in range(seed, seed + SEEDS):
        model, tokenizer, _ = load(RELEASED, vocabulary(special))
        quickest, began = engine(), time.process_time()
        with one_thread():
            instruct(model, tokenizer, seed=each, plan=stages("cpu"), engine=quickest, say=lambda line: None)
        seconds = time.process_time() - began
        found.append(marks(model, tokenizer))
        say(f"seed {each}: {in_words(found[-1])}, {seconds:.0f} CPU seconds")
    low, high = ({name: pick(one[name] for one in found) for name in found[0]} for pick in (min, max))
    say(f"lowest: {in_words(low)}")
    say(f"highest: {in_words(high)}")


RACES = {"instructions": instructions}
