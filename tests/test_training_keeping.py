"""What was trained is kept under a key: taken again only if it is whole and nothing that it depends on has changed."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from course_lib.training import keeping as module
from course_lib.training import kept


@dataclass
class Recipe:
    rate: float = 0.1


class Maker:
    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return {"weight": torch.full((2, 3), float(self.calls))}, {"bits": [0.5, self.calls]}


@pytest.fixture
def maker():
    return Maker()


def ask(folder, maker, said=None, **given):
    return kept("voice", maker, folder=folder, say=(said if said is not None else []).append, **given)


def test_it_is_made_once_and_then_read_back(tmp_path, maker):
    said = []
    first = ask(tmp_path, maker, said, rate=0.1, texts=["a", "b"])
    again = ask(tmp_path, maker, said, rate=0.1, texts=["a", "b"])
    assert maker.calls == 1 and torch.equal(first[0]["weight"], again[0]["weight"])
    assert first[1] == again[1] == {"bits": [0.5, 1]} and first[2] == again[2]
    assert "is kept" in said[0] and "kept from before" in said[1]


@pytest.mark.parametrize("one, other", [
    (0.1, 0.2), ("a", "b"), (["a", "b"], ["ab"]), (["a", "b"], ["b", "a"]), (1, 1.0), (1, "1"), (True, 1), (None, 0),
    ([["a"], []], [[], ["a"]]), (Recipe(0.1), Recipe(0.2)), ({"a": 1}, {"b": 1}), ({"a": [1]}, {"a": [2]}),
    (torch.zeros(2, 3), torch.zeros(3, 2)), (torch.zeros(2), torch.tensor([0.0, 1e-7])),
    (torch.zeros(2), torch.zeros(2, dtype=torch.double)), (0.1, float("nan")),
])  # fmt: skip
def test_anything_given_that_differs_is_made_anew(tmp_path, maker, one, other):
    ask(tmp_path, maker, x=one)
    ask(tmp_path, maker, x=other)
    assert maker.calls == 2
    assert len(list(tmp_path.iterdir())) == 1, "an older result of the same name makes room"


def test_a_models_weights_are_part_of_the_key(tmp_path, maker):
    model = nn.Linear(3, 2)
    ask(tmp_path, maker, model=model)
    ask(tmp_path, maker, model=model)
    assert maker.calls == 1
    with torch.no_grad():
        model.bias[0] += 1e-3
    ask(tmp_path, maker, model=model)
    assert maker.calls == 2


def test_the_courses_own_code_and_torchs_version_are_part_of_the_key(tmp_path, maker, monkeypatch):
    ask(tmp_path, maker)
    monkeypatch.setattr(module, "code", lambda: "another line somewhere")
    ask(tmp_path, maker)
    monkeypatch.setattr(torch, "__version__", "9.9")
    ask(tmp_path, maker)
    assert maker.calls == 3


@pytest.mark.parametrize("spoil", [
    lambda path: path.write_bytes(path.read_bytes()[:-3]),
    lambda path: path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1])),
    lambda path: path.unlink(),
    lambda path: path.write_bytes(b""),
])  # fmt: skip
@pytest.mark.parametrize("which", ["*.safetensors", "*.json"])
def test_what_was_damaged_is_made_anew_and_never_taken(tmp_path, maker, spoil, which):
    said = []
    ask(tmp_path, maker, said)
    [path] = tmp_path.glob(f"*/{which}")
    spoil(path)
    tensors, _, _ = ask(tmp_path, maker, said)
    assert maker.calls == 2 and tensors["weight"][0, 0] == 2
    ask(tmp_path, maker, said)
    assert maker.calls == 2, "and is whole again"


def test_a_result_that_lies_under_anothers_key_is_not_taken(tmp_path, maker):
    ask(tmp_path, maker, rate=0.1)
    [first] = tmp_path.iterdir()
    first.rename(tmp_path / "aside")
    ask(tmp_path, maker, rate=0.2)
    [second] = [path for path in tmp_path.iterdir() if path.name != "aside"]
    for path in second.iterdir():
        path.unlink()
    for path in (tmp_path / "aside").iterdir():
        path.rename(second / path.name)
    ask(tmp_path, maker, rate=0.2)
    assert maker.calls == 3


def test_names_do_not_disturb_each_other_and_errors_leave_nothing(tmp_path, maker):
    kept("voice", maker, folder=tmp_path, say=str)
    kept("voice-two", maker, folder=tmp_path, say=str)
    kept("voice", maker, folder=tmp_path, say=str)
    assert maker.calls == 2

    def fails():
        raise RuntimeError("diverged")

    with pytest.raises(RuntimeError, match="diverged"):
        kept("third", fails, folder=tmp_path, say=str)
    assert not list(tmp_path.glob("third*"))


def test_two_notebooks_that_make_the_same_at_the_same_time_both_have_it(tmp_path, maker):
    def meanwhile():
        ask(tmp_path, maker)                                    # the other one is ready first
        [path] = tmp_path.iterdir()
        before.append((path, {one.name: one.read_bytes() for one in path.iterdir()}))
        return maker()

    def writes(path, *given):
        assert {one.name: one.read_bytes() for one in path.iterdir()} == before[0][1], "the other's was taken away"
        return write(path, *given)

    before, write = [], module.write_tensors
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "write_tensors", lambda path, *given: (writes if before else write)(path, *given))
        assert ask(tmp_path, meanwhile)[1]["bits"] == [0.5, 2]
    assert ask(tmp_path, maker)[1]["bits"] == [0.5, 2] and maker.calls == 2


def test_what_cannot_be_kept_is_not_lost(tmp_path, maker, monkeypatch):
    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_tensors", full)
    said = []
    tensors, made, _ = ask(tmp_path, maker, said)
    assert tensors["weight"][0, 0] == 1 and made == {"bits": [0.5, 1]}
    assert "could not be kept" in said[0] and "No space left" in said[0]


def test_what_has_no_digest_is_refused_by_name(tmp_path, maker):
    with pytest.raises(TypeError, match=r"given\['given'\]\['how'\].*function"):
        ask(tmp_path, maker, how=test_what_has_no_digest_is_refused_by_name)
