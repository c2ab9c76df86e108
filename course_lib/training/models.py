"""Which class a checkpoint's model is of: a checkpoint has the name, and here the name has a class."""

from dataclasses import MISSING, asdict, fields, is_dataclass

from course_lib.gpt import GPT, Config

MODELS = {}  # name of a class: the class of its models, the class of their configs


def register_model(model, config):
    """Let checkpoints of a class of models be loaded. A higher rung does it where it defines the class.

    model: the class, built as model(config)   config: the dataclass of its `config`   returns: model
    raises: ValueError where another class has that name already
    """
    known = MODELS.get(model.__name__, (model,))[0]
    if (known.__module__, known.__qualname__) != (model.__module__, model.__qualname__):
        raise ValueError(f"{model.__module__}.{model.__qualname__} cannot be registered: checkpoints with that name "
                         f"are of {known.__module__}.{known.__qualname__}. Give the class another name")
    MODELS[model.__name__] = model, config
    return model


def build(name, config):
    """A model of the class that a checkpoint names, not yet filled. config: {field: value}, as it was stored

    raises: ValueError for a class that nobody has registered: what a file names is never imported
    """
    if name not in MODELS:
        raise ValueError(f"its model is a {name}, which is not known here; known: {', '.join(sorted(MODELS))}. Import "
                         f"the module that defines it, or call training.register_model({name}, class of its config)")
    model, kind = MODELS[name]
    return model(rebuild(kind, config))


def rebuild(kind, stored):
    """A dataclass out of {field: value}. A field that was not stored counts as its default."""
    known = {field.name: field for field in fields(kind)}
    strange = [name for name in stored if name not in known]
    needed = [name for name, field in known.items() if field.default is MISSING and field.default_factory is MISSING]
    lacking = [name for name in needed if name not in stored]
    if strange or lacking:
        what = f"{strange[0]!r}, which {kind.__name__} has not" if strange else f"no {lacking[0]!r}"
        raise ValueError(f"its {kind.__name__} has {what}: it was written by another release of the course")
    return kind(**stored)


def config_of(model):
    """A model's config as {field: value}."""
    return asdict(model.config) if is_dataclass(model.config) else dict(vars(model.config))


register_model(GPT, Config)
