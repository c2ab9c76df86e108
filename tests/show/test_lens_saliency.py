"""LogitLens and Saliency against the model's own numbers."""

import numpy as np
import pytest
import torch
import traitlets
from seen_models import model_of

from course_lib import show
from course_lib.bpe import story_vocabulary
from course_lib.gpt import trace
from course_lib.show.logit_lens import lens, luminance
from course_lib.show.saliency import gradient_times_input, leave_one_out

IDS = torch.tensor([7, 3, 300, 41, 5, 900, 12])


@pytest.fixture(scope="module")
def model():
    return model_of()


def test_the_lens_reads_each_residual_as_the_model_reads_its_last(model):
    ids, probs, came = lens(model, IDS)
    with torch.no_grad():
        seen = trace(model, IDS[None])
        for layer, x in enumerate(seen.residuals):
            bets = model.head(model.final_norm(x))[0].softmax(-1)
            np.testing.assert_array_equal(ids[layer], bets.topk(5).indices)
            np.testing.assert_allclose(probs[layer], bets.topk(5).values, rtol=1e-5)
            for t in range(6):
                assert came[layer, t, 0] == pytest.approx(bets[t, IDS[t + 1]].item(), rel=1e-5)
                order = bets[t].argsort(descending=True).tolist()
                assert came[layer, t, 1] == order.index(IDS[t + 1]) + 1
    np.testing.assert_allclose(probs[-1], seen.logits[0].softmax(-1).topk(5).values, rtol=1e-5)
    assert np.isnan(came[:, -1]).all() and ids.shape == (3, 7, 5)


def test_what_the_page_gets_of_the_lens(model):
    made = show.LogitLens(model, IDS.tolist(), story_vocabulary())
    ids, probs, came = lens(model, IDS)
    np.testing.assert_array_equal(np.frombuffer(made.ids, "<u4").reshape(3, 7, 5), ids)
    np.testing.assert_array_equal(np.frombuffer(made.probs, "<f4").reshape(3, 7, 5), probs)
    np.testing.assert_array_equal(np.frombuffer(made.came, "<f4").reshape(3, 7, 2), came)
    assert set(made.words) == {str(number) for number in ids.flatten()}
    with pytest.raises(traitlets.TraitError, match=r"give \[position, layer\], 0 to 6 and 0 to 2"):
        made.pin = [7, 0]
    made.pin = [6, 2]
    made.colours = "next"
    assert made.picture().png() and show.LogitLens(model, [5], story_vocabulary()).picture().png()


def test_a_model_without_a_head_is_refused(model):
    other = model_of()
    del other.final_norm
    with pytest.raises(TypeError, match="GPT cannot be looked into: it has no `final_norm`"):
        show.LogitLens(other, [1, 2], story_vocabulary())


def test_contrast_is_that_of_the_guidelines():
    assert luminance((1, 1, 1)) == pytest.approx(1) and luminance((0, 0, 0)) == 0
    assert luminance((0.5, 0.5, 0.5, 1.0)) == pytest.approx(0.2140, abs=1e-3)


def test_gradient_times_input_is_the_slope_along_each_vector(model):
    """Against differences: scale one token's vector a little, and see how much the logit above the mean moves."""
    target, scores = 17, gradient_times_input(model, IDS, 17)
    double = model_of().double()

    def height(factors):
        hook = double.blocks[0].register_forward_pre_hook(lambda block, args: (args[0] * factors[:, None],))
        with torch.no_grad():
            logits = double(IDS[None])[0, -1]
        hook.remove()
        return (logits[target] - logits.mean()).item()

    for t in range(len(IDS)):
        step = torch.zeros(len(IDS), dtype=torch.float64)
        step[t] = 1e-5
        slope = (height(1 + step) - height(1 - step)) / 2e-5
        assert scores[t].item() == pytest.approx(slope, rel=1e-3, abs=1e-4)


def test_leave_one_out_reads_the_text_without_each_token(model):
    with torch.no_grad():
        def height(ids):
            logits = model(ids[None])[0, -1]
            return (logits[17] - logits.mean()).item()
        expected = [height(IDS) - height(torch.cat([IDS[:t], IDS[t + 1:]])) for t in range(len(IDS))]
    np.testing.assert_allclose(leave_one_out(model, IDS, 17), expected, atol=1e-4)
    assert leave_one_out(model, IDS[:1], 17).tolist() == [0]
    torch.manual_seed(0)
    long = torch.randint(0, 900, (40,))  # more than are read in one go
    assert leave_one_out(model, long, 3).shape == (40,)


def test_a_token_that_no_one_looks_at_scores_nothing():
    """An independent truth: without attention the last token alone decides."""
    model = model_of()
    with torch.no_grad():
        for block in model.blocks:
            block.attention.out.weight.zero_()
    scores = gradient_times_input(model, IDS, 17)
    assert scores[:-1].abs().max() == 0 and scores[-1].abs() > 0.001


def test_saliency_reckons_again_when_something_else_is_asked(model):
    made = show.Saliency(model, IDS.tolist(), story_vocabulary())
    with torch.no_grad():
        bets = model(IDS[None])[0].softmax(-1)
    assert made.facts["target"] == bets[-1].argmax() and made.position == 6 and made.facts["next"] == -1
    made.position = 3
    assert made.facts["target"] == bets[3].argmax() and made.facts["next"] == 5
    assert 5 in [number for number, _, _ in made.facts["choices"]], "what came is offered"
    scores = np.frombuffer(made.scores, "<f4").reshape(2, 4)
    np.testing.assert_allclose(scores[0], gradient_times_input(model, IDS[:4], made.facts["target"]), atol=1e-5)
    made.target = 17
    scores = np.frombuffer(made.scores, "<f4").reshape(2, 4)
    np.testing.assert_allclose(scores[1], leave_one_out(model, IDS[:4], 17), atol=1e-4)
    assert made.facts["probability"] == pytest.approx(bets[3, 17].item(), rel=1e-3)


def test_in_a_long_text_leave_one_out_waits_to_be_asked(monkeypatch, model):
    monkeypatch.setattr("course_lib.show.saliency.QUICK", 5)
    made = show.Saliency(model, IDS.tolist(), story_vocabulary())
    assert np.isnan(np.frombuffer(made.scores, "<f4").reshape(2, 7)[1]).all() and made.facts["seconds"][1] == -1
    assert "leave-one-out" not in made.picture().alt
    made.truth = True
    assert np.isfinite(np.frombuffer(made.scores, "<f4")).all() and "leave-one-out" in made.picture().alt


def test_what_saliency_cannot_be_asked_is_said(model):
    tokenizer = story_vocabulary()
    with pytest.raises(ValueError, match=r"position is 7; the text has 7 tokens, so give 0 to 6 \(or -1"):
        show.Saliency(model, IDS.tolist(), tokenizer, position=7)
    with pytest.raises(ValueError, match="target is 99999; it is an id of the vocabulary"):
        show.Saliency(model, IDS.tolist(), tokenizer, target=99999)
    with pytest.raises(traitlets.TraitError, match="position is 8; this text has positions 0 to 6"):
        show.Saliency(model, IDS.tolist(), tokenizer).position = 8
