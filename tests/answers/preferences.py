"""Answers to preferences, as learners write them: wrong ones that a test must catch, right unusual ones."""

BEST = """
def best_of(scores, values, n):
    N = len(scores)
    if n < 1 or n > N:
        raise ValueError("n must be between 1 and N")
    from math import comb
    order = sorted(range(N), key=lambda i: scores[i])
    total, k = 0.0, 0
    while k < N:
        end = k
        while end < N and scores[order[end]] == scores[order[k]]:
            end += 1
        chance = (comb(end, n) - comb(k, n)) / comb(N, n)
        total += chance * sum(values[i] for i in order[k:end]) / (end - k)
        k = end
    return total
"""
LOGPROBS = """
def logprobs(logits, targets):
    mask = targets == -100
    safe = torch.where(mask, torch.zeros_like(targets), targets)
    logits = logits - logits.max(-1, keepdim=True).values.detach()
    picked = logits.gather(-1, safe.unsqueeze(-1)).squeeze(-1) - logits.exp().sum(-1).log()
    return torch.where(mask, torch.zeros_like(picked), picked)
"""
DPO = """
def dpo_loss(chosen, rejected, reference_chosen, reference_rejected, beta=0.1):
    policy = chosen - rejected
    reference = (reference_chosen - reference_rejected).detach()
    return functional.softplus(-beta * (policy - reference)).mean()
"""
ADVANTAGES = """
def advantages(rewards, groups):
    result = [0.0] * len(rewards)
    for name in set(groups):
        places = [i for i in range(len(groups)) if groups[i] == name]
        some = [rewards[i] for i in places]
        if len(set(some)) == 1:
            continue
        mean = sum(some) / len(some)
        spread = (sum((x - mean) ** 2 for x in some) / len(some)) ** 0.5
        for i in places:
            result[i] = (rewards[i] - mean) / spread
    return result
"""
GRPO = """
def grpo_loss(new, old, advantage, written, clip=0.2):
    gap = torch.where(written, new - old.detach(), torch.zeros_like(new))
    ratio = gap.exp()
    one, two = ratio * advantage, torch.clamp(ratio, 1 - clip, 1 + clip) * advantage
    gain = torch.where(one < two, one, two)
    gain = torch.where(written, gain, torch.zeros_like(gain))
    count = written.sum(1)
    per_row = gain.sum(1) / torch.where(count > 0, count, torch.ones_like(count))
    return -per_row.mean()
"""
VOTE = """
def vote(answers):
    best, most = None, 0
    for answer in answers:
        if answer is None:
            continue
        count = answers.count(answer)
        if count > most:
            best, most = answer, count
    return best
"""


def but(text, *changes):
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


WRONG = {
    "best_of": {
        "with putting back": but(BEST, ("chance = (comb(end, n) - comb(k, n)) / comb(N, n)",
                                        "chance = (end / N) ** n - (k / N) ** n")),
        "equal scores before all else": but(BEST, ("    N = len(scores)\n", "    N = len(scores)\n    if len(set(scores)) == 1:\n"
                                                   "        return sum(values) / N\n")),
        "nothing of nothing": but(BEST, ("    N = len(scores)\n", "    N = len(scores)\n    if not N:\n        return 0.0\n")),
        "of equal values one": but(BEST, ("sum(values[i] for i in order[k:end]) / (end - k)",
                                          "sum({values[i] for i in order[k:end]}) / len({values[i] for i in order[k:end]})")),
        "the first of equals": but(BEST, ("sum(values[i] for i in order[k:end]) / (end - k)", "values[order[k]]")),
        "the best of equals": but(BEST, ("sum(values[i] for i in order[k:end]) / (end - k)",
                                         "max(values[i] for i in order[k:end])")),
        "each story by itself": """
def best_of(scores, values, n):
    from math import comb
    N = len(scores)
    if not 1 <= n <= N:
        raise ValueError("n")
    order = sorted(range(N), key=lambda i: scores[i])
    return sum(comb(k, n - 1) / comb(N, n) * values[i] for k, i in enumerate(order))
""",
        "the best value there is": but(BEST, ("key=lambda i: scores[i]", "key=lambda i: values[i]")),
        "the lowest score": but(BEST, ("key=lambda i: scores[i]", "key=lambda i: -scores[i]")),
        "by chance": """
def best_of(scores, values, n):
    import random
    if not 1 <= n <= len(scores):
        raise ValueError("n")
    dice, total = random.Random(0), 0.0
    for _ in range(2000):
        some = dice.sample(range(len(scores)), n)
        total += values[max(some, key=lambda i: scores[i])]
    return total / 2000
""",
        "says nothing of a wrong n": but(BEST, ("if n < 1 or n > N:", "if False:")),
        "the first n": """
def best_of(scores, values, n):
    if not 1 <= n <= len(scores):
        raise ValueError("n")
    return values[max(range(n), key=lambda i: scores[i])]
""",
        "rounded chances": but(BEST, ("(comb(end, n) - comb(k, n)) / comb(N, n)",
                                      "round((comb(end, n) - comb(k, n)) / comb(N, n), 3)")),
        "draws are counted in floats": but(BEST, ("(comb(end, n) - comb(k, n)) / comb(N, n)",
                                                   "float(comb(end, n) - comb(k, n)) / float(comb(N, n))")),
        "scores rounded": but(BEST, ("    order = sorted(", "    scores = [round(score, 6) for score in scores]\n    order = sorted(")),
        "an index error from sorting in place": but(BEST, ("    order = sorted(",
                                                           "    scores.sort()\n    order = sorted(")),
    },
    "logprobs": {
        "probabilities": but(LOGPROBS, ("picked = logits.gather", "picked = logits.softmax(-1).gather")),
        "the loss": but(LOGPROBS, ("torch.where(mask, torch.zeros_like(picked), picked)",
                                   "torch.where(mask, torch.zeros_like(picked), -picked)")),
        "softmax and then log": """
def logprobs(logits, targets):
    mask = targets == -100
    picked = logits.softmax(-1).gather(-1, targets.clamp(min=0)[..., None])[..., 0].log()
    return picked.masked_fill(mask, 0)
""",
        "a clamp against log 0": """
def logprobs(logits, targets):
    mask = targets == -100
    picked = logits.softmax(-1).gather(-1, targets.clamp(min=0)[..., None])[..., 0].clamp(min=1e-9).log()
    return picked.masked_fill(mask, 0)
""",
        "times the mask": """
def logprobs(logits, targets):
    mask = targets != -100
    picked = logits.log_softmax(-1).gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    return picked * mask
""",
        "nothing is ignored": but(LOGPROBS, ("torch.where(mask, torch.zeros_like(picked), picked)", "picked")),
        "the mean of a row": but(LOGPROBS, ("torch.where(mask, torch.zeros_like(picked), picked)",
                                            "torch.where(mask, torch.zeros_like(picked), picked).mean(-1)")),
        "shifted by one": but(LOGPROBS, ("picked = logits.gather(-1, safe.unsqueeze(-1)).squeeze(-1)",
                                         "picked = logits.roll(1, 1).gather(-1, safe.unsqueeze(-1)).squeeze(-1)")),
        "without a gradient": but(LOGPROBS, ("logits = logits - ", "logits = logits.detach() - ")),
        "one hot": """
def logprobs(logits, targets):
    mask = targets == -100
    hot = torch.nn.functional.one_hot(targets.masked_fill(mask, 0), logits.shape[-1])
    return (logits.log_softmax(-1) * hot).sum(-1).masked_fill(mask, 0)
""",
        "a view as one long table": """
def logprobs(logits, targets):
    flat = torch.nn.functional.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1), reduction="none")
    return -flat.view(targets.shape)
""",
        "a loop that leaves the device": """
def logprobs(logits, targets):
    out = torch.zeros(targets.shape)
    logs = logits.log_softmax(-1)
    for b in range(targets.shape[0]):
        for t in range(targets.shape[1]):
            if targets[b, t] != -100:
                out[b, t] = logs[b, t, targets[b, t]]
    return out
""",
    },
    "dpo_loss": {
        "turned round": but(DPO, ("-beta *", "beta *")),
        "no reference": but(DPO, ("(policy - reference)", "policy")),
        "the reference learns": but(DPO, (".detach()", "")),
        "the sum": but(DPO, (".mean()", ".sum()")),
        "the mean of the margins": but(DPO, ("functional.softplus(-beta * (policy - reference)).mean()",
                                             "functional.softplus(-beta * (policy - reference).mean())")),
        "log of sigmoid": but(DPO, ("functional.softplus(-beta * (policy - reference))",
                                    "-torch.log(torch.sigmoid(beta * (policy - reference)))")),
        "log of sigmoid and a little": but(DPO, ("functional.softplus(-beta * (policy - reference))",
                                                 "-torch.log(torch.sigmoid(beta * (policy - reference)) + 1e-8)")),
        "beta is always a tenth": but(DPO, ("-beta *", "-0.1 *")),
        "beta 0 is no beta": but(DPO, ("    policy =", "    beta = beta or 0.1\n    policy =")),
        "in single precision": but(DPO, ("functional.softplus(-beta * (policy - reference)).mean()",
                                         "functional.softplus(-beta * (policy - reference).float()).mean().to(chosen.dtype)")),
        "the sign of the reference": but(DPO, ("(policy - reference)", "(policy + reference)")),
        "no gradient for the worse one": but(DPO, ("chosen - rejected\n", "chosen - rejected.detach()\n")),
        "the margin itself": but(DPO, ("functional.softplus(-beta * (policy - reference))",
                                       "-beta * (policy - reference)")),
        "a hinge": but(DPO, ("functional.softplus(-beta * (policy - reference))",
                             "functional.relu(1 - beta * (policy - reference))")),
    },
    "advantages": {
        "one group": but(ADVANTAGES, ("if groups[i] == name]", "]")),
        "by n - 1": but(ADVANTAGES, ("/ len(some)) ** 0.5", "/ (len(some) - 1)) ** 0.5")),
        "something added to the spread": but(ADVANTAGES, ("/ spread", "/ (spread + 1e-6)")),
        "names as text": but(ADVANTAGES, ("    result = [", "    groups = [str(name) for name in groups]\n    result = [")),
        "only the mean": but(ADVANTAGES, (" / spread", "")),
        "the mean distance": but(ADVANTAGES, ("(sum((x - mean) ** 2 for x in some) / len(some)) ** 0.5",
                                              "sum(abs(x - mean) for x in some) / len(some)")),
        "a spread of almost 0": but(ADVANTAGES, ("        if len(set(some)) == 1:\n            continue\n", ""),
                                    ("            result[i] = (", "            if spread > 0:\n                result[i] = (")),
        "small spreads are none": but(ADVANTAGES, ("if len(set(some)) == 1:", "if max(some) - min(some) < 1e-6:")),
        "spreads below 1e-12 are none": but(ADVANTAGES, ("            result[i] = (", "            if spread > 1e-12:\n                result[i] = (")),
        "the mean of squares, less the square of the mean": but(
            ADVANTAGES, ("(sum((x - mean) ** 2 for x in some) / len(some)) ** 0.5",
                         "abs(sum(x * x for x in some) / len(some) - mean * mean) ** 0.5 or 1.0")),
        "equal where isclose": but(ADVANTAGES, ("        if len(set(some)) == 1:", "        import math\n"
                                                "        if math.isclose(min(some), max(some)):")),
        "five spreads at most": but(ADVANTAGES, ("    return result", "    return [max(-5.0, min(5.0, x)) for x in result]")),
        "neighbours alone": """
def advantages(rewards, groups):
    import itertools
    out, at = [], 0
    for _, some in itertools.groupby(groups):
        n = len(list(some))
        part = rewards[at:at + n]
        at += n
        mean = sum(part) / n
        spread = (sum((x - mean) ** 2 for x in part) / n) ** 0.5
        out += [(x - mean) / spread if max(part) > min(part) else 0.0 for x in part]
    return out
""",
        "group by group": but(ADVANTAGES, ("    result = [0.0] * len(rewards)\n", "    result, order = [0.0] * len(rewards), []\n"),
                              ("        some = [", "        order += places\n        some = ["), ("set(groups)", "dict.fromkeys(groups)"),
                              ("    return result", "    return [result[i] for i in order]")),
        "the spread of all": but(ADVANTAGES, ("        spread = (sum((x - mean) ** 2 for x in some) / len(some)) ** 0.5",
                                              "        mid = sum(rewards) / len(rewards)\n"
                                              "        spread = (sum((x - mid) ** 2 for x in rewards) / len(rewards)) ** 0.5")),
    },
    "grpo_loss": {
        "the larger": but(GRPO, ("torch.where(one < two, one, two)", "torch.where(one < two, two, one)")),
        "always clipped": but(GRPO, ("torch.where(one < two, one, two)", "two")),
        "never clipped": but(GRPO, ("torch.where(one < two, one, two)", "one")),
        "the sign": but(GRPO, ("return -per_row", "return per_row")),
        "clipped above only": but(GRPO, ("torch.clamp(ratio, 1 - clip, 1 + clip)", "torch.clamp(ratio, max=1 + clip)")),
        "clip of a fifth, whatever is given": but(GRPO, ("1 - clip, 1 + clip", "0.8, 1.2")),
        "the mean of all tokens": but(GRPO, ("-per_row.mean()", "-gain.sum() / written.sum().clamp(min=1)")),
        "rows by their width": but(GRPO, ("torch.where(count > 0, count, torch.ones_like(count))", "new.shape[1]")),
        "empty rows are left out": but(GRPO, ("-per_row.mean()", "-per_row[count > 0].mean()")),
        "no ratio beyond e to the ten": but(GRPO, ("gap.exp()", "gap.clamp(max=10).exp()")),
        "no ratio beyond e to the twenty": but(GRPO, ("gap.exp()", "gap.clamp(-20, 20).exp()")),
        "a clip of 0 is none given": but(GRPO, ("torch.clamp(ratio, 1 - clip, 1 + clip)", "torch.clamp(ratio, 1 - (clip or 0.2), 1 + (clip or 0.2))")),
        "a difference in place of a ratio": but(GRPO, ("gap.exp()", "1 + gap")),
        "the old one learns": but(GRPO, ("old.detach()", "old")),
        "the larger where it is bad": but(GRPO, ("torch.where(one < two, one, two)",
                                                 "torch.where(advantage > 0, torch.minimum(one, two), torch.maximum(one, two))")),
        "the new one detached in the ratio": but(GRPO, ("new - old.detach()", "new.detach() - old.detach()")),
    },
    "vote": {
        "the last of equals": but(VOTE, ("if count > most:", "if count >= most:")),
        "without points": but(VOTE, ("    for answer in answers:", "    answers = [one and one.rstrip('.!?') for one in answers]\n    for answer in answers:")),
        "None votes": but(VOTE, ("if answer is None:", "if False:")),
        "an empty text does not": but(VOTE, ("if answer is None:", "if not answer:")),
        "the first that gets there": """
def vote(answers):
    counts, best = {}, None
    for answer in answers:
        if answer is None:
            continue
        counts[answer] = counts.get(answer, 0) + 1
        if best is None or counts[answer] > counts[best]:
            best = answer
    return best
""",
        "the text None does not vote": but(VOTE, ("if answer is None:", "if str(answer) == \"None\":")),
        "spaces do not vote": but(VOTE, ("if answer is None:", "if answer is None or answer.isspace():")),
        "any of equals": """
def vote(answers):
    answers = sorted(a for a in answers if a is not None)
    return max(answers, key=answers.count) if answers else None
""",
        "half is needed": but(VOTE, ("    return best", "    return best if 2 * most > len([a for a in answers if a is not None]) else None")),
        "an error where nobody votes": """
def vote(answers):
    from collections import Counter
    return Counter(a for a in answers if a is not None).most_common(1)[0][0]
""",
        "with its count": but(VOTE, ("    return best", "    return best, most")),
        "without spaces and capitals": but(VOTE, ("    best, most = None, 0", "    answers = [a and a.strip().title() for a in answers]\n    best, most = None, 0")),
        "nobody, where None comes most": """
def vote(answers):
    from collections import Counter
    return Counter(answers).most_common(1)[0][0] if answers else None
""",
    },
}

RIGHT = {
    "best_of": {"sorted, and in stretches": BEST, "with fractions": but(
        BEST, ("    from math import comb\n", "    from math import comb\n    from fractions import Fraction\n"),
        ("(comb(end, n) - comb(k, n)) / comb(N, n)", "float(Fraction(comb(end, n) - comb(k, n), comb(N, n)))"))},
    "logprobs": {"the logarithm of a sum": LOGPROBS, "torch's cross entropy": """
def logprobs(logits, targets):
    flat = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="none")
    return -flat.view(targets.shape)
"""},
    "dpo_loss": {"softplus": DPO, "term by term": """
def dpo_loss(chosen, rejected, reference_chosen, reference_rejected, beta=0.1):
    with torch.no_grad():
        known = reference_chosen - reference_rejected
    z = beta * (chosen - rejected - known)
    return -(torch.nn.LogSigmoid()(z).sum() / len(z))
"""},
    "advantages": {"place by place": ADVANTAGES, "the statistics module": """
def advantages(rewards, groups):
    from statistics import fmean
    out = []
    for reward, group in zip(rewards, groups):
        some = [float(r) for r, g in zip(rewards, groups) if g == group]
        mean = fmean(some)
        spread = fmean([(x - mean) ** 2 for x in some]) ** 0.5
        out.append(0.0 if min(some) == max(some) else (reward - mean) / spread)
    return out
"""},
    "grpo_loss": {"where by where": GRPO, "the smaller by sign": but(
        GRPO, ("torch.where(one < two, one, two)",
               "torch.where(advantage >= 0, ratio.clamp(max=1 + clip), ratio.clamp(min=1 - clip)) * advantage"))},
    "vote": {"count by count": VOTE, "Counter": """
def vote(answers):
    from collections import Counter
    counted = Counter(a for a in answers if a is not None).most_common(1)
    return counted[0][0] if counted else None
"""},
}
