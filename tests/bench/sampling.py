"""What it saves to read a row no more once its story has ended; and `course race writing`.

All in CPU seconds of one run.

python -m tests.bench.sampling
"""

import time

import torch

from course_lib.preferences.races import writing
from course_lib.sampling import generate
from course_lib.training import storyteller

ROWS, MOST = 40, 330


def run(turns=3):
    """The least CPU seconds of a few turns: of stories, and of the same rows read on until the longest has ended.

    returns: seconds with rows dropped, seconds without, the mean length and the largest
    """
    model, tokenizer = storyteller()
    prompts = [[tokenizer.end]] * ROWS

    def tell(n, end):
        began = time.process_time()
        told = generate(model, prompts, n, temperature=0.8, end=end, generator=torch.Generator().manual_seed(0))
        return time.process_time() - began, [len(row) - 1 for row in told]

    _, lengths = tell(MOST, tokenizer.end)
    dropped = kept = float("inf")
    for _ in range(turns):
        dropped = min(dropped, tell(MOST, tokenizer.end)[0])
        kept = min(kept, tell(max(lengths), None)[0])
    return dropped, kept, sum(lengths) / ROWS, max(lengths)


if __name__ == "__main__":
    torch.set_num_threads(1)
    dropped, kept, mean, longest = run()
    print(f"{ROWS} stories of {mean:.0f} tokens, the longest {longest}: {dropped:.2f} CPU seconds with rows dropped, "
          f"{kept:.2f} without, ratio {dropped / kept:.2f}")
    writing(print, None)
