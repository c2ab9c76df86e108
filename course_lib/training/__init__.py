"""Training: the loop, honest numbers, checkpoints that resume exactly, and the model that tells stories."""

from course_lib.training.checkpoints import load_checkpoint, save_checkpoint
from course_lib.training.engine import Engine, probe
from course_lib.training.folders import back_up, load
from course_lib.training.history import HeldOut, History, Recipe
from course_lib.training.keeping import kept
from course_lib.training.loop import train
from course_lib.training.models import register_model
from course_lib.training.precision import register_fused
from course_lib.training.recall import recall, told_before
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
from course_lib.training.storyteller import Plan, measure_ladder, plan, release, runs, storyteller, tell

__all__ = ["EarlyStopping", "Engine", "HeldOut", "History", "Plan", "Recipe", "accumulate", "back_up", "evaluate",
           "honest_loss", "kept", "load", "load_checkpoint", "loss_in_bits", "measure_ladder", "places", "plan",
           "probe", "recall", "register_fused", "register_model", "release", "runs", "save_checkpoint", "storyteller",
           "tell", "told_before", "train", "train_step", "usual_loss"]
