"""The judge: which values are alike, what a run records, what is said where two runs part."""

import enum
import json
import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.classroom.checking.compare import difference
from course_lib.classroom.checking.drawn_inputs import Draw
from course_lib.classroom.checking.global_state import seed_everything
from course_lib.classroom.checking.judge import Broken, Step, first_wrong, judge, record
from course_lib.classroom.checking.left_behind import (
    GENERATORS,
    INPUTS,
    KINDS,
    MODES,
    RESULTS,
    SEED,
    SWITCHES,
    WEIGHTS,
    numpys_generator,
)
from course_lib.classroom.checking.likely_cause import alike
from course_lib.classroom.checking.plain_values import Foreign, plain
from course_lib.classroom.checking.test_helpers import (
    elsewhere,
    frequencies,
    grads,
    near,
    parameters,
    precise,
    raised,
    type_of,
)

NAN, INF = float("nan"), float("inf")


class Colour(enum.IntEnum):
    RED = 3


class Raw(bytes):
    pass


class Shout(str):
    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


ALIKE = [
    (None, None),
    (True, np.bool_(True)),
    (3, np.int64(3)),
    (3, torch.tensor(3)),
    (3.0, 3),
    (1.0, 1.00009),
    (0.0, 9e-6),
    (NAN, NAN),
    (-INF, -INF),
    (torch.tensor(2.0), 2.0),
    (torch.tensor(2.0), np.float32(2)),
    (3, Colour.RED),
    ("b", Shout("b")),
    (b"ab", Raw(b"ab")),
    (b"\x00", b"\x00"),
    ([1, 2], (1, 2)),
    ([], ()),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({1, 2}, frozenset({2, 1})),
    ({(1, 2): 3}, {(1, 2): 3}),
    (torch.tensor([1.0, NAN, INF]), np.array([1.00005, NAN, INF], dtype=np.float32)),
    (torch.tensor([1, 2]), torch.tensor([1.0, 2.0])),
    (torch.tensor([True]), torch.tensor([1.0])),
    (torch.zeros(2, 0), torch.zeros(2, 0)),
    (torch.ones(2).bfloat16(), torch.tensor([1.0, 1.008]).bfloat16()),
    (torch.ones(2), torch.ones(2).requires_grad_()),
    (torch.ones(3, device="meta"), torch.ones(3, device="meta")),
    ([torch.ones(2), {"x": None}], (torch.ones(2), {"x": None})),
    (torch.tensor([2**53 + 1]), torch.tensor([2**53 + 1])),
    (torch.ones(2) * 1j, torch.ones(2) * 1j),
]
APART = [
    (None, 0), (None, False), (None, torch.zeros(2)), (True, 1), (1, True), (False, 0), (1, 1.0), (3, 4), (1.0, 1.0003),
    (0.0, 2e-5), (NAN, 0.0), (0.0, NAN), (INF, -INF), (INF, 1e300), ("a", "A"), ("a", b"a"), ("a b", "a  b"),
    ("a", Shout("b")),
    ([1, 2], [2, 1]), ([1], [1, 1]), ([], None), ([1], {1}), ({"a": 1}, {"a": 2}), ({"a": 1}, {"b": 1}), ({"a": 1}, {}),
    ({1, 2}, {1, 3}), ([1.0], torch.tensor([1.0])), (torch.tensor([1.0]), [1.0]), (torch.ones(2, 3), torch.ones(3, 2)),
    (torch.ones(1), torch.ones(1, 1)), (torch.ones(2), torch.tensor([1.0, 1.001])),
    (torch.zeros(2), torch.tensor([0.0, NAN])),
    (torch.tensor([INF]), torch.tensor([-INF])), (torch.ones(1).bfloat16(), torch.tensor([1.1]).bfloat16()),
    (torch.ones(1), torch.ones(1).double()), (torch.ones(1).half(), torch.ones(1)), (torch.ones(2), np.ones(2)),
    ("é", "e\u0301"), ("a\nb", "a\r\nb"), ("\ufeffa", "a"), ("a\nb", "a\rb"),
    (torch.ones(3, device="meta"), torch.ones(3)), (torch.ones(3), torch.ones(3, device="meta")),
    (torch.tensor([2**53 + 1]), torch.tensor([2**53])), (torch.tensor([0.0]), torch.tensor([1j])),
    (1.0, object()), (torch.ones(2), np.array(["a", "b"])), (0.0, complex(0)),
]


@pytest.mark.parametrize("want, got", ALIKE)
def test_alike(want, got):
    assert difference(plain(want), plain(got)) is None


@pytest.mark.parametrize("want, got", APART)
def test_apart(want, got):
    found = difference(plain(want), plain(got))
    assert found and found.expected and found.got


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4), max_leaves=12)


@given(JSON)
def test_every_value_is_like_itself(value):
    assert difference(plain(value), plain(value)) is None


@given(JSON, JSON)
def test_comparing_never_raises_and_always_has_words(want, got):
    found = difference(plain(want), plain(got))
    assert found is None or (found.expected and found.got and len(found.expected) < 400)


class Stranger:
    def __eq__(self, other):
        return True

    def __float__(self):
        return 1.0

    def __array__(self, *a, **k):
        return np.ones(2)


class LyingList(list):
    def __iter__(self):
        return iter([1, 2, 3])

    def __len__(self):
        return 3


class LyingDict(dict):
    def items(self):
        return {"a": 1}.items()


def test_objects_cannot_pass_for_values():
    assert plain(Stranger()) == Foreign("Stranger")
    assert plain(LyingList([9])) == (9,)
    assert plain(LyingDict(a=7)) == {"a": 7}
    deep = []
    for _ in range(50):
        deep = [deep]
    assert difference(plain(deep), plain([1])) is not None
    own = []
    own.append(own)
    assert difference(plain([1]), plain(own)) is not None       # a list that holds itself ends too


def test_a_value_is_taken_when_it_is_given():
    x = torch.ones(2)
    before = plain(x)
    x.zero_()
    assert difference(before, plain(torch.ones(2))) is None


CAUSES = [
    (torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0]), "every number is 2 times what it should be"),
    (torch.tensor([1.0, 2.0]), torch.tensor([-1.0, -2.0]), "the sign is turned round"),
    (torch.tensor([1.0, 2.0, 5.0]), torch.tensor([2.0, 1.0, 5.0]), "the right numbers, in the wrong places"),
    (torch.tensor([1.0, 2.0, 5.0]), torch.tensor([1.5, 2.5, 5.5]), "off by the same amount, 0.5"),
    (torch.tensor([1.0, 2.0]), torch.tensor([NAN, 2.0]), "NaN has come in"),
    (torch.tensor([1.0, 2.0]), torch.zeros(2), "everything is zero"),
    (torch.ones(2, 3), torch.ones(3, 2), "two axes are the wrong way round"),
    (torch.tensor([1.0, -INF]), torch.tensor([1.0, 0.0]), "infinities are not where they should be: there are none"),
    (torch.ones(2), None, "is there a return"), ("e\u0301", "é", "composed otherwise"), ("\r\n", "\n", "line ends"),
    (torch.ones(2), torch.ones(2).double(), "another type"), (3, 3.0, "a whole number is wanted"),
]


@pytest.mark.parametrize("want, got, words", CAUSES)
def test_the_likely_cause_is_named(want, got, words):
    assert words in difference(plain(want), plain(got)).cause


def test_small_numbers_that_have_become_0_are_not_called_everything():
    small = plain(torch.tensor([1e-9, -2e-9]))
    assert difference(small, plain(torch.zeros(2)), rtol=1e-4, atol=0.0).cause == "what is small has become 0"


@pytest.mark.parametrize("want, got", [
    (torch.tensor([0.2, 0.2]), torch.tensor([0.24, 0.24])),         # equal numbers are a multiple of any others
    (torch.tensor([1e-32, INF, INF]), torch.tensor([0.0, INF, 7.0])),       # the first that is wrong is no infinity
])
def test_a_cause_that_the_numbers_do_not_show_is_not_named(want, got):
    found = difference(plain(want), plain(got), rtol=1e-4, atol=0.0)
    assert found and found.cause == ""


def test_rounded_numbers_are_neither_a_multiple_of_the_right_ones_nor_off_by_the_same():
    for numbers in ([1.5394, 1.2, 1.7], [6.1442e-6, 0.3, 2.2e-6, 0.7], [3.8e-11, 0.5, 4e-11, 0.5]):
        want = torch.tensor(numbers)
        for places in 3, 6:
            found = difference(plain(want), plain(want.mul(10**places).round() / 10**places), rtol=1e-4, atol=0.0)
            assert found is None or found.cause == ""


def test_a_likely_cause_agrees_as_precisely_as_the_step_asks():
    small, nothing = Step("a", plain(3e-8)), Step("a", plain(0.0))
    assert alike(small, nothing) and not alike(Step("a", plain(3e-8), within=1e-4), nothing)


def test_numbers_that_differ_are_said_in_digits_that_differ():
    found = difference(plain([2.0, 0.99800399]), plain([2.0, 0.998004]), rtol=1e-9, atol=0.0)
    assert (found.expected, found.got) == ("[1]: 0.99800399", "[1]: 0.998004")


def test_the_place_of_a_difference_is_named():
    want, got = torch.zeros(3, 4), torch.zeros(3, 4)
    got[1, 2] = 7
    found = difference(plain({"a": [want]}), plain({"a": [got]}))
    assert "['a'][0]: at [1, 2] 7" in found.got and "1 of 12 numbers differ" in found.got
    assert difference(plain("x" * 80 + "a"), plain("x" * 80 + "b")).got.endswith("(from character 80 on)")


# --- drawing ---------------------------------------------------------------------------------------------------------

def test_draws_are_the_same_whatever_else_uses_random_numbers():
    def some(draw):
        return [draw(2, 3), draw.ints(0, 9, 4), draw.number(0, 100), draw.text(8), draw.shuffled(range(9)),
                draw.probs(3), draw.uniform(2), draw.permutation(7), draw.choice("abcdefgh"), draw.sample(range(99), 3),
                draw.generator().initial_seed()]

    first = some(Draw(3))
    torch.manual_seed(11), random.seed(11)
    torch.rand(5), random.random()
    assert difference(plain(first), plain(some(Draw(3)))) is None
    assert difference(plain(Draw(4)(2, 3)), plain(first[0])) is not None


def test_filling_goes_by_name_and_does_not_shift_what_is_drawn_later():
    class One(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = torch.nn.Linear(3, 5), torch.nn.Linear(5, 3)

    class Other(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.b, self.a = torch.nn.Linear(5, 3), torch.nn.Linear(3, 5)
            self.more = torch.nn.Parameter(torch.zeros(7))

    d, e = Draw(), Draw()
    one, other = d.fill(One()), e.fill(Other())
    assert torch.equal(one.a.weight, other.a.weight) and torch.equal(one.b.bias, other.b.bias)
    assert torch.equal(d(4), e(4))
    assert not (one.a.bias == 0).any() and other.more.std() > 0
    assert d.parameters() == [{"a.bias": [5], "a.weight": [5, 3], "b.bias": [3], "b.weight": [3, 5]}]
    assert d.parameters() == []


def test_a_row_hides_which_are_right():
    right, wrong = [object() for _ in range(2)], [object() for _ in range(14)]
    rows = [Draw(seed).row(right, wrong) for seed in range(8)]
    assert [name for name, _ in rows[0]] == [f"implementation {i}" for i in range(1, 17)]
    assert {frozenset(c for _, c in row) for row in rows} == {frozenset(right + wrong)}
    assert len({tuple(c in right for _, c in row) for row in rows}) > 4


# --- runs ------------------------------------------------------------------------------------------------------------

def double(impl, draw):
    x = draw(3, 5)
    yield "twice", impl(x)
    yield "twice again", impl(draw(5))


def test_a_right_run_is_right_and_is_repeated_exactly():
    want = record(double, lambda x: 2 * x)
    assert first_wrong(want, record(double, lambda x: x + x)) is None
    assert [step.label for step in want] == ["twice", "twice again"]
    assert first_wrong(want, record(double, lambda x: 2 * x, seed=1)).number == 1      # another seed, other inputs


def test_random_numbers_are_seeded_before_each_step():
    def noise(impl, draw):
        yield "one", impl()
        yield "two", impl()

    def eager():
        torch.rand(100), np.random.random(100), random.random()
        return torch.rand(2), np.random.random(), random.random()

    def plainly():
        return torch.rand(2), np.random.random(), random.random()

    torch.manual_seed(5)
    want = record(noise, plainly)
    torch.manual_seed(6)
    assert first_wrong(want, record(noise, plainly)) is None
    assert first_wrong(want, record(noise, eager)).number == 1
    halfway = iter([plainly, eager])
    assert first_wrong(want, record(noise, lambda: next(halfway)())).number == 2


def test_missing_extra_and_reordered_labels_fail():
    want = [Step("a", 1), Step("b", 2)]
    assert first_wrong(want, [Step("a", 1), Step("b", 2)]) is None
    assert first_wrong(want, [Step("a", 1)]).label == "b"
    assert first_wrong(want, [Step("a", 1), Step("b", 2), Step("c", 3)]).number == 3
    assert first_wrong(want, [Step("b", 2), Step("a", 1)]).number == 1
    assert first_wrong(want, []).number == 1


def test_an_input_changed_in_place_is_seen_unless_the_reference_changes_it_too():
    def in_place(x):
        x *= 2
        return x.clone()

    want = record(double, lambda x: 2 * x)
    assert judge(double, in_place, want).label == KINDS[INPUTS][0]
    assert judge(double, in_place, record(double, in_place)) is None
    assert judge(double, lambda x: x.mul_(2).clone().add_(x.div_(2).sum() * 0), want) is None       # put back as it was

    def with_a_gradient(x):
        given = x.clone()
        x.mul_(torch.ones(1, requires_grad=True))       # torch makes x a part of the graph
        return 2 * given

    assert judge(double, with_a_gradient, want).label == KINDS[INPUTS][0]

    def rows(impl, draw):
        yield "sorted", impl(draw.sample(range(90), 7))

    def sort(items):
        items.sort()
        return list(items)

    assert judge(rows, sort, record(rows, sorted)).label == KINDS[INPUTS][0]


def test_an_exception_ends_the_run_at_its_label():
    def fails(x):
        if x.dim() == 1:
            raise RuntimeError("no rows\nhere")
        return 2 * x

    wrong = judge(double, fails, record(double, lambda x: 2 * x))
    assert (wrong.number, wrong.label) == (2, "twice again")
    assert wrong.difference.got == "RuntimeError: no rows here"
    assert isinstance(wrong.broken, Broken) and not wrong.broken.unwritten

    def unwritten(x):
        raise NotImplementedError

    assert judge(double, unwritten, record(double, lambda x: 2 * x)).broken.unwritten == "unwritten"


def test_what_a_run_records_is_plain_data():
    step = record(double, lambda x: 2 * x)[0]
    assert json.dumps([step.label, step.changed, step.parameters])
    assert type(step.value.numbers) is np.ndarray and step.value.dtype == "float32"


# --- what is left behind ---------------------------------------------------------------------------------------------

def left_by(impl, *given):
    """The label of what `impl` leaves otherwise than a function that leaves everything alone, or None."""
    def test(impl, draw):
        yield "it gives one", impl(*given) or 1
        yield "and again", impl(*given) or 1

    wrong = judge(test, impl, record(test, lambda *given: 1))
    return wrong and wrong.label


def spoil(how):
    def impl(given):
        how(given)
    return impl


SPOILED = {
    "a list": (lambda g: g.pop(), [1, 2, 3], INPUTS),
    "a list that is sorted": (lambda g: g.sort(), [2, 1], INPUTS),
    "a row of a list of lists": (lambda g: g[1].__setitem__(0, 9), [[1], [2]], INPUTS),
    "a tensor in a dict in a tuple": (lambda g: g[0]["a"].zero_(), ({"a": torch.ones(2)},), INPUTS),
    "a dict": (lambda g: g.pop("a"), {"a": 1}, INPUTS),
    "an array": (lambda g: g.fill(0), np.ones(2), INPUTS),
    "a view of a tensor": (lambda g: g.mul_(2), torch.ones(4)[:2], INPUTS),
    "a model's mode": (lambda g: g.eval(), torch.nn.Linear(2, 2), MODES),
    "one part's mode": (lambda g: g[1].train(), torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Dropout().eval()), MODES),
    "a model's weights": (lambda g: g.weight.data.zero_(), torch.nn.Linear(2, 2), WEIGHTS),
    "whether weights learn": (lambda g: g.requires_grad_(False), torch.nn.Linear(2, 2), WEIGHTS),
    "whether a tensor learns": (lambda g: g.requires_grad_(), torch.ones(2), INPUTS),
    "grad mode": (lambda g: torch.set_grad_enabled(False), 1, SWITCHES),
    "the default dtype": (lambda g: torch.set_default_dtype(torch.float64), 1, SWITCHES),
    "a seed": (lambda g: torch.manual_seed(0), 1, SEED),
    "torch's dice": (lambda g: torch.rand(1), 1, GENERATORS),
    "Python's dice": (lambda g: random.random(), 1, GENERATORS),
    "numpy's dice": (lambda g: np.random.rand(), 1, GENERATORS),
    "numpy's normal numbers": (lambda g: np.random.randn(), 1, GENERATORS),
    "numpy's seed": (lambda g: np.random.seed(0), 1, GENERATORS),
}


@pytest.mark.parametrize("what", SPOILED)
def test_what_a_call_leaves_otherwise_is_said_and_put_back(what):
    how, given, kind = SPOILED[what]
    assert left_by(spoil(how), given) == KINDS[kind][0]
    assert left_by(lambda given: None, given) is None       # it was put back, and nothing is left


def test_what_is_random_in_one_step_may_draw_in_another_and_sets_no_seed():
    def test(impl, draw):
        yield "nothing is dropped", impl(torch.ones(3), 0.0)
        yield "some are dropped", tuple(impl(torch.ones(9), 0.5).shape)

    def short(x, p):
        return x * (torch.rand_like(x) >= p) if p else x

    def seeded(x, p):
        torch.manual_seed(1)
        return short(x, p)

    want = record(test, short)
    assert judge(test, lambda x, p: x * (torch.rand_like(x) >= p), want) is None
    assert judge(test, seeded, want).label == KINDS[SEED][0]
    assert judge(test, lambda x, p: short(x, p), record(test, lambda x, p: x)).label == KINDS[GENERATORS][0]


def test_it_is_noticed_also_after_an_error():
    def impl(model):
        model.eval()
        raise ValueError

    def test(impl, draw):
        yield "it refuses", raised(impl, torch.nn.Linear(2, 2))

    assert judge(test, impl, record(test, lambda model: int("x"))).label == KINDS[MODES][0]


def test_methods_of_a_class_are_watched_and_its_source_may_say_super_of_its_class():
    class Sum(torch.nn.Module):
        def __init__(self, n):
            super(self.__class__, self).__init__()
            self.weight = torch.nn.Parameter(torch.ones(n))

        def total(self, numbers):
            return sum(sorted(numbers))

        def forward(self, x):
            return x * self.weight

    class Sorting(Sum):
        def __init__(self, n):
            torch.nn.Module.__init__(self)
            self.weight = torch.nn.Parameter(torch.ones(n))

        def total(self, numbers):
            numbers.sort()
            return sum(numbers)

    def test(impl, draw):
        one = draw.fill(impl(3))
        yield "it adds up", one.total([3, 1, 2])
        yield "it multiplies", one(draw(2, 3))

    want = record(test, Sum)
    assert judge(test, Sum, want) is None
    assert judge(test, Sorting, want).label == KINDS[INPUTS][0]


def test_what_is_put_back_cannot_spoil_a_later_call_of_the_same_step():
    def test(impl, draw):
        numbers = [1.0, 2.0]
        yield "twice the same", [impl(numbers), impl(numbers)]

    def pops(numbers):
        return numbers.pop() + numbers.pop()

    assert judge(test, pops, record(test, sum)).label == KINDS[INPUTS][0]


@pytest.mark.parametrize("room", [[], torch.zeros(2)], ids=["a list", "a tensor"])
def test_what_an_earlier_call_gave_may_not_be_written_into(room):
    def test(impl, draw):
        yield "it doubles", impl([1.0, 2.0])
        yield "it doubles others", impl([3.0, 4.0])

    def doubled(numbers):
        return [2 * number for number in numbers]

    def in_one_room(numbers):
        room[:] = torch.tensor(doubled(numbers)) if torch.is_tensor(room) else doubled(numbers)
        return room

    def remembered(numbers, known={}):  # noqa: B006
        return known.setdefault(tuple(numbers), doubled(numbers))

    want = record(test, lambda numbers: torch.tensor(doubled(numbers)) if torch.is_tensor(room) else doubled(numbers))
    assert judge(test, in_one_room, want).label == KINDS[RESULTS][0]
    assert judge(test, remembered, record(test, doubled)) is None


# --- precision, devices -----------------------------------------------------------------------------------------------

def test_relative_precision_sees_what_the_tolerance_hides():
    def ordinary(impl, draw):
        yield "small", impl(2.34e-7)

    def careful(impl, draw):
        yield "small", precise(impl(2.34e-7))

    assert judge(ordinary, lambda x: round(x, 8), record(ordinary, float)) is None
    assert judge(careful, lambda x: round(x, 8), record(careful, float)).label == "small"
    assert judge(careful, lambda x: x * (1 + 1e-6), record(careful, float)) is None


def test_a_pretended_device_refuses_a_mix_and_lets_honest_looks_pass():
    x, layer = torch.ones(3, 2), torch.nn.Linear(2, 2)

    def honest(x):
        assert x.isfinite().all() and not x.isnan().any() and x.sum().item() == 6
        rows = torch.tensor([[float(i), 1.0] for i in range(len(x))], device=x.device)
        assert x[torch.tensor([2, 0])].shape == torch.ones(3, 2)[x[0, 0].long():].shape    # torch allows both
        there = torch.zeros_like(x) + x.new_ones(2) + torch.arange(2).to(x.device)
        return torch.stack([row for row in x + rows + there + torch.tensor(2.0)]).cpu().to(x.device)

    assert elsewhere(honest, x)["device"] == "cuda:7"
    assert (
        elsewhere(lambda x: x.cpu(), x)["device"] == "cpu" and elsewhere(lambda x: torch.ones(2), x)["device"] == "cpu"
    )
    for mixed in (
        lambda x: x + torch.ones(2),
        lambda x: x @ torch.ones(2, 2),
        lambda x: torch.cat([x, torch.ones(1, 2)]),
        lambda x: x.masked_fill(torch.ones(2) > 0, 0),
        lambda x: layer(x),
        lambda x: x.clone().add_(torch.ones(2)),
        lambda x: torch.ones(3, 2)[x[:, 0].long()],
    ):
        with pytest.raises(RuntimeError, match="same device"):
            elsewhere(mixed, x)
    with pytest.raises(TypeError, match="numpy"):
        elsewhere(lambda x: x.numpy(), x)
    moved = torch.nn.Linear(2, 2)
    with pytest.raises(RuntimeError, match="same device"):
        elsewhere(lambda model: model(x), moved)
    assert (
        elsewhere(lambda model: model(x.to(next(model.parameters()).device)), torch.nn.Linear(2, 2))["device"]
        == "cuda:7"
    )
    assert x.device == torch.device("cpu") and (x + 1).device == torch.device("cpu")


def test_numpys_floats_are_plain_numbers_and_tensors_are_not():
    assert {type_of(x) for x in (1.0, np.float64(1), np.float32(1), 1)} == {"a plain number"}
    assert type_of(torch.tensor(1.0)) == "Tensor" and type_of(None) == "NoneType" and type_of("1") == "str"


# --- helpers ---------------------------------------------------------------------------------------------------------

def test_raised_gives_the_built_in_base_class_and_whether_the_value_is_named():
    class Own(KeyError):
        pass

    def fail(kind, text):
        raise kind(text)

    assert raised(lambda: 1) == "no error"
    assert raised(fail, Own, "no 17", names=17) == ["KeyError", True]
    assert raised(fail, ValueError, "bad", names=17) == ["ValueError", False]
    assert raised(fail, ValueError, "bad") == "ValueError"
    with pytest.raises(NotImplementedError):
        raised(fail, NotImplementedError, "")


def test_gradients_by_name_and_none_where_none_arrives():
    x, k = torch.tensor([1.0, 2.0]), torch.tensor([1, 0])
    found = grads(lambda x, k, y: x * x[k], {"x": x, "k": k, "y": x}, upstream=torch.ones(2))
    assert set(found) == {"x", "y"} and "no gradient arrives" in found["y"]
    assert found["x"].tolist() == [4.0, 2.0]        # of 2·x₀·x₁, by hand
    assert x.grad is None and not x.requires_grad
    assert "no gradient arrives" in grads(lambda x: x.detach(), {"x": x}, torch.ones(2))["x"]
    assert grads(lambda x: None, {"x": x}, torch.ones(2)) is None       # so that a return is asked for, not a graph
    layer = torch.nn.Linear(2, 3)
    assert set(grads(layer, {"x": x}, torch.ones(3))) == {"x", "weight", "bias"}
    assert difference(plain({"x": torch.zeros(2)}), plain({"x": None})) is not None


def test_frequencies_near_and_parameters():
    assert frequencies([0, 2, 2, 2], 4).tolist() == [0.25, 0, 0.75, 0]
    assert near([0.5, 0.5], torch.tensor([0.51, 0.49]), 0.02) and not near([0.5, 0.5], [0.6, 0.4], 0.02)
    assert not near([0.5, 0.5], [0.5, 0.5, 0.0], 0.02) and not near([math.nan], [0.0], 0.1)
    layer = torch.nn.Linear(2, 3)
    copies = parameters(layer)
    layer.weight.data.zero_()
    assert set(copies) == {"weight", "bias"} and copies["weight"].abs().sum() > 0


@pytest.mark.parametrize("seed", [0, 7, 20_000_019])
def test_a_seed_gives_torchs_own_numbers_on_every_device_in_use(seed, monkeypatch):
    seeded = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    seed_everything(seed)
    assert torch.equal(torch.rand(3), torch.rand(3, generator=torch.Generator().manual_seed(seed)))
    assert np.random.rand() == np.random.RandomState(seed).rand() and random.random() == random.Random(seed).random()
    assert seeded == [seed]


def test_numpys_generator_is_read_where_numpy_keeps_it():
    before = numpys_generator()
    _, numbers, used, *_ = np.random.get_state()
    assert before == numbers.tobytes() + np.int32(used).tobytes() == numpys_generator()
    usual = np.random.get_bit_generator()
    try:
        np.random.set_bit_generator(np.random.PCG64(1))
        before = numpys_generator()
        assert before == numpys_generator()
        np.random.rand()
        assert before != numpys_generator()
    finally:
        np.random.set_bit_generator(usual)
