"""Fine-tuning: a trained model learns another voice, names endings, changes by little beside it, answers questions."""

from .asking import answered, asked, learn_answers, question_rows
from .classifying import (
    KINDS,
    Classifier,
    bag_of_words,
    ceiling,
    chances,
    confusion,
    examples,
    fit,
    freeze,
    opened,
    predict,
    reliability,
    until_the_end,
)
from .copying import longest_copy
from .lora import LoRA, adapters, add_adapters, load_adapters, merge_adapters, save_adapters
from .voices import adapt, mark, memory, with_replay

__all__ = ["KINDS", "Classifier", "LoRA", "adapt", "adapters", "add_adapters", "answered", "asked", "bag_of_words",
           "ceiling", "chances", "confusion", "examples", "fit", "freeze", "learn_answers", "load_adapters",
           "longest_copy", "mark", "memory", "merge_adapters", "opened", "predict", "question_rows", "reliability",
           "save_adapters", "until_the_end", "with_replay"]
