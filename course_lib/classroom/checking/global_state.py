"""Leave the house as it was found: run something without disturbing random generators, modes or the folder."""

import os
import random
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def kept():
    """Whatever happens inside, afterwards these are as before: the random generators of torch (on every device in use),
    numpy and Python, grad mode, default dtype and device, the number of threads, and the current folder.

    Inside, the modes are the ordinary ones (gradients on, float32 on the CPU), whatever the notebook has set.
    """
    generators = torch.get_rng_state(), np.random.get_state(), random.getstate()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    mps = torch.mps.get_rng_state() if torch.backends.mps.is_available() else None
    grad, dtype, device = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_default_device()
    threads, folder = torch.get_num_threads(), os.getcwd()
    try:
        torch.set_grad_enabled(True)
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
        yield
    finally:
        torch.set_grad_enabled(grad)
        torch.set_default_dtype(dtype)
        torch.set_default_device(None if device == torch.device("cpu") else device)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        if os.getcwd() != folder:
            os.chdir(folder)
        torch.set_rng_state(generators[0])
        np.random.set_state(generators[1])
        random.setstate(generators[2])
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
        if mps is not None:
            torch.mps.set_rng_state(mps)


def seed_everything(seed):
    """Seed the random generators of torch (on every device in use), numpy and Python. seed: any whole number."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():     # else torch.manual_seed would note down where it was called from, slowly
        torch.cuda.manual_seed_all(seed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)
