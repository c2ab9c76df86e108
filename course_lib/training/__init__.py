"""Training: the loop, honest numbers, checkpoints that resume exactly, and the model that tells stories."""

from course_lib.training.checkpoints import load_checkpoint, save_checkpoint
from course_lib.training.history import HeldOut, History, Recipe
from course_lib.training.loop import train
from course_lib.training.precision import Engine, probe, quick_logits
from course_lib.training.steps import (
    EarlyStopping,
    accumulate,
    evaluate,
    honest_loss,
    loss_in_bits,
    places,
    train_step,
    usual_loss,
)

__all__ = ["EarlyStopping", "Engine", "HeldOut", "History", "Recipe", "accumulate", "evaluate", "honest_loss",
           "load_checkpoint", "loss_in_bits", "places", "probe", "quick_logits", "save_checkpoint", "train",
           "train_step", "usual_loss"]
