"""A look inside, against plain recomputations: parts that add up, heads, patches, probes' data and twins."""

import math
import re

import pytest
import torch
from torch.nn import functional

from course_lib import inside, stories
from course_lib.block import LayerNorm
from course_lib.bpe import BPE, END, story_vocabulary
from course_lib.gpt import GPT, Config, trace
from course_lib.sampling import complete
from course_lib.stories import WORLD


def model_of(seed=0, **changes):
    """A GPT in double precision whose every parameter is drawn, biases and scales too."""
    torch.manual_seed(seed)
    sizes = {"vocab_size": 13, "context_length": 11, "d_model": 12, "n_heads": 3, "n_layers": 2, **changes}
    model = GPT(Config(**sizes))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.5)
    return model.double()


def some_ids(B=2, T=7, seed=1, V=13):
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def tokenizer():
    return story_vocabulary()


# Parts


@pytest.mark.parametrize("changes", [{}, {"n_layers": 1}, {"n_heads": 1, "n_layers": 3}, {"bias": False},
                                     {"tied": False}])
def test_what_the_parts_add_is_the_stream_and_their_shares_are_the_logits(changes):
    model, ids = model_of(**changes), some_ids()
    stream = trace(model, ids).residuals[-1]
    names, fine = inside.by_head(model, ids)
    coarse = torch.stack(inside.writes(model, ids))
    assert len(names) == len(fine) and len(set(names)) == len(names)
    L, H = model.config.n_layers, model.config.n_heads
    assert len(coarse) == 2 * L + 1 and len(fine) == 1 + L * (H + 1 + model.config.bias)
    for parts in (coarse, fine):
        torch.testing.assert_close(parts.sum(0), stream, rtol=1e-9, atol=1e-9)
        for token in (0, 5):
            shares = inside.contributions(parts, model.final_norm, model.head.weight[token])
            assert shares.shape == (len(parts) + 1, *ids.shape)
            torch.testing.assert_close(shares.sum(0), model(ids)[..., token], rtol=1e-9, atol=1e-9)


def test_the_parts_are_what_the_blocks_compute():
    model, ids = model_of(), some_ids()
    x, wanted = model.embed(ids), []
    for block in model.blocks:
        found = block.attention(block.attention_norm(x))
        thought = block.mlp(block.mlp_norm(x + found))
        wanted += [found, thought]
        x = x + found + thought
    torch.testing.assert_close(inside.writes(model, ids), [model.embed(ids).detach(), *map(torch.detach, wanted)])


def test_a_share_is_the_slope_of_the_logit_where_the_spread_is_held():
    """Another way: the normed stream with a fixed divisor is linear, so a part's share is what its slope says."""
    torch.manual_seed(0)
    norm, direction = LayerNorm(6).double(), torch.randn(6).double()
    parts = torch.randn(4, 6, dtype=torch.float64)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    spread = math.sqrt(parts.sum(0).var(correction=0).item() + norm.epsilon)
    leaf = parts.clone().requires_grad_()
    x = leaf.sum(0)
    (((x - x.mean()) / spread * norm.weight + norm.bias) @ direction).backward()
    shares = inside.contributions(parts, norm, direction)
    torch.testing.assert_close(shares[:-1], (leaf.grad * parts).sum(-1))
    torch.testing.assert_close(shares[-1], norm.bias.detach() @ direction)
    wanted = functional.layer_norm(parts.sum(0), (6,), norm.weight, norm.bias, norm.epsilon) @ direction
    torch.testing.assert_close(shares.sum(), wanted)


# Left as it was


LOOKS = {
    "writes": lambda model, ids: inside.writes(model, ids),
    "head_answers": lambda model, ids: inside.head_answers(model, ids),
    "without_head": lambda model, ids: inside.without_head(model, ids, 1, 2),
    "patched": lambda model, ids: inside.patched(model, ids, 1, torch.tensor([3, 4]), torch.zeros(2, 12).double()),
    "by_head": lambda model, ids: inside.by_head(model, ids),
}


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("broken", [False, True])
def test_a_look_leaves_the_model_as_it_was_also_when_it_is_broken_off(name, broken):
    model, ids = model_of().train(), some_ids()
    model.blocks[1].mlp.eval()
    modes, before = [part.training for part in model.modules()], model(ids)
    if broken:
        with pytest.raises(ValueError, match="outside the vocabulary"):
            LOOKS[name](model, ids + 100)
    else:
        LOOKS[name](model, ids)
    assert [part.training for part in model.modules()] == modes and torch.equal(model(ids), before)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in model.modules())
    assert torch.is_grad_enabled() and all(p.grad is None for p in model.parameters())


# Heads


def evenly(T):
    return torch.ones(T, T).tril() / torch.arange(1, T + 1)[:, None]


def test_an_induction_score_is_one_for_a_head_that_copies_and_chance_for_one_that_does_not():
    half = list(range(40))
    perfect = torch.zeros(80, 80)
    for t in range(80):
        perfect[t, t - 39 if t >= 40 else t] = 1.0
    assert inside.induction_score(perfect.tolist(), half + half) == 1.0
    even = inside.induction_score(evenly(80).tolist(), half + half)
    assert even == pytest.approx(sum(1 / t for t in range(41, 81)) / 40)
    assert inside.induction_score(evenly(5).tolist(), [1, 2, 3, 4, 5]) == 0.0


def test_a_silenced_head_is_one_whose_columns_of_the_output_layer_are_zero():
    model, ids = model_of(), some_ids()
    for layer, head in ((0, 0), (1, 2)):
        other = model_of()
        with torch.no_grad():
            other.blocks[layer].attention.out.weight[:, 4 * head : 4 * head + 4] = 0.0
        torch.testing.assert_close(inside.without_head(model, ids, layer, head), other(ids).detach())
    answers = inside.head_answers(model, ids)
    assert [tuple(found.shape) for found in answers] == [(2, 7, 3, 4)] * 2
    one = ids[:1, :1]  # one position: what a head answers is one vector, and to put it there changes nothing
    own = inside.head_answers(model, one)[1][0, 0, 2]
    torch.testing.assert_close(inside.without_head(model, one, 1, 2, own), model(one).detach())


@pytest.mark.parametrize("layer, head", [(2, 0), (-1, 0), (0, 3), (0, -1)])
def test_a_head_that_is_not_there_is_named(layer, head):
    with pytest.raises(ValueError, match=f"layer {layer}, head {head}: this model has layers 0 to 1, each with heads"):
        inside.without_head(model_of(), some_ids(), layer, head)


class Watching:
    """An attention whose one head looks at place 1 alone."""

    def look(self, model):
        weights = torch.zeros(1, 1, 9, 9)
        weights[..., 1] = 1.0
        for block in model.blocks:
            block.attention.weights = lambda q, k: weights[..., : q.shape[-2], : k.shape[-2]].double()
        return model


def test_name_scores_are_asked_where_a_name_comes_again(tokenizer):
    mia, tom, ben = (tokenizer.encode(f" {name}")[0] for name in ("Mia", "Tom", "Ben"))
    model = Watching().look(model_of(vocab_size=tokenizer.vocab_size, n_heads=1, n_layers=2))
    met = tokenizer.encode(" met")[0]
    right, others = inside.name_scores(model, tokenizer, [[0, mia, met, tom, met, mia], [0, tom, mia, met, mia, ben]])
    assert right.shape == others.shape == (2, 1)
    assert right.flatten().tolist() == [0.5, 0.5], "the first row's Mia stands at place 1, the second's does not"
    assert others.flatten().tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match="in 1 rows no name is told twice"):
        inside.name_scores(model, tokenizer, [[0, mia, met, tom]])


# Patches


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_patch_is_what_the_rest_of_the_model_makes_of_the_changed_stream(layer):
    model, ids, places = model_of(), some_ids(B=3), torch.tensor([2, 0, 6])
    vectors = torch.randn(3, 12, generator=torch.Generator().manual_seed(3)).double()
    x = trace(model, ids).residuals[layer].detach().clone()
    for row, place in enumerate(places):
        x[row, place] = vectors[row]
    for block in model.blocks[layer:]:
        x = block(x)
    wanted = model.head(model.final_norm(x)).detach()
    torch.testing.assert_close(inside.patched(model, ids, layer, places, vectors), wanted)
    with pytest.raises(ValueError, match="layer is 3; this model has 2 blocks, so it goes from 0 to 2"):
        inside.patched(model, ids, 3, places, vectors)


def test_the_whole_of_another_text_patched_in_place_by_place_is_that_text():
    model, here, there = model_of(), some_ids(B=1), some_ids(B=1, seed=8)
    streams = trace(model, there).residuals
    last = torch.tensor([6])
    moved = inside.patched(model, here, 2, last, streams[2][0, last])
    torch.testing.assert_close(moved[0, -1], model(there)[0, -1].detach())


def test_steering_changes_the_first_text_read_and_nothing_after(tokenizer):
    model = model_of(vocab_size=13)
    ids, change = some_ids(B=1), torch.randn(2, 12).double()
    wanted = trace(model, ids).residuals[1].detach().clone()
    wanted[:, [1, 4]] += change
    with inside.steered(model, 1, [1, 4], change):
        first, second = trace(model, ids).residuals[1], trace(model, ids).residuals[1]
    torch.testing.assert_close(first.detach(), wanted)
    torch.testing.assert_close(second, trace(model, ids).residuals[1])
    assert not any(part._forward_hooks for part in model.modules())


def test_steering_reaches_a_generation_with_its_cache_and_without():
    class Digits:
        end, vocab_size = 0, 13

        def encode(self, text):
            return [1 + int(letter) for letter in text]

        def decode(self, ids):
            return "".join(str(i - 1) for i in ids if i)

    model = model_of(context_length=40)
    told = {}
    for cache in (True, False):
        told[cache] = [complete(model, Digits(), "31415", n=1, temperature=0, cache=cache)]
        for layer in (1, 2):
            with inside.steered(model, layer, [3, 5], 30 * torch.ones(12).double().cumsum(0)):
                told[cache].append(complete(model, Digits(), "31415", n=1, temperature=0, cache=cache))
    assert told[True] == told[False]


# Probes


def test_moments_are_where_sentences_end_and_say_who_holds_the_thing(tokenizer):
    plots = stories.plots("train", 40, seed=5)
    rows, found = inside.moments(plots, tokenizer)
    assert len(rows) == 40 and {m.story for m in found} == set(range(40))
    for number, plot in enumerate(plots):
        mine, held = [m for m in found if m.story == number], stories.holders(plot)
        thing = next(iter(held[-1]))
        wanted = [now[thing] or "nobody" for now in held if thing in now]
        assert [m.holder for m in mine] == wanted
        assert [m.moved for m in mine] == [False, *(a != b for a, b in zip(wanted, wanted[1:], strict=False))]
        sentences = [WORLD.wordings[n].form % words for n, words in plot.sentences][-len(mine):]
        for moment, sentence in zip(mine, sentences, strict=True):
            read = tokenizer.decode(rows[number][1 : moment.place + 1])
            assert read.endswith(sentence) and len(tokenizer.encode(read)) == moment.place
    short, few = inside.moments(plots, tokenizer, window=120)
    assert len(short) < 40 and all(len(row) <= 120 for row in short) and max(m.story for m in few) == len(short) - 1


def test_streams_come_in_the_order_of_the_moments_whatever_the_lengths():
    model = model_of()
    rows = [some_ids(1, T, seed=T)[0].tolist() for T in (7, 2, 11, 5)]
    asked = [inside.Moment(story, place, "", False) for story, place in ((2, 10), (0, 3), (0, 6), (3, 0), (1, 1))]
    for batch_size in (1, 3, 32):
        found = inside.streams_at(model, rows, asked, batch_size)
        assert found.shape == (3, 5, 12)
        for n, moment in enumerate(asked):
            for layer, x in enumerate(trace(model, torch.tensor([rows[moment.story]])).residuals):
                torch.testing.assert_close(found[layer, n], x[0, moment.place].detach())


def test_no_story_is_split_and_the_share_is_one_of_stories():
    story_of = torch.arange(30).repeat_interleave(torch.arange(1, 31))[torch.randperm(465)]
    sides = [inside.split_by_story(story_of, 0.4, seed) for seed in range(20)]
    for learn in sides:
        chosen, rest = set(story_of[learn].tolist()), set(story_of[~learn].tolist())
        assert not chosen & rest and len(chosen) == 12 and len(rest) == 18
    assert len({tuple(learn.tolist()) for learn in sides}) == 20


# Twins


def test_twins_differ_in_one_sentence_and_in_who_has_the_thing(tokenizer):
    found = inside.twins(25, tokenizer, seed=4)
    assert found == inside.twins(25, tokenizer, seed=4) and found != inside.twins(25, tokenizer, seed=5)
    assert {pair.keeper in WORLD.words["hero"] for pair in found} == {True, False}
    for pair in found:
        assert pair.told != pair.other and pair.keeper != pair.rival
        for told, who, rival in ((pair.told, pair.keeper, pair.rival), (pair.other, pair.rival, pair.keeper)):
            assert "before its end" in stories.read(pair.before + told).problem
            asked = pair.before + told + pair.question
            ends = [stories.read(f"{asked} {name}{rest}").problem for name in (who, rival)
                    for rest in closings(pair)]
            half = len(ends) // 2
            assert any("before its end" in end for end in ends[:half]), asked
            assert all("holds the" in end or "is none of" in end or "cannot" in end for end in ends[half:]), ends[half:]
        for end in ("", pair.question):
            assert len({len(tokenizer.encode(pair.before + told + end)) for told in (pair.told, pair.other)}) == 1


def closings(pair):
    """What may follow the keeper's name in every closing sentence, for any free words."""
    ends = set()
    for wording in WORLD.of_beat["close.one"]:
        form, slots = wording.form.split("%s"), [slot.role for slot in wording.slots]
        after = slots.index("K")
        end = form[after + 1]
        for slot, piece in zip(wording.slots[after + 1 :], form[after + 2 :], strict=True):
            thing = next(word for word in WORLD.words["things"] if re.search(rf"\b{word}\b", pair.before))
            end += (thing if slot.role == "T" else slot.values[0]) + piece
        ends.add(end)
    return sorted(ends)


def test_a_vocabulary_that_cuts_names_is_no_obstacle_to_moments():
    letters = BPE((), special=(END,))
    rows, found = inside.moments(stories.plots("train", 3, seed=1), letters, window=5000)
    assert len(rows) == 3 and all(rows[m.story][m.place] in (ord("."), ord('"'), ord("!"), ord("?")) for m in found)
