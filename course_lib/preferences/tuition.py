"""The loop: write, let it be judged, learn from what came of it, and write anew."""

from dataclasses import dataclass

import torch

from course_lib.batches import IGNORED, Batches, stream
from course_lib.learning import clip_gradients, trapezoid_rate

from .grpo import advantages, grpo_loss, kl_penalty
from .rewards import over_tokens
from .scoring import ROWS, Scorer, rows_of, text_of, write

READ = 176  # tokens of each real story that is read along


@dataclass(frozen=True)
class Tuition:
    """How a model learns from rewards.

    steps: how often it writes   repeats: how often it learns from what it has written   rate: AdamW's at its peak; it
        rises over the first tenth of the steps and comes down over the last two fifths
    clip: see `grpo_loss`   kl: how much `kl_penalty` counts   real: how much the loss on real stories counts
    """

    steps: int = 40
    repeats: int = 2
    rate: float = 3e-4
    clip: float = 0.2
    kl: float = 0.0
    real: float = 0.0

    def rate_at(self, step):
        total = self.steps + 1  # so that the last step still moves
        return trapezoid_rate(step, self.rate, round(0.1 * self.steps), int(0.6 * self.steps), total)


def learn_rewards(model, tokenizer, prompts, judge, tuition, engine, *, reference=None, real=(), longest=None, seed=0,
                  loss=grpo_loss, look=None):
    """Teach a model by rewards for what it writes itself.

    prompts: a function from a step to (prompts, groups): N lists of ids, and N names   judge: a function of (N texts,
        groups) that gives a list of Reward, such as `rewards.whole`
    reference: a model to stay near, where tuition.kl is not 0   real: texts, where tuition.real is not 0
    longest: how many tokens are written at most, None: to the end of the window   loss: grpo_loss, or your own
    look: called after each step with its number, from 1, and the mean reward; where it gives True, the end has come
    returns: the mean reward of each step
    """
    where = next(model.parameters()).device
    optimizer = torch.optim.AdamW(model.parameters(), lr=tuition.rate, betas=(0.9, 0.95), weight_decay=0.0)
    score, known = Scorer(model, engine), Scorer(reference, engine) if tuition.kl else None
    T = min(READ, model.config.context_length)
    batches = Batches(stream(real, tokenizer), ROWS, T, seed, end=tokenizer.end) if tuition.real else None
    loss_of, dice, means = engine.loss(model), torch.Generator(where).manual_seed(seed), []
    for step in range(tuition.steps):
        asked, groups = prompts(step)
        written = write(model, tokenizer, asked, dice, longest)
        texts = [text_of(tokenizer, *both) for both in zip(asked, written, strict=True)]
        rewards = judge(texts, groups)
        gains = advantages([one.worth for one in rewards], [one.group for one in rewards])
        means.append(sum(one.worth for one in rewards) / max(len(rewards), 1))
        parts = list(_pieces(asked, written, tokenizer, rewards, gains, where))
        before = [(score.read(ids, targets), known and known.read(ids, targets)) for ids, targets, *_ in parts]
        for group in optimizer.param_groups:
            group["lr"] = tuition.rate_at(step)
        for repeat in range(tuition.repeats):
            optimizer.zero_grad(set_to_none=True)
            for (ids, targets, advantage, counted), (old, far) in zip(parts, before, strict=True):
                new = score(ids, targets)
                lost = loss(new, old, advantage, counted, tuition.clip)
                if tuition.kl:
                    lost = lost + tuition.kl * kl_penalty(new, far, targets != IGNORED)
                (lost * len(ids) / len(asked)).backward()
            if tuition.real:
                ids, targets = (part.to(where) for part in batches.at(step * tuition.repeats + repeat))
                (tuition.real * loss_of(ids, targets)).backward()
            clip_gradients(list(model.parameters()), 1.0)
            optimizer.step()
        if look is not None and look(step + 1, means[-1]):
            break
    return means


def _pieces(prompts, written, tokenizer, rewards, gains, where):
    """The rows in pieces of about equal length, so that little is filled up: ids, targets, advantage, counted."""
    ids, targets = rows_of(prompts, written, tokenizer.end)
    advantage, counted = over_tokens(rewards, gains, prompts, written, tokenizer)
    lengths = torch.tensor([len(prompt) + len(row) for prompt, row in zip(prompts, written, strict=True)])
    for some in lengths.argsort().split(ROWS):
        T = int(lengths[some].max())
        yield tuple(part[some, :T].to(where) for part in (ids, targets, advantage, counted))
