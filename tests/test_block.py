"""Norms, MLP, dropout, the ways to connect and the block, against torch's own parts and what must hold of any block."""

import inspect

import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib import block as rung
from course_lib.block import MLP, Block, Dropout, DroppingAttention, LayerNorm, connect, head_width
from course_lib.classroom import layout, verdict

WAYS = "no residual", "no norm", "post-norm", "pre-norm"


def drawn(module, seed=0):
    """The module with every parameter drawn at random: ones and zeros would hide a missing scale or shift."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_()
    return module.double()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shift, scale", [(0, 1), (100, 1), (0, 1000), (0, 1e-3)])
def test_layer_norm_equals_torchs(bias, shift, scale):
    norm = drawn(LayerNorm(7, bias))
    x = torch.randn(2, 3, 7, dtype=torch.float64) * scale + shift
    wanted = functional.layer_norm(x, (7,), norm.weight, norm.bias, 1e-5)
    torch.testing.assert_close(norm(x), wanted, rtol=1e-9, atol=1e-9)


def test_layer_norm_of_equal_channels_is_its_bias():
    norm = drawn(LayerNorm(5))
    torch.testing.assert_close(norm(torch.full((2, 5), 3.0, dtype=torch.float64)), norm.bias.expand(2, 5))


@pytest.mark.parametrize("shift, scale, epsilon", [(0, 1, 1e-5), (1e6, 1, 1e-5), (0, 1e-4, 1e-5), (3, 1, 0.5)])
def test_layer_norm_in_plain_python_equals_torchs(shift, scale, epsilon):
    torch.manual_seed(0)
    x, weight, bias = torch.randn(3, 9, dtype=torch.float64)
    x = x * scale + shift
    ours = rung.layer_norm(x.tolist(), weight.tolist(), bias.tolist(), epsilon)
    wanted = functional.layer_norm(x, (9,), weight, bias, epsilon)
    torch.testing.assert_close(torch.tensor(ours, dtype=torch.float64), wanted, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("lengths", [(0, 0, 0), (2, 3, 3), (3, 2, 3), (3, 3, 2)])
def test_rows_of_unequal_length_are_named(lengths):
    with pytest.raises(ValueError, match="x has {} numbers, weight {} and bias {}; wanted".format(*lengths)):
        rung.layer_norm(*([1.0] * length for length in lengths))


@pytest.mark.parametrize("activation, approximate", [("gelu", "none"), ("gelu_tanh", "tanh")])
def test_mlp_is_two_products_around_a_gelu(activation, approximate):
    mlp, x = drawn(MLP(6, activation)), torch.randn(2, 3, 6, dtype=torch.float64)
    wide = torch.nn.GELU(approximate)(x @ mlp.up.weight.T + mlp.up.bias)
    assert wide.shape == (2, 3, 24)
    torch.testing.assert_close(mlp(x), wide @ mlp.down.weight.T + mlp.down.bias, rtol=1e-9, atol=1e-9)


def test_an_unknown_activation_is_named():
    with pytest.raises(ValueError, match="'swish'.*gelu, gelu_tanh"):
        MLP(6, "swish")


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_drops_and_scales_as_torchs_does(p):
    torch.manual_seed(0)
    x = torch.randn(100, 500)
    ours, peer = Dropout(p)(x), nn.Dropout(p)(x)
    for out in ours, peer:
        kept = out != 0
        assert abs(kept.float().mean() - (1 - p)) < 0.01
        torch.testing.assert_close(out[kept], x[kept] / (1 - p))
    assert abs((ours != 0).float().mean() - (peer != 0).float().mean()) < 0.01
    dropped = (ours == 0).float()
    assert (dropped.mean(0) - p).abs().max() < 0.25 and (dropped.mean(1) - p).abs().max() < 0.12
    assert Dropout(p).eval()(x) is x and Dropout(0.0)(x) is x


def test_what_is_dropped_is_zero_even_where_it_was_not_finite():
    torch.manual_seed(0)
    out = Dropout(0.5)(torch.full((1000,), torch.inf))
    assert set(out.tolist()) == {0.0, torch.inf}


@pytest.mark.parametrize("p", [1.0, -0.1, 1.5, float("nan")])
def test_what_is_no_probability_below_one_is_refused(p):
    with pytest.raises(ValueError, match=f"dropout is {p}; it is a probability, from 0 to below 1"):
        Dropout(p)


def test_the_four_ways_to_connect():
    norm, part, x = drawn(LayerNorm(6)), drawn(nn.Linear(6, 6)), torch.randn(2, 5, 6, dtype=torch.float64)
    wanted = [part(norm(x)), x + part(x), norm(x + part(x)), x + part(norm(x))]
    for how, out in zip(WAYS, wanted, strict=True):
        assert torch.equal(connect(x, part, norm, how), out)
    with pytest.raises(ValueError, match="how is 'prenorm'; choose no residual, no norm, post-norm or pre-norm"):
        connect(x, part, norm, "prenorm")


def copied(C, H, norm_first=True):
    """torch's encoder layer with drawn weights, and a block with the same ones: only their names differ."""
    torch.manual_seed(1)
    peer = torch.nn.TransformerEncoderLayer(
        C, H, 4 * C, dropout=0.0, activation="gelu", batch_first=True, norm_first=norm_first, dtype=torch.float64)
    block = Block(C, H).double()
    copies = {"attention_norm.weight": peer.norm1.weight, "attention_norm.bias": peer.norm1.bias,
              "mlp_norm.weight": peer.norm2.weight, "mlp_norm.bias": peer.norm2.bias,
              "attention.qkv.weight": peer.self_attn.in_proj_weight, "attention.qkv.bias": peer.self_attn.in_proj_bias,
              "attention.out.weight": peer.self_attn.out_proj.weight,
              "attention.out.bias": peer.self_attn.out_proj.bias,
              "mlp.up.weight": peer.linear1.weight, "mlp.up.bias": peer.linear1.bias,
              "mlp.down.weight": peer.linear2.weight, "mlp.down.bias": peer.linear2.bias}
    with torch.no_grad():
        for parameter in peer.parameters():
            parameter.normal_(std=0.5)
    block.load_state_dict(copies)
    return peer, block


@pytest.mark.parametrize("how", ["pre-norm", "post-norm"])
def test_two_connected_parts_equal_torchs_encoder_layer(how):
    """torch's layer with a causal mask is the same block, and with norms at the end the same parts, connected so."""
    peer, block = copied(12, 3, norm_first=how == "pre-norm")
    x = torch.randn(2, 5, 12, dtype=torch.float64)
    future = torch.nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    wanted = peer(x, src_mask=future, is_causal=True)
    ours = connect(connect(x, block.attention, block.attention_norm, how), block.mlp, block.mlp_norm, how)
    torch.testing.assert_close(ours, wanted, rtol=1e-9, atol=1e-9)
    if how == "pre-norm":
        torch.testing.assert_close(block(x), wanted, rtol=1e-9, atol=1e-9)


def test_a_block_that_writes_nothing_passes_the_stream_on():
    block, x = drawn(Block(12, 3)), torch.randn(2, 5, 12, dtype=torch.float64)
    with torch.no_grad():
        for part in (block.attention.out, block.mlp.down):
            part.weight.zero_()
            part.bias.zero_()
    assert torch.equal(block(x), x)


def test_both_parts_add_to_the_stream():
    """A large shift of the stream that a norm takes out again must still come out: the residuals carry it."""
    block, x = drawn(Block(12, 3)), torch.randn(2, 5, 12, dtype=torch.float64)
    torch.testing.assert_close(block(x + 50.0), block(x) + 50.0, rtol=1e-9, atol=1e-9)


def test_a_block_without_biases_has_none():
    assert not [name for name, _ in Block(12, 3, bias=False).named_parameters() if "bias" in name]


def test_dropout_changes_no_parameter_and_nothing_in_evaluation():
    plain, dropping = drawn(Block(12, 3)), drawn(Block(12, 3, dropout=0.4))
    assert [name for name, _ in plain.named_parameters()] == [name for name, _ in dropping.named_parameters()]
    x = torch.randn(2, 5, 12, dtype=torch.float64)
    assert torch.equal(plain(x), dropping.eval()(x)) and not torch.equal(plain(x), dropping.train()(x))


def test_the_attentions_weights_are_dropped_and_scaled():
    """With an output layer that changes nothing and values of one, a row's sum of weights comes out: 1 on average."""
    attention = DroppingAttention(2, 1, dropout=0.25).double()
    with torch.no_grad():
        attention.qkv.weight.zero_()  # equal scores
        attention.qkv.bias.copy_(torch.tensor([0, 0, 0, 0, 1, 1]))
        attention.out.weight.copy_(torch.eye(2))
        attention.out.bias.zero_()
    torch.manual_seed(0)
    sums = attention(torch.zeros(50, 40, 2, dtype=torch.float64))[..., 0]  # (B, T)
    first = sums[:, 0]
    assert set(first.tolist()) == {0.0, 1 / 0.75}, "the first position looks at itself alone: all or nothing"
    assert abs(sums.mean() - 1) < 0.02 and (sums[:, 30:].std() < 0.15)
    torch.testing.assert_close(attention.eval()(torch.zeros(1, 5, 2, dtype=torch.float64)),
                               torch.ones(1, 5, 2, dtype=torch.float64))


def moved(block, n):
    """How far another last token moves the output at its place, after n blocks."""
    torch.manual_seed(0)
    blocks = nn.Sequential(*(block(64, 4) for _ in range(n)))
    x = torch.randn(1, 24, 64)
    other = torch.cat([x[:, :-1], torch.randn(1, 1, 64)], 1)
    one, two = blocks(x)[:, -1], blocks(other)[:, -1]
    return ((one - two).norm() / one.norm()).item()


class Deaf(Block):
    def forward(self, x, positions=None):
        x = x + self.attention(self.attention_norm(x), positions)
        return self.mlp(self.mlp_norm(x))


def test_without_the_second_residual_the_last_token_cannot_be_heard_after_sixteen_blocks():
    with torch.no_grad():
        assert moved(Deaf, 2) > 0.5 and moved(Deaf, 16) < 1e-3
        assert moved(Block, 2) > 0.5 and moved(Block, 16) > 0.5


def test_head_widths_are_shared_evenly_or_refused():
    assert [head_width(64, n) for n in (1, 4, 64)] == [64, 16, 1]
    for C, H in [(64, 3), (3, 64), (8, 0), (8, -2)]:
        with pytest.raises(ValueError, match=f"{H} heads cannot share d_model {C} evenly"):
            head_width(C, H)
        with pytest.raises(ValueError, match=f"{H} heads cannot share d_model {C} evenly"):
            Block(C, H)


def test_the_test_of_head_widths_fails_where_a_weak_one_passes():
    def mumbles(d_model, n_heads):
        if n_heads < 1 or d_model % n_heads:
            raise ValueError("no")
        return d_model // n_heads

    def weak(head_width):
        with pytest.raises(ValueError) as caught:
            head_width(64, 3)
            assert "64" in str(caught.value)

    assert verdict(weak, mumbles) == "passes"
    assert verdict(rung.test_head_width, mumbles) == "fails"
    assert verdict(rung.test_head_width, head_width) == "passes"
    assert verdict(weak, lambda d_model, n_heads: d_model // n_heads) == "fails", "what pytest raises is no Exception"


def test_the_test_of_head_widths_is_right_about_the_whole_row_that_learners_tests_meet():
    row = layout.hidden("block")
    if row is None:
        pytest.skip("this copy has no hidden tests")
    assert len(row.RIGHT) >= 2 and len(row.RIGHT + row.WRONG) >= 16
    assert {verdict(rung.test_head_width, one) for one in row.RIGHT} == {"passes"}
    assert {one.__name__: verdict(rung.test_head_width, one) for one in row.WRONG} == {
        one.__name__: "fails" for one in row.WRONG}


def test_a_verdict_lets_through_that_a_test_is_not_written_yet():
    def unwritten(implementation):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        verdict(unwritten, head_width)


def test_what_the_rung_offers_is_there():
    assert all(inspect.getdoc(getattr(rung, name)) for name in rung.__all__ if not name.isupper() or name == "MLP")
