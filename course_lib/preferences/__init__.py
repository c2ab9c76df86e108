"""Preferences: learning from what is better and from what earns a reward, and what becomes of a model that does.

`scoring.py` writes and says how likely it was, `best_of.py` picks, `dpo.py` learns from pairs, `grpo.py` has the losses
of learning from rewards, `rewards.py` the rewards that the world gives, `tuition.py` the loop, `recipes.py` what the
chapter compares, `looking.py` how, and `reasoning.py` and `votes.py` questions in several steps.
"""

from .best_of import best_of
from .dpo import dpo_loss, learn_pairs, pairs_of
from .grpo import advantages, grpo_loss, kl_penalty
from .looking import Look, bits_at, events_of, look_at, of_the_world
from .reasoning import (
    AT_ONCE,
    IN_STEPS,
    answers,
    by_length,
    keepers,
    kept_by,
    last_line,
    learn_chains,
    reward_answers,
)
from .recipes import RECIPES, alone, preferred, rewarded, winners
from .rewards import Reward, over_tokens, sentences, whole
from .scoring import Scorer, logprobs, rows_of, text_of, write
from .tuition import Tuition, learn_rewards
from .votes import vote

__all__ = [
    "AT_ONCE", "IN_STEPS", "RECIPES", "Look", "Reward", "Scorer", "Tuition", "advantages", "alone", "answers",
    "best_of", "bits_at", "by_length", "dpo_loss", "events_of", "grpo_loss", "keepers", "kept_by", "kl_penalty",
    "last_line", "learn_chains", "learn_pairs", "learn_rewards", "logprobs", "look_at", "of_the_world",
    "over_tokens", "pairs_of", "preferred", "reward_answers", "rewarded", "rows_of", "sentences",
    "text_of", "vote", "whole", "winners", "write",
]  # fmt: skip
