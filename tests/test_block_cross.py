"""Cross-attention against torch's own, the encoder-decoder's two sides, and that it learns to tell facts."""

import pytest
import torch
from torch import nn

from course_lib import stories
from course_lib.block import (
    CrossAttention,
    DecoderBlock,
    EncoderBlock,
    EncoderDecoder,
    fact_ids,
    learn_to_retell,
    retell,
    retellings,
    short_plots,
)
from course_lib.bpe import story_vocabulary


def drawn(module, seed=0):
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(std=0.5)
    return module.double()


PADDING = torch.tensor([[False] * 7, [True, False, False, True, False, True, True]])


@pytest.mark.parametrize("H", [1, 3])
@pytest.mark.parametrize("padding", [None, PADDING], ids=["whole", "padded"])
def test_cross_attention_equals_torchs(H, padding):
    C = 12
    ours, peer = drawn(CrossAttention(C, H)), nn.MultiheadAttention(C, H, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        peer.in_proj_weight.copy_(torch.cat([ours.q.weight, ours.kv.weight]))
        peer.in_proj_bias.copy_(torch.cat([ours.q.bias, ours.kv.bias]))
        peer.out_proj.load_state_dict(ours.out.state_dict())
    x, source = torch.randn(2, 5, C, dtype=torch.float64), torch.randn(2, 7, C, dtype=torch.float64)
    wanted, weights = peer(x, source, source, key_padding_mask=padding, average_attn_weights=False)
    torch.testing.assert_close(ours(x, source, padding), wanted, rtol=1e-9, atol=1e-9)
    q, k, _ = ours.project(x, source)
    torch.testing.assert_close(ours.weights(q, k, padding), weights, rtol=1e-9, atol=1e-9)


def test_an_encoder_block_equals_torchs_and_sees_all_but_padding():
    C, H = 12, 3
    block = drawn(EncoderBlock(C, H))
    peer = nn.TransformerEncoderLayer(C, H, 4 * C, dropout=0.0, activation="gelu", batch_first=True, norm_first=True,
                                      dtype=torch.float64)
    peer.load_state_dict({
        "self_attn.in_proj_weight": torch.cat([block.attention.q.weight, block.attention.kv.weight]),
        "self_attn.in_proj_bias": torch.cat([block.attention.q.bias, block.attention.kv.bias]),
        "self_attn.out_proj.weight": block.attention.out.weight, "self_attn.out_proj.bias": block.attention.out.bias,
        "norm1.weight": block.attention_norm.weight, "norm1.bias": block.attention_norm.bias,
        "norm2.weight": block.mlp_norm.weight, "norm2.bias": block.mlp_norm.bias,
        "linear1.weight": block.mlp.up.weight, "linear1.bias": block.mlp.up.bias,
        "linear2.weight": block.mlp.down.weight, "linear2.bias": block.mlp.down.bias})
    x = torch.randn(2, 7, C, dtype=torch.float64)
    seen = ~PADDING
    torch.testing.assert_close(block(x, PADDING)[seen], peer(x, src_key_padding_mask=PADDING)[seen])


def test_a_decoder_block_equals_torchs_decoder_layer():
    C, H = 12, 3
    block = drawn(DecoderBlock(C, H))
    peer = nn.TransformerDecoderLayer(C, H, 4 * C, dropout=0.0, activation="gelu", batch_first=True, norm_first=True,
                                      dtype=torch.float64)
    copies = {"self_attn.in_proj_weight": block.attention.qkv.weight,
              "self_attn.in_proj_bias": block.attention.qkv.bias,
              "multihead_attn.in_proj_weight": torch.cat([block.cross.q.weight, block.cross.kv.weight]),
              "multihead_attn.in_proj_bias": torch.cat([block.cross.q.bias, block.cross.kv.bias])}
    for ours, theirs in [("attention.out", "self_attn.out_proj"), ("cross.out", "multihead_attn.out_proj"),
                         ("attention_norm", "norm1"), ("cross_norm", "norm2"), ("mlp_norm", "norm3"),
                         ("mlp.up", "linear1"), ("mlp.down", "linear2")]:
        copies |= {f"{theirs}.{kind}": getattr(block.get_submodule(ours), kind) for kind in ("weight", "bias")}
    peer.load_state_dict(copies)
    x, source = torch.randn(2, 5, C, dtype=torch.float64), torch.randn(2, 7, C, dtype=torch.float64)
    future = nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    wanted = peer(x, source, tgt_mask=future, tgt_is_causal=True, memory_key_padding_mask=PADDING)
    torch.testing.assert_close(block(x, source, PADDING), wanted, rtol=1e-9, atol=1e-9)


def small(seed=0):
    return drawn(EncoderDecoder(11, 7, 9, 12, 3, filler=10), seed)


def test_the_writing_side_sees_all_facts_and_no_future():
    model = small()
    source, ids = torch.randint(10, (2, 7)), torch.randint(10, (2, 9))
    logits = model(source, ids)
    assert logits.shape == (2, 9, 11)
    other = ids.clone()
    other[:, 5:] = (other[:, 5:] + 1) % 10
    torch.testing.assert_close(model(source, other)[:, :5], logits[:, :5])
    for place in range(7):
        changed = source.clone()
        changed[:, place] = (changed[:, place] + 1) % 10
        assert ((model(changed, ids) - logits).abs().amax(-1) > 1e-6).all(), f"fact {place} reaches every token"


def test_fillers_are_not_seen_wherever_the_batch_ends():
    model = small()
    source, ids = torch.randint(10, (1, 4)), torch.randint(10, (1, 9))
    filled = torch.cat([source, torch.full((1, 3), 10)], 1)
    torch.testing.assert_close(model(filled, ids), model(source, ids))


def test_plots_of_one_thing_and_their_facts_as_ids():
    tokenizer = story_vocabulary()
    plots = short_plots("validation", 12, seed=3)
    assert len(plots) == 12 and {stories.split_of(plot) for plot in plots} == {"validation"}
    assert {event for plot in plots for event in stories.events(plot)} == {"lose", "give", "borrow", "hide"}
    assert all(len(stories.events(plot)) == 1 for plot in plots)
    assert plots == short_plots("validation", 12, seed=3) != short_plots("validation", 12, seed=4)
    source, ids = retellings(plots, tokenizer)
    for plot, facts, row in zip(plots, source.tolist(), ids.tolist(), strict=True):
        assert len(fact_ids(stories.facts(plot), tokenizer)) == len(stories.facts(plot)), "a token for each fact"
        told = [i for i in facts if i != tokenizer.end]
        assert tokenizer.decode(told).split() == stories.facts(plot)
        assert row[0] == tokenizer.end
        assert tokenizer.decode([i for i in row if i != tokenizer.end]) == stories.tell(plot)


def test_a_run_is_repeated_by_its_seed():
    tokenizer = story_vocabulary()
    one, two = (learn_to_retell(CrossAttention, tokenizer, steps=2, read=8) for _ in range(2))
    other = learn_to_retell(CrossAttention, tokenizer, steps=1, read=8, seed=1)
    same = [torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True)]
    assert all(same) and not torch.equal(one.tokens.weight, other.tokens.weight)


def test_the_likeliest_token_is_told_until_the_end(monkeypatch):
    tokenizer = story_vocabulary()
    model = EncoderDecoder(tokenizer.vocab_size, 14, 168, 12, 3, tokenizer.end)
    model.tokenizer = tokenizer
    script = [*tokenizer.encode("A fox."), tokenizer.end]

    def decode(ids, source, padding):
        assert source.shape == (1, 2, 12) and not padding.any()
        return torch.eye(tokenizer.vocab_size)[script[ids.shape[1] - 1]].expand(1, ids.shape[1], -1)

    monkeypatch.setattr(model, "decode", decode)
    assert retell(model, ["Mia", "fox"]) == "A fox."


@pytest.mark.slow
def test_two_stories_are_learned_by_heart():
    tokenizer = story_vocabulary()
    model = learn_to_retell(CrossAttention, tokenizer, steps=120, read=2)
    for plot in short_plots("train", 2, 0):
        assert retell(model, stories.facts(plot)) == stories.tell(plot)
