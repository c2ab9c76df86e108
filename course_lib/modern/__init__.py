"""What models of today have in place of the classic parts, each fit for the same GPT.

`norm.py` has RMSNorm, `rotary.py` positions as turns, `feeding.py` SwiGLU and ReLU², `attention.py` grouped heads,
QK-norm and windows, `experts.py` a choice of MLPs for each token, `model.py` the config and the model, `start.py` what
it starts from, `muon.py` the optimizer for matrices, and `races.py` what each is worth.
"""

from .attention import ModernAttention, cache_numbers, grouped_attention, visible
from .experts import Experts, route
from .feeding import SquaredReLU, SwiGLU
from .model import CLASSIC, CappedHead, Modern, ModernBlock, ModernConfig, modern
from .muon import Muon, MuonRecipe, newton_schulz
from .norm import RMSNorm, rms_norm
from .rotary import rotate

__all__ = ["CLASSIC", "CappedHead", "Experts", "Modern", "ModernAttention", "ModernBlock", "ModernConfig", "Muon",
           "MuonRecipe", "RMSNorm", "SquaredReLU", "SwiGLU", "cache_numbers", "grouped_attention", "modern",
           "newton_schulz", "rms_norm", "rotate", "route", "visible"]  # fmt: skip
