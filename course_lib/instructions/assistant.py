"""The assistant: a storyteller that has learned to answer and to obey, its marks, and where it is kept."""

from dataclasses import asdict

from course_lib import stories
from course_lib.bigram import bits_per_byte
from course_lib.bpe import END
from course_lib.classroom import ROOT
from course_lib.device import preset
from course_lib.training import back_up, load, runs, save_checkpoint, storyteller
from course_lib.training.checkpoints import JSON, VOCABULARY, once, pack, read_tensors, write_atomically
from course_lib.training.storyteller import CHAT, RELEASED, WINDOW, lacking, vocabulary

from .learning import graded, obedience
from .practice import practised
from .stages import instruct, quickest, stages
from .tasks import exam

COURSES = RELEASED.with_name("assistant.json")
MARKED = 200  # unseen plots behind each mark


def marks(model, tokenizer, count=MARKED):
    """An assistant's marks on unseen plots: {kind of question: share}, "obeyed", "bits" per byte of plain stories."""
    plots = stories.plots("validation", count)
    found = graded(model, tokenizer, exam(plots))
    found["obeyed"] = obedience(model, tokenizer, plots, temperature=0)
    found["bits"] = bits_per_byte(model, tokenizer, [stories.tell(plot) for plot in plots])
    return found


def in_words(found):
    """Marks as one line of text."""
    shares = [f"{name} {value:.0%}" for name, value in found.items() if name != "bits"]
    return ", ".join([*shares, f"{found['bits']:.3f} bits per byte"])


def facts_of(model, tokenizer, found):
    """What a checkpoint says of an assistant."""
    return {"task": {"model": type(model).__name__, "config": asdict(model.config)}, "history": {},
            "special": list(tokenizer.special), "marks": found}


def save_assistant(model, tokenizer, found, folder=None):
    """Keep an assistant where `load_assistant` looks for the learner's own. found: its marks

    folder: None means work/runs/assistant; another assistant that lies there is backed up   returns: the folder
    """
    folder = runs("assistant") if folder is None else folder
    back_up(folder)
    save_checkpoint(folder, model, **facts_of(model, tokenizer, found))
    tokenizer.save(folder / VOCABULARY)
    return folder


def load_assistant():
    """An assistant to talk to, and its tokenizer: the learner's own from work/runs/assistant, else the course's.

    returns: model in eval mode on `device()`, tokenizer. Says in one line whose it is, and why not the learner's
    """
    own = ROOT / "work" / "runs" / "assistant"
    if (own / JSON).is_file():
        try:
            found = load(own)
            if lack := lacking(*found[:2], WINDOW, CHAT):
                raise ValueError(f"it has {lack}")
            return told_of("your own assistant", own, *found[:2])
        except (ValueError, OSError) as error:
            print(f"Your assistant cannot be used: {error}. `course train --assistant` trains it anew")
    special = read_tensors(COURSES)[1].get("special", (END,))
    return told_of("the course's assistant", COURSES, *load(COURSES, vocabulary(special))[:2])


def told_of(whose, path, model, tokenizer):
    found = read_tensors(path)[1].get("marks", {})
    print(f"{whose}: {in_words(found)}" if found else whose)
    return model, tokenizer


def train_assistant(seed=0, say=print):
    """Train the learner's own assistant from the storyteller, at the preset, and keep it. returns: its marks"""
    model, tokenizer = storyteller(WINDOW, CHAT)
    practice = preset().pick(smoke={"rounds": 1, "count": 4}, cpu={}, gpu={})
    model = learned(model, tokenizer, seed, stages(), say, **practice)
    found = marks(model, tokenizer, preset().pick(smoke=2, cpu=MARKED, gpu=MARKED))
    save_assistant(model, tokenizer, found)
    return found


def release_assistant(seed=0, say=print):
    """Train the assistant that comes with the course, out of the course's own storyteller. returns: its marks"""
    model, tokenizer, _ = load(RELEASED, vocabulary(read_tensors(RELEASED)[1].get("special", (END,))))
    return publish(learned(model, tokenizer, seed, stages("cpu"), say), tokenizer)


def learned(model, tokenizer, seed, plan, say, **practice):
    """The whole way of an assistant: the lesson, which changes the model, then practice. returns: the model"""
    engine = quickest(model)
    instruct(model, tokenizer, seed=seed, plan=plan, engine=engine, say=say)
    say("practice: it reads its own obedient stories again")
    return practised(model, tokenizer, engine, seed, **practice)


def publish(model, tokenizer, count=MARKED):
    """Write an assistant to course_lib/data, with weights in bf16, and mark it as it then is. returns: its marks"""
    weights = {f"model.{name}": value.bfloat16() for name, value in once(model.state_dict()).items()}
    model.load_state_dict({name[6:]: value.float() for name, value in weights.items()}, strict=False)
    found = marks(model, tokenizer, count)
    file, data, text = pack(weights, "assistant.safetensors", facts_of(model, tokenizer, found))
    write_atomically(COURSES.parent / file, data)
    write_atomically(COURSES, text)
    return found
