"""AttentionView: what is sent is the model's own attention, in few bytes."""

import numpy as np
import pytest
import torch
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from seen_models import TEXT, model_of

from course_lib import show
from course_lib.bpe import story_vocabulary
from course_lib.gpt import trace
from course_lib.show.attention_view import AttentionView, pack, unpack


@pytest.fixture(scope="module")
def model():
    return model_of()


def own(model, ids):
    with torch.no_grad():
        return torch.stack(trace(model, torch.tensor([ids])).weights)[:, 0].numpy()


def test_the_weights_are_those_that_the_model_traces(model):
    tokenizer = story_vocabulary()
    view = show.AttentionView(model, TEXT, tokenizer)
    weights = own(model, [tokenizer.end, *tokenizer.encode(TEXT)])
    assert view.weights().shape == weights.shape and view.bits == 16
    np.testing.assert_allclose(view.weights(), weights, atol=2e-5)
    assert len(view.data) == 2 * 2 * 3 * len(view.sides[0]["tokens"]) * (len(view.sides[0]["tokens"]) + 1) // 2


class Fixed(torch.nn.Module):
    """A model of any size whose attention is drawn, not computed."""

    def __init__(self, layers, heads, future=False):
        super().__init__()
        self.heads, self.future = heads, future
        self.blocks = torch.nn.ModuleList(FixedBlock(heads, future) for _ in range(layers))

    def forward(self, ids):
        x = ids[..., None].float()
        for block in self.blocks:
            x = block(x)
        return x


class FixedBlock(torch.nn.Module):
    def __init__(self, heads, future):
        super().__init__()
        self.attention = FixedAttention(heads, future)

    def forward(self, x):
        return self.attention(x)


class FixedAttention(torch.nn.Module):
    def __init__(self, heads, future):
        super().__init__()
        self.heads, self.future = heads, future

    def project(self, x, positions=None):
        return x, x, x

    def weights(self, q, k):
        B, T, _ = q.shape
        scores = 3 * torch.randn(B, self.heads, T, T, generator=torch.Generator().manual_seed(T))
        if not self.future:
            scores = scores.masked_fill(torch.ones(T, T, dtype=torch.bool).triu(1), -torch.inf)
        return scores.softmax(-1)

    def forward(self, x, positions=None):
        return x


def test_twelve_layers_by_twelve_heads_by_128_tokens_fit_in_1_3_megabytes():
    view = AttentionView(Fixed(12, 12), list(range(128)))
    data, _ = view._repr_mimebundle_()
    state = view.get_state()
    sent = len(state["data"]) + len(str({**state, "data": b""}))
    assert view.bits == 8 and len(view.data) == 144 * 128 * 129 // 2
    assert sent <= 1_300_000, f"{sent:,} bytes at the first show"
    assert len(data["image/png"]) < 300_000
    exact = FixedAttention(12, False).weights(torch.zeros(1, 128, 1), None)[0].numpy()
    assert np.abs(view.weights()[3] - exact).max() < 0.004


def test_attention_that_sees_the_future_is_sent_whole():
    view = AttentionView(Fixed(2, 3, future=True), [5, 6, 7, 8])
    assert not view.sides[0]["causal"] and len(view.data) == 2 * 2 * 3 * 16
    np.testing.assert_allclose(view.weights().sum(-1), 1, atol=1e-3)
    assert "hidden" not in view.picture().alt


class Across(torch.nn.Module):
    """A model that looks from one text into another, with drawn attention."""

    def __init__(self, layers, heads):
        super().__init__()
        self.blocks = torch.nn.ModuleList(AcrossBlock(heads, layer) for layer in range(layers))

    def forward(self, source, ids):
        x, memory = ids[..., None].float(), source[..., None].float()
        for block in self.blocks:
            x = block.cross(x, memory, source == 0)
        return x


class AcrossBlock(torch.nn.Module):
    def __init__(self, heads, layer):
        super().__init__()
        self.cross = AcrossAttention(heads, layer)


class AcrossAttention(torch.nn.Module):
    def __init__(self, heads, layer):
        super().__init__()
        self.heads, self.layer = heads, layer

    def project(self, x, source):
        return x, source, source

    def weights(self, q, k, padding=None):
        dice = torch.Generator().manual_seed(self.layer)
        scores = 3 * torch.randn(len(q), self.heads, q.shape[1], k.shape[1], generator=dice)
        return scores.masked_fill(padding[:, None, None], -torch.inf).softmax(-1)

    def forward(self, x, source, padding=None):
        return x


@pytest.mark.parametrize("T, S", [(5, 3), (3, 5), (4, 4), (1, 6), (6, 1), (60, 7)])
def test_one_text_that_looks_into_another_has_a_row_for_each_token_and_a_column_for_each_of_the_source(T, S):
    text, source = list(range(T)), list(range(100, 100 + S))
    view = AttentionView(Across(2, 3), text, source=source, layer=1, head=2)
    q, k, nowhere = torch.zeros(1, T, 1), torch.zeros(1, S, 1), torch.zeros(1, S, dtype=torch.bool)
    exact = AcrossAttention(3, 1).weights(q, k, nowhere)
    assert view.weights().shape == (2, 3, T, S) and len(view.data) == 2 * 2 * 3 * T * S
    np.testing.assert_allclose(view.weights()[1], exact[0], atol=2e-5)
    (side,) = view.sides
    assert side["tokens"] == list(map(str, text)) and side["keys"] == list(map(str, source)) and not side["causal"]
    assert repr(view) == f"AttentionView(2 × 3 heads on {T} tokens and {S} of the source)"
    picture = view.picture()
    assert "layer 2, head 3" in picture.alt and "hidden" not in picture.alt and picture.png()
    best = int(exact[0, 2].flatten().argmax())
    assert f"{best // S} at {100 + best % S}" in picture.alt, "rows are named after the text, columns after the source"


def test_a_source_that_happens_to_look_back_only_is_sent_whole():
    model, back = Across(1, 1), torch.ones(1, 1, 3, 3).tril() / torch.arange(1, 4)[:, None]
    model.blocks[0].cross.weights = lambda q, k, padding: back
    view = AttentionView(model, [1, 2, 3], source=[4, 5, 6])
    assert not view.sides[0]["causal"] and len(view.data) == 2 * 9


def test_padding_of_the_source_is_shown_as_the_model_sees_it():
    view = AttentionView(Across(1, 2), [1, 2], source=[5, 0, 6])
    assert not view.weights()[..., 1].any() and view.weights()[..., 2].any()


def test_sources_are_read_without_the_end_of_text_and_two_texts_share_one():
    tokenizer = story_vocabulary()
    view = AttentionView(Across(1, 1), "A fox.", tokenizer, source=" Mia fox", against="A bear ran.")
    assert [side["keys"] for side in view.sides] == [[" Mia", " fox"]] * 2
    assert view.sides[0]["tokens"][1:] == ["A", " fox", "."] and len(view.sides[1]["tokens"]) == 5
    assert view.weights(1).shape == (1, 1, 5, 2) and view.picture().png()


def test_a_pin_has_a_row_and_a_column_of_its_own_ranges():
    view = AttentionView(Across(1, 1), [1, 2, 3], source=[4, 5, 6, 7, 8])
    view.pin = [2, 4]
    with pytest.raises(traitlets.TraitError, match=r"give \[query, key\], from 0 to 2 and from 0 to 4"):
        view.pin = [4, 2]


def test_a_model_that_looks_into_no_source_says_so(model):
    with pytest.raises(TypeError, match=r"blocks\[0\] has no `cross`.*project\(x, source\)"):
        AttentionView(model, "A fox.", story_vocabulary(), source=" fox")
    with pytest.raises(ValueError, match="the text is empty"):
        AttentionView(Across(1, 1), [1], source=[])
    with pytest.raises(ValueError, match=r"gave weights of the shape \(1, 2, 2\); for 2 tokens \(heads, 2, 3\)"):
        broken = Across(1, 1)
        broken.blocks[0].cross.weights = lambda q, k, padding: torch.ones(1, 1, 2, 2)
        AttentionView(broken, [1, 2], source=[3, 4, 5])


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 9), st.sampled_from([8, 16]), st.booleans())
def test_packing_and_unpacking_keep_every_weight(L, H, T, bits, future):
    torch.manual_seed(T)
    weights = [torch.rand(H, T, T) if future else torch.rand(H, T, T).tril() for _ in range(L)]
    whole = future and T > 1
    back = unpack(pack(weights, bits, not whole), bits, L, H, T, T, not whole)
    assert np.abs(back - torch.stack(weights).numpy()).max() < {8: 0.004, 16: 2e-5}[bits]
    assert len(pack(weights, bits, not whole)) == bits // 8 * L * H * (T * T if whole else T * (T + 1) // 2)


def test_two_texts_and_two_models_are_set_side_by_side(model):
    tokenizer = story_vocabulary()
    view = AttentionView(model, "A fox.", tokenizer, against="A fox and a bear.")
    assert [side["name"] for side in view.sides] == ["first text", "second text"]
    for n, text in enumerate(["A fox.", "A fox and a bear."]):
        np.testing.assert_allclose(view.weights(n), own(model, [tokenizer.end, *tokenizer.encode(text)]), atol=2e-5)
    other = model_of()
    other.tokenizer = tokenizer
    view = AttentionView(model, "A fox.", tokenizer, against=other, names=("young", "old"))
    assert [side["name"] for side in view.sides] == ["young", "old"]
    assert "young: layer 1, head 1" in view.picture().alt and "old: layer 1, head 1" in view.picture().alt
    assert repr(view).count("2 × 3 heads") == 2
    with pytest.raises(ValueError, match="2 views need as many names, but 1 came"):
        AttentionView(model, "A fox.", tokenizer, against=other, names=("one",))
    with pytest.raises(ValueError, match="the text is empty"):
        AttentionView(model, "A fox.", tokenizer, against="")


def test_a_smaller_second_model_shows_its_nearest_head():
    view = AttentionView(Fixed(3, 4), [1, 2, 3], against=Fixed(1, 2), layer=2, head=3)
    assert "first model: layer 3, head 4" in view.picture().alt
    assert "second model: layer 1, head 2" in view.picture().alt


@pytest.mark.parametrize("name, value, words", [
    ("layer", 2, "layer is 2; counted from 0, this view has layers 0 to 1"), ("layer", -1, "layers 0 to 1"),
    ("head", 3, "head is 3; counted from 0, this view has heads -1 to 2, -1 being the mean"),
    ("pin", [1], r"give \[query, key\]"),
    ("pin", [0, 99], "each from 0 to"), ("scale", "log", "linear"),
])
def test_what_cannot_be_chosen_is_refused_in_words(name, value, words, model):
    view = AttentionView(model, "A fox.", story_vocabulary())
    with pytest.raises(traitlets.TraitError, match=words):
        setattr(view, name, value)
    with pytest.raises(traitlets.TraitError, match=words):
        AttentionView(model, "A fox.", story_vocabulary(), **{name: value})


def test_it_may_open_before_the_text_is_all_there():
    assert AttentionView(Fixed(1, 1), [1, 2, 3]).shown is None
    view = AttentionView(Fixed(1, 1), [1, 2, 3], shown=2)
    assert view.get_state()["shown"] == 2 and "of 3 tokens" not in repr(view)
    with pytest.raises(traitlets.TraitError, match="shown"):
        AttentionView(Fixed(1, 1), [1, 2, 3], shown=0)


def test_weights_that_are_no_numbers_are_refused():
    broken = Fixed(1, 1)
    broken.blocks[0].attention.weights = lambda q, k: torch.full((1, 1, 3, 3), torch.nan)
    with pytest.raises(ValueError, match=r"blocks\[0\] gave weights that are not finite"):
        AttentionView(broken, [1, 2, 3])
    broken.blocks[0].attention.weights = lambda q, k: torch.ones(1, 1, 3, 2)
    with pytest.raises(ValueError, match=r"shape \(1, 3, 2\); for 3 tokens \(heads, 3, 3\)"):
        AttentionView(broken, [1, 2, 3])


@pytest.mark.slow
def test_the_picture_shows_the_chosen_head_at_any_length(model):
    tokenizer = story_vocabulary()
    for ids in ([5], list(range(5, 53))):
        for scale in ("linear", "sqrt", "row"):
            view = AttentionView(model, ids, tokenizer, layer=1, head=-1, scale=scale)
            assert "layer 2, mean of all heads" in view.picture().alt and view.picture().png()
