"""Whom one can talk to: models with a chat template, by name, and those of runs, by their folder."""

from dataclasses import dataclass
from pathlib import Path

from course_lib import instructions
from course_lib.instructions import Template, register_template, template_of
from course_lib.training import load, storyteller
from course_lib.training.checkpoints import JSON
from course_lib.training.storyteller import CHAT

chat_models = {}  # name: () -> model, tokenizer; it may print whose the model is


@dataclass(frozen=True)
class ChatModel:
    """A model that one can talk to. name: what it was asked for by   template: that of its tokenizer"""

    name: str
    model: object
    tokenizer: object
    template: Template


def register_chat_model(name, loader):
    """Let a model be talked to by a name. loader: () -> model, tokenizer   returns: loader

    Its tokenizer must have the special tokens of a registered template, see `instructions.register_template`.
    """
    if chat_models.get(name, loader) is not loader:
        raise ValueError(f"there is another chat model named {name!r}; give this one another name")
    chat_models[name] = loader
    return loader


def load_chat_model(name="assistant"):
    """A model to talk to, by its registered name or by the folder of a run.

    raises: LookupError for a name that is neither; ValueError for a model without a chat template; what the loader
        raises, for a folder see `training.load`
    """
    if name in chat_models:
        model, tokenizer = chat_models[name]()
    elif Path(name).is_dir() or (Path(name) / JSON).is_file():
        model, tokenizer, _ = load(name)
    else:
        raise LookupError(f"there is no chat model {name!r}: it is neither a registered name "
                          f"({', '.join(chat_models)}) nor the folder of a run, such as work/runs/storyteller")
    template = template_of(tokenizer)
    if template is None:
        raise ValueError(f"{name} has no chat template: its vocabulary has no tokens that say who speaks. Train with a "
                         f"vocabulary that has {', '.join(CHAT)}, as `course train --fresh` does")
    return ChatModel(str(name), model, tokenizer, template)


def smollm2():
    """The chat model of chapter 14 and its tokenizer. What reads its file is imported only when it is asked for."""
    from course_lib.pretrained import CHATML, load_smollm2

    register_template(Template(**CHATML))
    return load_smollm2()


register_chat_model("assistant", instructions.load_assistant)
register_chat_model("storyteller", lambda: storyteller(tokens=CHAT))
register_chat_model("smollm2", smollm2)
