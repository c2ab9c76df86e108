"""Compare two plain values, and say the first difference in words."""

import math
import unicodedata
from dataclasses import dataclass

import numpy as np

from .plain_values import Array, Foreign

RTOL, ATOL = 1e-4, 1e-5
RETURN = "is there a return at the end?"
FLOATS = "float16", "bfloat16", "float32", "float64"
CAST = "another type came in, of numpy or a new tensor, or a .float() or .double() is too much or missing"
COARSE = {"float16": (2e-3, 2e-3), "bfloat16": (2e-2, 2e-2)}      # a few units in the last place of what they can hold


@dataclass(frozen=True)
class Difference:
    """Where two values part: what was expected there and what came, in words, and what that looks like."""

    expected: str
    got: str
    cause: str = ""


def difference(want, got, where="", rtol=RTOL, atol=ATOL):
    """None where `got` is as good as `want`, else the first Difference.

    Floats: within rtol and atol (coarser for half precision); NaN equals NaN; infinities by sign. Shapes exactly; of
    tensors of floats the dtype as well. A list is as good as a tuple, a numpy array as a tensor, a whole number as a
    float. Texts code point by code point.
    """
    within = {"rtol": rtol, "atol": atol}
    at = f"{where}: " if where else ""
    if isinstance(want, Array) and want.shape == () and want.numbers is not None and is_number(got):
        got = Array(type(got).__name__, (), np.asarray(got))
    if is_number(want) and isinstance(got, Array) and got.shape == () and got.numbers is not None:
        got = got.numbers.item()
    if kind(want) != kind(got) and not (kind(want) == "float" and kind(got) == "int"):
        return Difference(at + named(want), at + named(got), cause_of_kind(want, got))
    if isinstance(want, Array):
        return array_difference(want, got, at, within)
    if isinstance(want, float):
        return (
            None
            if close(want, got, **within)
            else Difference(*(at + number for number in apart(want, float(got))), ratio(want, got))
        )
    if isinstance(want, str):
        return text_difference(want, got, at)
    if isinstance(want, tuple):
        return row_difference(want, got, where, at, within)
    if isinstance(want, dict):
        return dict_difference(want, got, where, at, within)
    if isinstance(want, frozenset):
        return set_difference(want, got, at)
    return None if want == got else Difference(at + short(want), at + short(got))


def is_number(value):
    return type(value) in (int, float, bool)


def kind(value):
    """The kind of a plain value, where a difference of kind is a difference."""
    if isinstance(value, Array):
        return "tensor"
    return {tuple: "list", frozenset: "set", type(None): "None"}.get(type(value), type(value).__name__)


def named(value):
    """A value with its kind, for a reader who expected another kind."""
    if value is None:
        return "None"
    if isinstance(value, Array):
        return f"a tensor of shape {value.shape}"
    if isinstance(value, Foreign):
        return f"an object of type {value.type}"
    words = {"list": "the list", "dict": "the dict", "set": "the set", "str": "the text", "bytes": "the bytes"}
    return f"{words.get(kind(value), 'the ' + kind(value))} {short(value)}"


def cause_of_kind(want, got):
    if got is None:
        return RETURN
    if kind(want) == "tensor" and kind(got) == "list":
        return "a tensor is wanted: torch.stack or torch.tensor makes one of a list"
    if kind(want) == "int" and kind(got) == "float":
        return "a whole number is wanted"
    return ""


def close(want, got, rtol=RTOL, atol=ATOL):
    if math.isnan(want) or math.isnan(got):
        return math.isnan(want) and math.isnan(got)
    if math.isinf(want) or math.isinf(got):
        return want == got
    return abs(want - got) <= atol + rtol * abs(want)


def array_difference(want, got, at, within):
    if want.shape != got.shape:
        cause = "two axes are the wrong way round" if sorted(want.shape) == sorted(got.shape) else ""
        return Difference(f"{at}shape {want.shape}", f"{at}shape {got.shape}", cause)
    if want.numbers is None or got.numbers is None:
        if (want.numbers is None) == (got.numbers is None):
            return None
        places = ["the meta device, where its inputs are", "the processor's memory"]
        here, there = places if want.numbers is None else places[::-1]
        return Difference(f"{at}a tensor on {here}", f"{at}one on {there}", "a tensor is made without device=")
    if want.dtype != got.dtype and want.dtype in FLOATS and got.dtype in FLOATS:
        return Difference(f"{at}numbers of type {want.dtype}", f"{at}numbers of type {got.dtype}", CAST)
    return numbers_difference(want, got, at, **within)


def numbers_difference(want, got, at, rtol, atol):
    rtol, atol = COARSE.get(want.dtype, (rtol, atol))
    if want.numbers.dtype.kind in "biu" and got.numbers.dtype.kind in "biu":
        wrong = np.asarray(want.numbers.astype(object) != got.numbers.astype(object)) \
            if "u" in want.numbers.dtype.kind + got.numbers.dtype.kind else np.asarray(want.numbers != got.numbers)
    else:
        a, b = (x.numbers.astype(np.complex128 if x.numbers.dtype.kind == "c" else np.float64) for x in (want, got))
        with np.errstate(invalid="ignore", over="ignore"):
            wrong = ~np.isclose(b, a, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return None
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    spot = f"at {list(index)} " if index else ""
    counted = f" ({int(wrong.sum())} of {wrong.size} numbers differ)" if wrong.size > 1 else ""
    cause = cause_of_numbers(want.numbers, got.numbers, rtol, atol)
    return Difference(f"{at}{spot}{short(want.numbers[index].item())}",
                      f"{at}{spot}{short(got.numbers[index].item())}{counted}", cause)


def cause_of_numbers(want, got, rtol, atol):
    """What a difference between two arrays of one shape looks like, or nothing."""
    want, got = want.astype(np.complex128).ravel(), got.astype(np.complex128).ravel()
    if np.isnan(got).any() and not np.isnan(want).any():
        return "NaN has come in: from 0 / 0, from inf - inf, or from a softmax over nothing but -inf"
    finite = np.isfinite(want) & np.isfinite(got)
    if not finite.all():
        first = np.argmax(~np.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True))     # the one that is shown
        if finite[first] or (np.isfinite(want) == np.isfinite(got)).all():
            return ""
        return "infinities are not where they should be" + (": there are none" if np.isfinite(got).all() else "")
    if not np.abs(got).any():
        return "everything is zero" if np.abs(want).max() > ATOL else "what is small has become 0"
    if len(want) > 1 and np.allclose(np.sort(want), np.sort(got), rtol=rtol, atol=atol):
        return "the right numbers, in the wrong places"
    sizable = np.abs(want) > 1e-6
    if sizable.sum() > 1:
        ratios = got[sizable] / want[sizable]
        rounded = abs(ratios[0] - 1) < 0.01     # then it is no factor that somebody forgot
        by_chance = len(np.unique(want[sizable])) == 1 and abs(ratios[0] + 1) > 1e-3    # as any equal numbers are
        alike = np.allclose(ratios, ratios[0], rtol=1e-3) and np.allclose(got[~sizable], 0, atol=1e-5)
        if alike and not rounded and not by_chance:
            return factor(ratios[0].real)
    off = got - want
    if len(want) > 2 and abs(off[0]) > 0.01 * np.abs(want).max() and np.allclose(off, off[0], rtol=1e-3, atol=0):
        return f"every number is off by the same amount, {short(float(off[0].real))}"
    return ""


def apart(want, got):
    """Two numbers in as many digits as it takes to tell them apart."""
    said = ((f"{want:.{digits}g}", f"{got:.{digits}g}") for digits in (5, 8, 12, 17))
    return next((pair for pair in said if pair[0] != pair[1]), (repr(want), repr(got)))


def factor(times):
    if abs(times + 1) < 1e-3:
        return "the sign is turned round"
    return f"every number is {times:.4g} times what it should be"


def ratio(want, got):
    """What the difference of two floats looks like."""
    if not (math.isfinite(want) and math.isfinite(got)) or abs(want) < 1e-6 or abs(got + want) > 1e-3 * abs(want):
        return ""
    return factor(got / want)


def text_difference(want, got, at):
    if want == got:
        return None
    got = got[:4 * len(want) + 1000]        # what is composed anew may take the square of the length
    seen, has = (unicodedata.normalize("NFC", t).replace("\r\n", "\n").replace("\r", "\n") for t in (want, got))
    if seen == has:     # they look alike: show the code points
        place = next((i for i, (a, b) in enumerate(zip(want, got, strict=False)) if a != b), min(len(want), len(got)))
        cause = "the line ends are others" if "\r" in want + got else "accents are composed otherwise"
        return Difference(at + ascii(want[place:place + 20]), at + ascii(got[place:place + 20]),
                          f"{cause}: a text that is data stays as it is, code point by code point")
    pairs = enumerate(zip(want, got, strict=False))
    place = next((i for i, (a, b) in pairs if a != b), min(len(want), len(got)))
    if max(len(want), len(got)) <= 60:
        return Difference(at + repr(want), at + repr(got))
    low = max(place - 15, 0)
    return Difference(f"{at}…{want[low:place + 25]!r}…", f"{at}…{got[low:place + 25]!r}… (from character {place} on)")


def row_difference(want, got, where, at, within):
    if len(want) != len(got):
        return Difference(f"{at}{len(want)} items, {short(want)}", f"{at}{len(got)} items, {short(got)}")
    wrong = [
        (i, d)
        for i, pair in enumerate(zip(want, got, strict=True))
        if (d := difference(*pair, f"{where}[{i}]", **within))
    ]
    if not wrong:
        return None
    few = len(want) <= 12 and short(want) != short(got)
    if few and all(is_number(x) or isinstance(x, (str, bytes)) for x in (*want, *got)):
        return Difference(at + short(want), at + short(got), wrong[0][1].cause if len(wrong) == 1 else "")
    return wrong[0][1]


def dict_difference(want, got, where, at, within):
    missing, extra = [k for k in want if k not in got], [k for k in got if k not in want]
    if missing or extra:
        said = [f"no {short(k)}" for k in missing[:3]] + [f"{short(k)}, which should not be there" for k in extra[:3]]
        return Difference(f"{at}the keys {keys(want)}", f"{at}{', '.join(said)}")
    return next((d for k in want if (d := difference(want[k], got[k], f"{where}[{short(k)}]", **within))), None)


def set_difference(want, got, at):
    if want == got:
        return None
    said = [f"{short(x)} is missing" for x in ordered(want - got)[:3]]
    said += [f"{short(x)} should not be there" for x in ordered(got - want)[:3]]
    return Difference(f"{at}a set of {len(want)}", f"{at}{', '.join(said)}")


def keys(mapping):
    listed = [short(k) for k in mapping]
    return ", ".join(listed[:8]) + (", …" if len(listed) > 8 else "")


def ordered(items):
    """Set members in an order that is the same in every process."""
    return sorted(items, key=lambda x: (type(x).__name__, repr(x)))


def short(value):
    """A plain value in at most about 80 characters, the same on every run."""
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, complex):
        return f"{value:.4g}"
    if isinstance(value, Array):
        return f"a tensor of shape {value.shape}"
    if isinstance(value, Foreign):
        return f"an object of type {value.type}"
    if isinstance(value, tuple):
        inside = [short(item) for item in value[:13]]
        text = "[" + ", ".join(inside[:12]) + (", …]" if len(inside) > 12 else "]")
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{short(k)}: {short(v)}" for k, v in list(value.items())[:6]) + "}"
    elif isinstance(value, frozenset):
        text = "{" + ", ".join(short(item) for item in ordered(value)[:8]) + "}"
    else:
        text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
