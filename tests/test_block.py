"""Layer norm, MLP and block against torch's own parts and against what must hold of any block."""

import pytest
import torch
from torch.nn import functional

from course_lib.block import MLP, Block, LayerNorm


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


@pytest.mark.parametrize("activation, approximate", [("gelu", "none"), ("gelu_tanh", "tanh")])
def test_mlp_is_two_products_around_a_gelu(activation, approximate):
    mlp, x = drawn(MLP(6, activation)), torch.randn(2, 3, 6, dtype=torch.float64)
    wide = torch.nn.GELU(approximate)(x @ mlp.up.weight.T + mlp.up.bias)
    assert wide.shape == (2, 3, 24)
    torch.testing.assert_close(mlp(x), wide @ mlp.down.weight.T + mlp.down.bias, rtol=1e-9, atol=1e-9)


def test_an_unknown_activation_is_named():
    with pytest.raises(ValueError, match="'swish'.*gelu, gelu_tanh"):
        MLP(6, "swish")


def test_block_equals_torchs_encoder_layer_with_norms_first():
    """torch's layer with a causal mask is the same block; only the parameters' names differ."""
    C, H = 12, 3
    torch.manual_seed(1)
    peer = torch.nn.TransformerEncoderLayer(
        C, H, 4 * C, dropout=0.0, activation="gelu", batch_first=True, norm_first=True, dtype=torch.float64)
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
    x = torch.randn(2, 5, C, dtype=torch.float64)
    future = torch.nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    torch.testing.assert_close(block(x), peer(x, src_mask=future, is_causal=True), rtol=1e-9, atol=1e-9)


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
