"""preferences: losses against the papers' formulas in loops, estimates against exact sums, rewards against texts."""

import importlib
import itertools
import math
import re
from collections import Counter
from statistics import mean, pstdev

import pytest
import torch
from torch.nn import functional

from course_lib import instructions, stories
from course_lib import preferences as pf
from course_lib.batches import IGNORED
from course_lib.finetuning import question_rows
from course_lib.gpt import GPT, Config
from course_lib.training import Engine
from course_lib.training.storyteller import vocabulary

FP32 = Engine("fp32", "own", 1)


@pytest.fixture(scope="module")
def tokenizer():
    return vocabulary()


def small(tokenizer, seed=0, window=64):
    torch.manual_seed(seed)
    return GPT(Config(vocab_size=tokenizer.vocab_size, context_length=window, d_model=16, n_heads=2, n_layers=1))


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("scores", [[3, 1, 4, 1, 5, 9], [2, 2, 1, 1, 2, 0], [0.5] * 6])
def test_best_of_is_the_mean_over_all_draws(n, scores):
    values = [1.0, -2.0, 0.5, 4.0, 0.0, 1.5]
    drawn = []
    for some in itertools.combinations(range(6), n):
        top = max(scores[i] for i in some)
        drawn.append(mean(values[i] for i in some if scores[i] == top))
    assert pf.best_of(scores, values, n) == pytest.approx(mean(drawn), rel=1e-12)


def test_logprobs_are_those_of_a_loop():
    torch.manual_seed(0)
    logits, targets = torch.randn(2, 3, 5), torch.tensor([[4, IGNORED, 0], [1, 2, IGNORED]])
    for b, t in itertools.product(range(2), range(3)):
        target = targets[b, t].item()
        want = 0.0 if target == IGNORED else (logits[b, t, target] - logits[b, t].exp().sum().log()).item()
        assert pf.logprobs(logits, targets)[b, t].item() == pytest.approx(want, abs=1e-6)


@pytest.mark.parametrize("engine", [FP32, Engine("fp32", "products", 1), Engine("bf16", "products", 1)])
def test_a_scorer_reads_what_the_model_reads(tokenizer, engine):
    model = small(tokenizer)
    ids, targets = pf.rows_of([[5, 6], []], [[7, 8, tokenizer.end], [9]], tokenizer.end)  # (B, T)
    want = pf.logprobs(model(ids), targets)  # (B, T)
    off = 1e-5 if engine.precision == "fp32" else 0.1
    assert (pf.Scorer(model, engine)(ids, targets) - want).abs().max() < off
    assert (pf.Scorer(model, engine).read(ids, targets) - want).abs().max() < off


def test_rows_ask_for_what_was_written_and_for_nothing_else():
    ids, targets = pf.rows_of([[5, 6], []], [[7, 0], [9]], end=0)
    assert ids.tolist() == [[0, 5, 6, 7], [0, 9, 0, 0]]
    assert targets.tolist() == [[IGNORED, IGNORED, 7, 0], [9, IGNORED, IGNORED, IGNORED]]


def test_dpo_is_equation_7_and_its_gradient_is_equation_8():
    torch.manual_seed(1)
    chosen, rejected, known, other = (torch.randn(6, dtype=torch.double) for _ in range(4))
    chosen.requires_grad_()
    beta, want, slopes = 0.3, 0.0, []
    for i in range(6):
        better, worse = (chosen[i].detach() - known[i]).item(), (rejected[i] - other[i]).item()
        want -= math.log(1 / (1 + math.exp(-beta * (better - worse)))) / 6
        slopes.append(-beta / (1 + math.exp(beta * (better - worse))) / 6)
    loss = pf.dpo_loss(chosen, rejected, known, other, beta)
    loss.backward()
    assert loss.item() == pytest.approx(want)
    assert chosen.grad.tolist() == pytest.approx(slopes)


def test_advantages_are_the_standard_scores_of_each_group():
    rewards, groups = [0.0, 1.0, 3.0, 1.0, 1.0, 7.0], ["a", "b", "a", "a", "b", "c"]
    for reward, group, found in zip(rewards, groups, pf.advantages(rewards, groups), strict=True):
        some = [r for r, g in zip(rewards, groups, strict=True) if g == group]
        assert found == pytest.approx((reward - mean(some)) / pstdev(some) if pstdev(some) else 0.0)


def test_the_grpo_loss_is_the_papers_objective_in_a_loop():
    torch.manual_seed(2)
    new, old, gain = (torch.randn(3, 4) for _ in range(3))
    written = torch.tensor([[True, True, False, True], [False, True, False, False], [True] * 4])
    total = 0.0
    for row in range(3):
        tokens = []
        for t in range(4):
            if written[row, t]:
                ratio = math.exp(new[row, t] - old[row, t])
                kept = min(max(ratio, 0.8), 1.2)
                tokens.append(min(ratio * gain[row, t].item(), kept * gain[row, t].item()))
        total += sum(tokens) / len(tokens) / 3
    assert pf.grpo_loss(new, old, gain, written).item() == pytest.approx(-total, rel=1e-5)


def chances(logits):
    """A policy of two tokens, the second depending on the first: its log-probabilities, for every pair of tokens."""
    first, then = logits[0].log_softmax(-1), logits[1:].log_softmax(-1)
    return torch.stack([torch.stack([first[a], then[a, b]]) for a in range(3) for b in range(3)])  # (9, 2)


def test_its_slope_at_the_start_is_that_of_the_mean_reward():
    torch.manual_seed(3)
    logits, reward = torch.randn(4, 3, dtype=torch.double, requires_grad=True), torch.randn(9).double()
    exact, = torch.autograd.grad((chances(logits).sum(-1).exp() * reward).sum(), logits)
    new = chances(logits)  # (9, 2): all that can be written, each counted as often as it is written
    weight = new.sum(-1).exp().detach()
    gain = (weight * (reward - (weight * reward).sum()))[:, None].expand(9, 2)
    loss = pf.grpo_loss(new, new.detach(), 9 * 2 * gain, torch.ones(9, 2) > 0)
    found, = torch.autograd.grad(-loss, logits)
    assert torch.allclose(found, exact, atol=1e-10)


def test_the_mean_of_the_kl_estimate_is_the_divergence_and_none_is_negative():
    torch.manual_seed(4)
    new, reference = (chances(torch.randn(4, 3, dtype=torch.double)).sum(-1, keepdim=True) for _ in range(2))
    here = torch.ones(1, 1) > 0
    each = [pf.kl_penalty(new[i : i + 1], reference[i : i + 1], here).item() for i in range(9)]
    exact = (new.exp() * (new - reference)).sum().item()
    assert min(each) >= 0
    assert sum(p * kl for p, kl in zip(new.exp().flatten().tolist(), each, strict=True)) == pytest.approx(exact)


def test_each_sentence_has_its_reward_up_to_the_first_wrong_one():
    for plot in stories.plots("validation", 60, seed=3):
        text = stories.tell(plot)
        right = pf.sentences([text])
        assert [one.worth for one in right] == [1.0] * len(plot.sentences) and right[-1].end == len(text)
        wrong = text.replace(" the ", " a ", 2) if len(right) % 2 else text[: len(text) // 2] + "."
        found = pf.sentences([wrong])
        assert not stories.read(wrong).consistent
        assert [one.worth for one in found[:-1]] == [1.0] * (len(found) - 1)


def test_where_a_story_goes_wrong_is_where_reading_says_it_does():
    for plot in stories.plots("train", 80, seed=5):
        names = [word for _, words in plot.sentences for word in words if word in stories.WORLD.words["hero"]]
        text = stories.tell(plot)
        at = text.rfind(names[0])
        other = "Otto" if names[0] != "Otto" else "Mia"
        text = text[:at] + other + text[at + len(names[0]):]
        problem, told = stories.read(text).problem, stories.judged(text)
        assert problem.startswith(f"sentence {len(told)}:") or problem.startswith(f"sentence {len(told)} is")
        assert not told[-1].right


@pytest.mark.parametrize("text", ["", " ", "Mia", "?", "Mia the fox", "a" * 5000, "Once upon a time. And then."])
def test_any_text_can_be_judged(text):
    assert all(one.right for one in stories.judged(text)[:-1])


def test_a_story_that_goes_on_after_its_end_is_wrong_there():
    [text] = stories.texts("train", 1)
    *told, last = stories.judged(f"{text} More.")
    assert all(one.right for one in told) and not last.right and last.end == len(text) + 6


def test_rewards_lie_on_the_tokens_of_their_sentence(tokenizer):
    [text] = stories.texts("train", 1, seed=8)
    ids = tokenizer.encode(text)
    rewards = pf.sentences([text])
    advantage, counted = pf.over_tokens(rewards, range(1, len(rewards) + 1), [ids[:9]], [[*ids[9:], tokenizer.end]],
                                        tokenizer)
    assert not counted[0, :9].any() and not counted[0, -1]
    for number, one in enumerate(rewards, start=1):
        piece = tokenizer.decode([i for i, gain in zip(ids, advantage[0].tolist(), strict=False) if gain == number])
        whole = text[one.start : one.end]
        assert piece == whole or whole.endswith(piece)


def test_the_whole_story_is_rewarded_with_its_end(tokenizer):
    texts = stories.texts("train", 2)
    rows = [[*tokenizer.encode(text), tokenizer.end] for text in texts]
    rewards = pf.whole([texts[0], texts[1] + " More."], ["a", "b"])
    assert [(one.worth, one.group) for one in rewards] == [(1.0, "a"), (0.0, "b")]
    advantage, counted = pf.over_tokens(rewards, [2.0, 3.0], [[], []], rows, tokenizer)
    assert counted.sum(-1).tolist() == [len(row) for row in rows]
    assert advantage[1, : len(rows[1])].tolist() == [3.0] * len(rows[1])


def test_pairs_are_of_one_group_and_the_better_one_comes_first():
    rewards, groups = [1, 0, 0, 1, 1, 1, 0], "aaabbab"
    pairs = pf.pairs_of(rewards, list(groups))
    assert all(groups[a] == groups[b] and rewards[a] > rewards[b] for a, b in pairs)
    assert len({n for pair in pairs for n in pair}) == 2 * len(pairs) == 6


@pytest.mark.parametrize("kl, real", [(0.0, 0.0), (0.05, 0.0), (0.0, 0.2)])
def test_what_is_rewarded_becomes_likelier(tokenizer, kl, real):
    model, reference = small(tokenizer), small(tokenizer)

    def judge(texts, groups):
        return pf.whole(texts, groups, lambda text: text.count(" "))

    means = pf.learn_rewards(model, tokenizer, lambda step: ([[]] * 32, [0] * 32), judge,
                             pf.Tuition(steps=12, rate=0.03, kl=kl, real=real), FP32, reference=reference,
                             real=stories.texts("train", 20), longest=6)
    assert mean(means[-2:]) > mean(means[:2]) + 0.5, means


def test_it_ends_where_the_look_says_so(tokenizer):
    means = pf.learn_rewards(small(tokenizer), tokenizer, lambda step: ([[]] * 2, [0, 0]), pf.whole,
                             pf.Tuition(steps=5), FP32, longest=3, look=lambda step, mean: step == 2)
    assert len(means) == 2


def test_dpo_moves_the_pairs_apart_and_says_by_how_much(tokenizer):
    model, reference = small(tokenizer), small(tokenizer)
    written = [tokenizer.encode(text)[:20] for text in stories.texts("train", 8)]
    seen = pf.learn_pairs(model, reference, tokenizer, [[]] * 8, written, [(0, 1), (2, 3), (4, 5)], rate=1e-3,
                          engine=FP32, epochs=6)
    assert seen["loss"][0] == pytest.approx(math.log(2), rel=1e-4) and seen["loss"][-1] < 0.6
    assert seen["margin"][0] == pytest.approx(0, abs=1e-3) and seen["margin"][-1] > 1
    assert seen["margin"][-1] == pytest.approx(seen["chosen"][-1] - seen["rejected"][-1])


def test_a_look_counts_what_is_there(tokenizer):
    look, texts = pf.look_at(small(tokenizer, window=24), tokenizer, stories.texts("validation", 1), n=3)
    assert look.consistent == 0 and look.bits > 1 and len(texts) == 3
    told = Counter(event for text in stories.texts("validation", 150) for event in pf.events_of(text))
    shares = [count / told.total() for count in told.values()]
    diversity, events = pf.of_the_world(150)
    assert diversity == pytest.approx(-sum(p * math.log2(p) for p in shares))
    assert events == pytest.approx(told.total() / 150)


def test_another_temperature_costs_what_its_logits_cost(tokenizer):
    model, unseen = small(tokenizer, window=256), stories.texts("validation", 1)
    assert pf.bits_at(model, tokenizer, unseen, 1.0) == pytest.approx(pf.look_at(model, tokenizer, unseen, 1)[0].bits)
    assert pf.bits_at(model, tokenizer, unseen, 0.01) != pytest.approx(pf.bits_at(model, tokenizer, unseen, 1.0))


@pytest.mark.parametrize("answers, wins", [
    ([], None), ([None], None), (["a", "b", "b", "a"], "a"), ([None, "b", None, "a", "a"], "a"), ([""], "")])
def test_votes(answers, wins):
    assert pf.vote(answers) == wins


def test_answers_are_the_last_lines_and_those_without_an_end_are_none(tokenizer):
    assert pf.last_line(tokenizer, [*tokenizer.encode("So it is.\nthe lamp"), tokenizer.end]) == "the lamp"
    assert pf.last_line(tokenizer, tokenizer.encode("So it is.\nthe lamp")) is None
    assert pf.last_line(tokenizer, []) is None
    asked = stories.chains("validation", 3, range(1, 4), people=2)
    given = pf.answers(small(tokenizer, window=160), tokenizer, asked, n=2)
    assert [len(one) for one in given] == [2, 2, 2]
    assert pf.by_length(asked, [asked[0].answer, "no", asked[2].answer]) == {1: 1.0, 2: 0.0, 3: 1.0}


@pytest.mark.parametrize("spelled", [True, False])
def test_examples_in_steps_and_at_once_are_learned(tokenizer, spelled):
    model = small(tokenizer, window=160).train()
    asked = stories.chains("validation", 8, [1], people=2)
    pairs = [(one.prompt, one.reply(spelled)) for one in asked]

    def lost():
        ids, targets = question_rows(pairs, tokenizer)
        return functional.cross_entropy(model(ids).flatten(0, 1), targets.flatten(), ignore_index=IGNORED).item()

    before = lost()
    pf.learn_chains(model, tokenizer, [(2, 1, 12)], FP32, spelled)
    assert not model.training and lost() < before - 1


@pytest.mark.parametrize("spelled", [True, False])
def test_examples_are_replies_in_steps_or_answers_stage_by_stage(tokenizer, spelled, monkeypatch):
    seen = []
    reasoning = importlib.import_module("course_lib.preferences.reasoning")
    monkeypatch.setattr(reasoning, "learn_answers", lambda model, tokenizer, pairs, steps, **named: seen.append(
        (pairs, steps, named["batch_size"])))
    pf.learn_chains(small(tokenizer), tokenizer, [(2, 1, 1), (3, 3, 2)], FP32, spelled)
    asked = [stories.chains("train", 32, [1], 2, seed=0), stories.chains("train", 64, [1, 2, 3], 3, seed=1)]
    assert seen == [([(one.prompt, one.reply(spelled)) for one in some], steps, 32)
                    for steps, some in enumerate(asked, start=1)]


def test_a_reply_is_rewarded_for_its_last_line_alone(tokenizer, monkeypatch):
    given = {}
    reasoning = importlib.import_module("course_lib.preferences.reasoning")
    monkeypatch.setattr(reasoning, "learn_rewards", lambda *args, **named: given.update(args=args, named=named))
    pf.reward_answers(None, tokenizer, None, rounds=2)
    prompts, judge = given["args"][2:4]
    asked = {tokenizer.decode(ids): group for ids, group in zip(*prompts(1), strict=True)}
    assert len(prompts(1)[0]) == 12 * 8 and len(asked) == 12 and not set(asked.values()) & set(prompts(0)[1])
    known = {one.prompt: one for one in stories.chains("train", 24, seed=1000)}
    for prompt, group in asked.items():
        one = known[prompt]
        replies = [one.reply(), one.reply(steps=False), f"so it is\n{one.answer}", f"{one.answer} ", one.reply()[:-1],
                   f"{one.answer}\n", ""]
        rewards = judge([prompt + reply for reply in replies], [group] * len(replies))
        assert [reward.worth for reward in rewards] == [1, 1, 1, 0, 0, 0, 0]
        assert {reward.group for reward in rewards} == {group}


def test_a_wish_is_rewarded_where_the_story_does_all_of_it(tokenizer, monkeypatch):
    given = {}
    recipes = importlib.import_module("course_lib.preferences.recipes")
    monkeypatch.setattr(recipes, "learn_rewards", lambda *args, **named: given.update(args=args, named=named))
    model = small(tokenizer)
    recipes.obeying(model, tokenizer, FP32, tuition=pf.Tuition(steps=2))
    prompts, judge = given["args"][2:4]
    asked = dict(zip(map(tokenizer.decode, prompts(0)[0]), prompts(0)[1], strict=True))
    assert len(asked) == 8 and len(prompts(1)[0]) == 64 and not set(prompts(1)[1]) & set(asked.values())
    assert given["named"]["reference"] is model and given["args"][0] is not model
    plots = {stories.instruction(plot): plot for plot in stories.plots("train", 16, seed=400)}
    for prompt, group in asked.items():
        wish = prompt.removeprefix("<|user|>").removesuffix("<|assistant|>")
        told = stories.tell(plots[wish])
        other = next(stories.tell(plot) for text, plot in plots.items() if text != wish)
        replies = [told, other, told[:-1], "", told + "<|assistant|>" + told]
        assert [reward.worth for reward in judge([prompt + reply for reply in replies], [group] * 5)] == [1, 0, 0, 0, 0]


def test_who_keeps_the_thing_is_read_off_the_closing_sentence():
    for plot in stories.plots("validation", 80, seed=2):
        told, ends = stories.tell(plot), stories.beginning(plot, stories.before_the_end(plot))
        assert stories.keeper(told[len(ends):].strip()) == pf.kept_by(plot)
    assert stories.keeper("Mia the fox lived alone.") is None and stories.keeper("") is None


def test_each_story_is_gone_on_with_as_often_as_asked(tokenizer):
    plots = stories.plots("validation", 2)
    given = pf.keepers(small(tokenizer, window=256), tokenizer, plots, n=3)
    assert [len(said) for said in given] == [3, 3]


@pytest.mark.slow
def test_the_races_say_a_row_for_each_run(monkeypatch):
    races = pytest.importorskip("course_lib.preferences.races")
    begun = ((2, 2, 1),)
    for name, value in {"SEEDS": 1, "TOLD": 2, "SCORED": 1, "CHAINS": 6, "ROUNDS": 1, "IN_STEPS": begun,
                        "AT_ONCE": ((2, 1, 1),), "PLANS": {"in steps": begun, "few": ((2, 1, 1),)}}.items():
        monkeypatch.setattr(races, name, value)
    monkeypatch.setattr(races, "RECIPES", {"none": lambda teller, tokenizer, engine, seed: teller})
    said = []
    races.RACES["preferences"](said.append, None, 0)
    races.RACES["steps"](said.append, None, 0)
    monkeypatch.setattr(races, "WISHED", 2)
    monkeypatch.setattr(races, "stages", lambda name: instructions.stages("smoke"))
    for name in "obeying", "practised":
        monkeypatch.setattr(races, name, lambda assistant, *given: assistant)
    races.RACES["wishes"](said.append, None, 0)
    monkeypatch.setattr(races, "MANY", 2)
    races.RACES["writing"](said.append, None, 0)
    assert len(said) == 1 + 4 + 2 + 4 + 4 + 5 and all(re.search(r"bits|: \d+\.\d", row) for row in said)
    assert [row.partition(", seed 0: ")[0] for row in said[7:11]] == [
        "in steps", "the same, at once", "few", "few, then rewarded"]
