"""What picking, pairs, rewards and votes must get right."""

import torch

from course_lib.classroom import elsewhere, grads, precise, raised, type_of

NAMES = "Mia Tom Anna Ben Clara Max Dot Otto Hana Gus Lena Finn".split()


def best_of(impl, draw):
    N = draw.number(7, 12)
    values = draw(N).tolist()
    scores = draw.permutation(N).tolist()
    yield "drawing one gives the mean of all, exactly: each is as likely", precise(impl(scores, values, 1), 1e-9)
    yield "drawing all takes each once, and gives the one with the highest score, however bad it is", precise(
        impl(scores, values, N), 1e-9)
    yield "the same scores with other values", precise([impl(scores, values[::-1], n) for n in (1, N)], 1e-9)
    yield "the same values with other scores", precise(impl(scores[::-1], values, N), 1e-9)
    five = draw.permutation(5).tolist()
    yield "between the two each pick counts as often as it comes", precise(
        [impl(five, values[:5], n) for n in (2, 3, 4)], 1e-9)
    yield "how often is not rounded", precise([impl(scores, values, n) for n in range(2, N)], 1e-9)
    yield "a judge that knows the truth picks better the more there are", precise(
        [impl(values, values, n) for n in range(1, N + 1)], 1e-9)
    yield "scores below 0, and fractions, are scores", precise(
        impl([score / 7 - 5 for score in scores], values, 3), 1e-9)
    tied = [score // 3 for score in scores]
    yield "of equal scores each is picked equally often", precise(
        [impl(tied, values, n) for n in range(1, N + 1)], 1e-9)
    yield "a judge that likes all alike is no judge", precise([impl([0.5] * N, values, n) for n in (1, 3, N)], 1e-9)
    yield "it makes no difference in which order they stand", precise(
        [impl(tied[::-1], values[::-1], 3), impl(scores[::-1], values[::-1], 3)], 1e-9)
    yield "of equal scores with equal values each counts", precise(
        impl([1, 2, 2, 2], [8.0, 3.0, 3.0, 0.0], 2), 1e-9)
    yield "true and false count as 1 and 0", precise(
        [impl(judged, [value > 0 for value in values], 3) for judged in (scores, tied, [0.5] * N)], 1e-9)
    yield "what comes back is a plain number", type_of(impl(scores, values, 2))
    yield "drawing none, or more than there are, is refused with a ValueError", [
        *(raised(impl, scores, values, n) for n in (0, -1, N + 1)),
        *(raised(impl, [0.5] * N, values, n) for n in (0, N + 1)), *(raised(impl, [], [], n) for n in (0, 1))]
    many, score = draw(256).tolist(), draw.ints(0, 90, 256).tolist()
    yield "hundreds of stories are no trouble, half of them drawn", precise(
        [impl(score, many, n) for n in (2, 64, 128, 255)], 1e-9)
    yield "there may be more draws than a float can count", precise(
        impl([score // 3 for score in draw.permutation(1100).tolist()], draw(1100).tolist(), 550), 1e-9)
    hair = [-float("inf"), 1e-12, 0.0, -1e-12, 1e-300, 2e300, 1e300]
    yield "scores that differ by a hair differ, and the ends of all numbers are numbers", precise(
        [impl(hair, values[:7], n) for n in (1, 2, 5, 7)], 1e-9)
    lists = list(scores), list(values)
    impl(*lists, 2)
    yield "the lists stay as they were", lists == (scores, values)


def logprobs(impl, draw):
    logits, targets = draw(3, 5, 7), draw.ints(1, 7, 3, 5)
    holes = targets.masked_fill(draw.uniform(3, 5) < 0.4, -100)
    holes[0, 0], holes[1, 1] = -100, 4
    yield "each token has its own log-probability", impl(logits[:, :1], targets[:, :1])
    yield "it is read from the logits of its own place", impl(logits, targets)
    yield "other logits of the same size have others", impl(logits.flip(-1), targets)
    yield "where nothing was written it is 0", impl(logits, holes)
    yield "a row in which nothing was written is 0 all over", impl(logits, torch.full((3, 5), -100))
    yield "token 0 is a token, and the last one too", impl(logits[:1, :2], torch.tensor([[0, 6]]))
    yield "logits in the hundreds give log-probabilities in the hundreds, and overflow nothing", impl(
        500 * logits, targets)
    far = torch.zeros(1, 2, 4)
    far[..., 1] = 20_000.0
    yield "what is all but impossible has a log-probability too, not -inf", impl(far, torch.tensor([[0, 1]]))
    banned = logits.clone()
    banned[:, :, 0] = -torch.inf
    yield "a banned token makes no nan where nothing was written", impl(banned, torch.full((3, 5), -100))
    yield "a banned token does no harm to the others", impl(banned, draw.ints(1, 7, 3, 5))
    yield "the banned token itself has -inf", impl(banned, torch.zeros(3, 5, dtype=torch.long))
    sure = torch.tensor([[[20.0, 0.0, 0.0]]], dtype=torch.float64)
    yield "what is all but certain has a log-probability of almost 0, and not 0", precise(
        impl(sure, torch.tensor([[0]])), 1e-4)
    yield "logits and targets cut out of longer rows work", impl(
        torch.cat([logits, logits], 1)[:, :-5], torch.cat([holes, holes], 1)[:, 5:])
    yield "adding a number to all logits changes nothing", impl(logits + 30, targets)
    yield "gradients reach the logits, and none where nothing was written", grads(
        lambda logits: impl(logits, holes), {"logits": logits}, upstream=draw(3, 5))
    yield "a vocabulary of ninety, seventy rows, and one place work", [
        impl(draw(2, 3, 90), draw.ints(0, 90, 2, 3)), impl(draw(70, 1, 4), draw.ints(0, 4, 70, 1))]
    yield "doubles stay doubles, to the last digits", precise(impl(logits.double() / 3, targets), 1e-9)
    yield "works on its input's device", elsewhere(impl, logits, holes)


def dpo_loss(impl, draw):
    N = draw.number(3, 7)
    chosen, rejected, known, other = (5 * draw(N) - 40 for _ in range(4))
    yield "a model that is still its reference loses ln 2", impl(chosen, rejected, chosen, rejected)
    yield "what was gained on the better and lost on the worse counts", impl(chosen, rejected, known, other)
    yield "one pair alone works", [impl(*(part[n : n + 1] for part in (chosen, rejected, known, other)))
                                   for n in range(3)] + [
                                       impl(torch.zeros(1), torch.tensor([60.0]), *[torch.zeros(1)] * 2)]
    low, zero = torch.tensor([-60_000.0]), torch.zeros(1)
    yield "a pair that is lost by thousands of nats has a finite loss, which says by how many", impl(
        low, zero, zero, zero)
    yield "beta counts, small or large", [impl(chosen, rejected, known, other, beta) for beta in (0.01, 0.5, 1.5)]
    yield "beta may be named", impl(chosen, rejected, known, other, beta=0.3)
    yield "with a beta of 0 it hears nothing", impl(chosen, rejected, known, other, 0)
    yield "each pair has its own loss, and the mean is taken of these", impl(
        torch.tensor([-30.0, -1.0]), torch.tensor([-1.0, -30.0]), torch.zeros(2), torch.zeros(2), 0.5)
    yield "a pair that is won by far has a loss that is small, and not 0", precise(
        impl(zero, torch.tensor([-300.0]), zero, zero))
    yield "gradients go to what the model finds, and never to the reference", grads(
        impl, {"chosen": chosen, "rejected": rejected, "reference_chosen": known, "reference_rejected": other})
    yield "a lost pair pulls with all its force", grads(
        lambda c, r: impl(c, r, zero, zero), {"chosen": low, "rejected": zero})
    yield "one number comes back", list(impl(chosen, rejected, known, other).shape)
    yield "seventy pairs work", impl(*(10 * draw(70) for _ in range(4)))
    yield "doubles stay doubles, to the last digits", precise(
        impl(*(part.double() / 3 for part in (chosen, rejected, known, other))), 1e-9)
    yield "works on its input's device", elsewhere(impl, chosen, rejected, known, other)


def advantages(impl, draw):
    rewards = [round(x, 3) for x in draw(12).tolist()]
    a, b, c = draw.sample(NAMES, 3)
    yield "in one group the mean is taken away, and the spread divided out", precise(impl(rewards, [a] * 12), 1e-9)
    yield "other rewards of as many have their own", precise(impl([x * x for x in rewards], [a] * 12), 1e-9)
    yield "each group has its own spread", precise(impl([1, -1, 50, 10, -60], [a, a, b, b, b]), 1e-9)
    yield "each group has its own mean", precise(impl([1, 0, 11, 10], [a, a, b, b]), 1e-9)
    yield "the same rewards, in two groups, are compared within these", precise(impl(rewards, [a] * 5 + [b] * 7), 1e-9)
    yield "groups need not stand together", precise(impl(rewards, [a, b, c, b] * 3), 1e-9)
    mixed = draw.shuffled([a] * 6 + [b] * 5 + [c])
    yield "groups may be of different sizes, and one may be alone in its group", precise(impl(rewards, mixed), 1e-9)
    yield "where all are equal nobody is better", impl([1, 1, 1, 0, 0], [a, a, a, b, b])
    yield "equal is equal, whatever rounding does to a mean", impl([0.1] * 3 + [0.7] * 6, [a] * 3 + [b] * 6)
    yield "right and wrong are rewards, three right of four", precise(impl([True, True, False, True], [a] * 4), 1e-9)
    yield "rewards below 0 are rewards", precise(impl([-5, -1, -3, -1], [a] * 4), 1e-9)
    yield "rewards that differ by little are far apart, in their own spreads", precise(
        impl([1e-30 * x for x in rewards], [a] * 12), 1e-6)
    yield "rewards that lie far from 0 and near each other are told apart", precise(
        impl([2**42 + x for x in draw.shuffled([0, 100, 400, 900])], [a] * 4), 1e-9)
    yield "rewards of millions are no further apart", precise(impl([1e6 * x for x in rewards], [a] * 12), 1e-9)
    yield "groups may be called by numbers, or by pairs", precise(
        impl(rewards[:6], [7, (1, 2), 7, (1, 2), 0, 0]), 1e-9)
    yield "names that only look alike are of two groups", precise(
        impl(rewards, [a, a.lower(), f"{a} ", "7", 7, (7,)] * 2), 1e-9)
    yield "plain numbers come back", sorted({type_of(x) for x in impl(rewards, mixed)})
    yield "seventy groups and two thousand rewards work", precise(
        impl(draw(2100).tolist(), draw.ints(0, 70, 2100).tolist()), 1e-6)
    yield "one alone may be as far out as a hundred allow", precise(impl([0] * 57 + [1] + [0] * 42, [b] * 100), 1e-9)
    kept = list(rewards), list(mixed)
    impl(*kept)
    yield "what was given stays as it was", kept == (rewards, mixed)


def grpo_loss(impl, draw):
    old, written = -draw.uniform(4, 6) - 0.1, draw.uniform(4, 6) < 0.7
    written[:, 2], written[0, 4] = True, False
    new, advantage, here_all = old + 0.3 * draw(4, 6), draw(4, 6), torch.ones(4, 6, dtype=torch.bool)
    plain = 3.0 * draw.ints(-1, 5, 4, 6)  # whose means are eighths
    yield "a model that has not moved yet gets the mean advantage, turned round", impl(old, old, plain, here_all)
    yield "other texts of the same size have another loss", impl(old, old, plain - 6.0, here_all)
    yield "the mean of a row is over the tokens that count, and over no others", impl(
        old, old, plain, torch.tensor([True, False, True, False, True, False]).expand(4, 6))
    short = torch.tensor([[True] * 6, [True] + [False] * 5, [False] * 5 + [True], [True] * 3 + [False] * 3])
    yield "a short text counts as much as a long one", impl(old, old, plain, short)
    yield "the loss is not rounded", precise([impl(old, old, draw(4, 6).abs(), here_all) for _ in range(5)])
    yield "each token counts by its ratio", impl(old + 0.1 * draw.uniform(4, 6), old, advantage.abs(), written)
    one, up, down = torch.zeros(1, 1), torch.tensor([[0.7]]), torch.tensor([[-0.7]])
    here, ratio = torch.ones(1, 1, dtype=torch.bool), (up, down)
    yield "a good token that has become likelier is praised only up to the edge", impl(up, one, one + 2, here)
    yield "a good token that has become less likely is not lifted to the edge", impl(down, one, one + 2, here)
    yield "a bad token that has become likelier is blamed for all of it", impl(up, one, one - 2, here)
    yield "a bad token that has become less likely is blamed at least up to the edge", impl(down, one, one - 2, here)
    yield "a ratio of billions is no other than a small one, nor is a billionth", precise(
        [impl(x, one, one + a, here) for x in (one + 30, one - 30) for a in (2, -2)], 1e-4)
    yield "the edge can be moved", [impl(new, old, advantage, written, clip) for clip in (0.05, 0.5, 0.9)]
    yield "a clip of 0 is an edge, too", impl(new, old, advantage, written, 0.0)
    yield "by name too", impl(new, old, advantage, written, clip=0.3)
    yield "ratios, edges and places that do not count, at once", impl(new, old, advantage, written)
    nothing = written.clone()
    nothing[1] = False
    yield "a row without a token counts as 0, and is a row", impl(new, old, advantage, nothing)
    yield "without any token nothing is lost", impl(new, old, advantage, written & False)
    wild = new.masked_fill(~written, 500.0)
    yield "what stands where no token counts does not matter, infinite as it may become", impl(
        wild, old, advantage, written)
    yield "gradients reach what the model gives now, and nothing else that it gave", grads(
        lambda new, old: impl(new, old, advantage, written), {"new": new, "old": old})
    yield "no gradient comes from where no token counts", grads(
        lambda new: impl(new, old, advantage, written), {"new": wild})
    yield "beyond the edge nothing pulls, unless it pulls back", [
        grads(lambda new, a=a: impl(new, one, one + a, here), {"new": x}) for a in (1, -1) for x in ratio]
    yield "one number comes back", list(impl(new, old, advantage, written).shape)
    yield "seventy rows of ninety tokens work", impl(
        -draw.uniform(70, 90), -draw.uniform(70, 90), draw(70, 90), draw.uniform(70, 90) < 0.5)
    yield "doubles stay doubles, to the last digits", precise(
        impl(new.double() / 3, old.double() / 3, advantage.double() / 3, written), 1e-9)
    yield "tables that were turned, and so lie otherwise in memory, work", impl(new.T, old.T, advantage.T, written.T)
    yield "works on its input's device", elsewhere(impl, new, old, advantage, written)


def vote(impl, draw):
    a, b, c, d = draw.sample(NAMES, 4)
    yield "three against two", impl([a, b, b, a, b])
    yield "among five others another wins", impl([c, d, d, c, d])
    yield "more than each other one is enough, it need not be half", impl([a, b, c, d, c, a, c])
    yield "the most frequent wins, wherever it stands", [impl([a, b, c, c]), impl([c, c, a, b]), impl([a, c, b, c]),
        impl([a] * 12 + [b] * 18), impl([c, d] * 9 + [b] * 11)]
    yield "one alone wins", impl([a])
    yield "of equals the first to come wins, also where another got there sooner", [
        impl([a, b, b, a]), impl([b, a, a, b]), impl([c, a, b, a, b, c])]
    crowd = draw.sample(NAMES, 12)
    yield "of a dozen equals the first wins", [impl(crowd), impl(crowd[::-1]), impl(sorted(crowd)),
                                              impl(sorted(crowd, reverse=True) * 2)]
    yield "None has no vote, however often it comes", [impl([None, a, None, b, None, b]), impl([None, None, a])]
    yield "where nobody votes, None comes back", [impl([]), impl([None]), impl([None, None, None])]
    yield "an empty text is an answer like any other", [impl(["", a, ""]), impl(["", None]), impl([a, ""])]
    yield "answers that differ in a letter or a space differ", impl(
        [a.lower(), a, f"{a} ", a.upper(), f"{a}.", f"{a}!", f"{a}?", "\u00e9", "e\u0301", b, f" {a}", "\u00e9", b, b])
    yield "spaces are an answer, and so is a text that says None", [
        impl(["None", None, a, "None"]), impl(["  ", a, "  "]), impl(["0", "0", a]), impl(["\n", None])]
    yield "hundreds of votes are counted", impl([NAMES[i] for i in draw.ints(0, 12, 700).tolist()])
    kept = [a, None, b, b, a]
    impl(kept)
    yield "the list stays as it was", kept == [a, None, b, b, a]


MISTAKES = {
    "best_of": [
        ("comb(upto, n) - comb(upto - len(alike), n)", "comb(upto, n)", "drawing one",
         "draws in which a lower score is the highest are counted too"),
        ("one <= score for one in scores", "one < score for one in scores", "drawing one",
         "scores below this one alone are counted, without itself"),
        ("draws = comb(upto, n) - comb(upto - len(alike), n)", "draws = comb(upto - 1, n - 1)",
         "of equal scores", "as if no two scores were equal"),
        ("draws / comb(N, n)", "draws / N**n", "drawing all", "drawn with putting back"),
        ("sum(alike) / len(alike)", "max(alike)", "of equal scores", "of equal scores the best value is taken"),
        ("sum(alike) / len(alike)", "alike[0]", "of equal scores", "of equal scores the first is taken"),
        ("if not 1 <= n <= N:", "if n < 1:", "drawing none", "more than there are can be drawn"),
        ("        upto = sum(one <= score for one in scores)", "        upto = sum(one >= score for one in scores)",
         "drawing all", "the lowest score is picked"),
    ],
    "logprobs": [
        ("logits.log_softmax(-1)", "logits.softmax(-1)", "each token", "probabilities, without the logarithm"),
        ("logits.log_softmax(-1)", "logits.softmax(-1).log()", "logits in the hundreds",
         "the logarithm of a probability that has become 0"),
        ("logits.log_softmax(-1)", "logits.log_softmax(1)", "each token", "the softmax goes over the places"),
        ("logits.log_softmax(-1)", "logits.roll(1, 1).log_softmax(-1)", "it is read",
         "the logits of the place before are read"),
        ("picked.masked_fill(~written, 0)", "picked", "where nothing", "what is ignored is scored as token 0"),
        ("    return picked.masked_fill(~written, 0)", "    return -picked.masked_fill(~written, 0)", "each token",
         "the sign: that is the loss"),
        ("picked.masked_fill(~written, 0)", "picked * written", "a banned token", "−inf times 0 is nan"),
        ("    written = targets != IGNORED", "    written = targets > 0", "token 0 is a token",
         "token 0 is taken for none"),
        ("logits.log_softmax(-1)", "logits.detach().log_softmax(-1)", "gradients reach",
         "the logits are detached"),
    ],
    "dpo_loss": [
        ("gained - lost", "lost - gained", "what was gained", "better and worse have changed places"),
        ("    gained = chosen - reference_chosen.detach()", "    gained = chosen", "a model that is still",
         "the better one is not compared with the reference"),
        ("reference_rejected.detach()", "reference_chosen.detach()", "a model that is still",
         "the reference drops out: it is missing, or both are compared with one and the same number of it"),
        ("beta * (gained - lost)", "(gained - lost)", "what was gained", "beta is left out"),
        ("-functional.logsigmoid(beta * (gained - lost)).mean()",
         "-functional.logsigmoid(beta * (gained - lost).mean())", "what was gained",
         "the mean is taken before the sigmoid"),
        ("-functional.logsigmoid(beta * (gained - lost)).mean()",
         "-torch.sigmoid(beta * (gained - lost)).log().mean()", "a pair that is lost",
         "the logarithm of a sigmoid that has become 0"),
        ("reference_chosen.detach()", "reference_chosen", "gradients go", "the reference gets a gradient"),
        ("-functional.logsigmoid(beta * (gained - lost)).mean()",
         "-(torch.sigmoid(beta * (gained - lost)) + 1e-8).log().mean()", "a pair that is lost",
         "something is added before the logarithm"),
        ("gained - lost", "chosen + reference_chosen.detach() - rejected - reference_rejected.detach()",
         "a model that is still", "the reference is added, not taken away"),
        ("-functional.logsigmoid(beta * (gained - lost)).mean()", "-(beta * (gained - lost)).mean()",
         "a model that is still", "the sigmoid is missing: this is the margin itself"),
        (".mean()", ".sum()", "a model that is still", "the sum of the pairs, not their mean"),
        ("beta * (gained - lost)", "beta * gained - lost", "what was gained", "beta for the better one alone"),
    ],
    "advantages": [
        ("/ len(some)) ** 0.5", "/ max(len(some) - 1, 1)) ** 0.5", "in one group", "divided by N − 1"),
        ("/ len(some)) ** 0.5", "/ len(some))", "in one group", "the variance, not its root"),
        ("(reward - means[group]) / spreads[group]", "reward - means[group]", "in one group",
         "the spread is not divided out"),
        ("(reward - means[group]) / spreads[group]", "reward / spreads[group]", "in one group",
         "the mean is not taken away"),
        *(("/ spreads[group]", f"/ (spreads[group] + {eps})", "in one group", "something is added to the spread")
          for eps in (1e-4, 1e-6, 1e-8)),
        ("(sum((reward - means[group]) ** 2 for reward in some) / len(some)) ** 0.5",
         "sum(abs(reward - means[group]) for reward in some) / len(some)", "in one group",
         "the spread is the mean distance, not the root of the mean square"),
        ("            for reward, group in zip(rewards, groups, strict=True)]",
         "            for group in found for reward in found[group]]", "groups need not",
         "group after group, and not in the order of the rewards"),
        ("if min(some) == max(some)", "if len(some) == 1", "where all are equal", "0 / 0 in a group of equals"),
        ("(reward - means[group]) / spreads[group]", "(means[group] - reward) / spreads[group]", "in one group",
         "the sign is turned round"),
        ("setdefault(group, [])", "setdefault(0, [])", "in one group", "the groups are lost"),
    ],
    "grpo_loss": [
        ("torch.minimum", "torch.maximum", "a good token", "the larger of the two is taken"),
        ("(new - old.detach())", "(old.detach() - new)", "each token counts", "old and new have changed places"),
        ("    return -(gain", "    return (gain", "a model that has not", "the sign: good tokens become rarer"),
        ("torch.minimum(ratio * advantage, kept * advantage)", "kept * advantage", "a good token",
         "always the clipped one"),
        ("torch.minimum(ratio * advantage, kept * advantage)", "ratio * advantage", "a good token",
         "the clip is left out"),
        ("ratio.clamp(1 - clip, 1 + clip)", "ratio.clamp(max=1 + clip)", "a bad token", "clipped on one side only"),
        (".masked_fill(~written, 0).exp()", ".exp()", "what stands where", "what is not written may be infinite"),
        ("old.detach()", "old", "gradients reach", "old gets a gradient too"),
        ("-(gain.sum(-1) / written.sum(-1).clamp(min=1)).mean()", "-gain.sum() / written.sum().clamp(min=1)",
         "a short text", "the mean of all tokens: long texts count more"),
        (" * written  # (B, T)", "  # (B, T)", "the mean of a row", "what was not written counts too"),
        (".clamp(min=1)", "", "a row without", "0 / 0 where a row has no token"),
    ],
    "vote": [
        ("        if answer is not None:", "        if True:", "None has no vote", "None votes too"),
        ("        if answer is not None:", "        if answer:", "an empty text", "an empty text is taken for none"),
        ("default=None", "default=\"\"", "where nobody", "an empty text where nobody votes"),
        ("max(counts, key=counts.get", "min(counts, key=counts.get", "three against two", "the rarest wins"),
        ("    return max(counts, key=counts.get, default=None)",
         "    best = max(counts, key=counts.get, default=None)\n"
         "    return best if 2 * counts.get(best, 0) > sum(counts.values()) else None", "more than each other",
         "more than half of the votes are asked for"),
        ("max(counts, key=counts.get", "max(reversed(counts), key=counts.get", "of equals", "of equals the last wins"),
        ("max(counts, key=counts.get", "max(sorted(counts), key=counts.get", "of equals",
         "of equals the first in the alphabet wins"),
        ("max(counts, key=counts.get, default=None)", "next(iter(counts), None)", "three against two",
         "the first answer wins"),
    ],
}

EQUIVALENT = {
    "best_of": {
        "alike = [value for one, value in zip(scores, values, strict=True) if one == score] → alike = "
        "[value for one, value in zip(scores, values, strict=False) if one == score]":
            "there is a value for each score",
    },
    "logprobs": {
        "places = targets.masked_fill(~written, 0)[..., None] → places = targets.masked_fill(~written, "
        "1)[..., None]":
            "what is picked for an ignored place is hidden again",
        "picked = logits.log_softmax(-1).gather(-1, places)[..., 0] → picked = "
        "logits.log_softmax(-1).gather(-1, places)[..., -1]":
            "the last size is 1",
    },
    "advantages": {
        "for reward, group in zip(rewards, groups, strict=True):\n    ... → for reward, group in "
        "zip(rewards, groups, strict=False):\n    ...":
            "there is a group for each reward",
        "return [0.0 if group in alike else (reward - means[group]) / spreads[group] for reward, group "
        "in zip(rewards, groups, strict=True)] → return [0.0 if group in alike else (reward - "
        "means[group]) / spreads[group] for reward, group in zip(rewards, groups, strict=False)]":
            "there is a group for each reward",
    },
    "grpo_loss": {
        "ratio = (new - old.detach()).masked_fill(~written, 0).exp() → ratio = (new - "
        "old.detach()).masked_fill(~written, 1).exp()":
            "what is not written is taken out again, if only it is finite",
        "ratio = (new - old.detach()).masked_fill(~written, 0).exp() → ratio = (new - "
        "old.detach()).masked_fill(~written, -1).exp()":
            "what is not written is taken out again, if only it is finite",
        "return -(gain.sum(-1) / written.sum(-1).clamp(min=1)).mean() → return -(gain.sum(+1) / "
        "written.sum(-1).clamp(min=1)).mean()":
            "rows of tokens have two sizes, and 1 is the last",
        "return -(gain.sum(-1) / written.sum(-1).clamp(min=1)).mean() → return -(gain.sum(-1) / "
        "written.sum(+1).clamp(min=1)).mean()":
            "rows of tokens have two sizes, and 1 is the last",
    },
    "vote": {
        "counts[answer] = counts.get(answer, 0) + 1 → counts[answer] = counts.get(answer, 0) + 2":
            "the order of the counts is the same",
        "counts[answer] = counts.get(answer, 0) + 1 → counts[answer] = counts.get(answer, 1) + 1":
            "the order of the counts is the same",
        "counts[answer] = counts.get(answer, 0) + 1 → counts[answer] = counts.get(answer, -1) + 1":
            "the order of the counts is the same",
    },
}

BY_HAND = {"best_of": ["numpy.*", "torch.*"], "advantages": ["numpy.*", "torch.*"]}
