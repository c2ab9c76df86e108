"""What the maths in plain Python must get right."""

from course_lib.classroom import precise, raised, type_of


def dot(impl, draw):
    a, b = draw.uniform(5).tolist(), draw.uniform(5).tolist()
    short, long, many = [1.0, 2.0], [1.0, 2.0, 3.0], draw(2, 300).tolist()
    yield "one number times one number is their product; other questions have other answers", [
        impl([one], [other]) for one, other in ((3.0, 5.0), (3.0, 7.0), (2.0, 7.0), (2.0, 1.5))]
    yield "the products of all places are added up", impl(a, b)
    yield "a negative product takes away", [impl([1.0, 2.0], [3.0, -1.0]), impl([1.0, 2.0], [3.0, -5.0])]
    yield "every place counts, with a 0 in it, or the numbers of another place", [
        impl([2.0, 0.0, 2.0, 1.0, 2.0], [3.0, 7.0, 3.0, 6.0, 4.0]), impl([1.0, 3.0, 5.0], [0.0, 2.0, 2.0])]
    yield "two empty vectors give 0", float(impl([], []))
    yield "tiny products and large ones come out exactly, neither rounded nor cut off", precise(
        [impl([scale * x for x in a], b) for scale in (1e-9, 1e-3, 1e6)], 1e-9)
    yield "three hundred places are added up like five", impl(*many)
    yield "a longer second vector is refused with a ValueError", raised(impl, short, long)
    yield "a longer first vector is refused with a ValueError", raised(impl, long, short)
    yield "an empty vector beside a longer one is refused too", [raised(impl, [], short), raised(impl, short, [])]


def matmul(impl, draw):
    a, b, three = draw(5, 3).tolist(), draw(3, 6).tolist(), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    small = [[1e-9 * number for number in row] for row in draw.uniform(2, 3).tolist()]
    yield "one row times one column gives one number, their dot product; other questions have other answers", [
        impl([row], [[number] for number in column]) for row, column in (
            ([1.5, 0.5, 2.125], [1.0, 2.0, 0.5]), ([1.5, 0.5, 1.125], [1.0, 2.0, 0.5]),
            ([1.5, 0.5, 1.125], [1.0, 2.0, 1.5]), ([4.0, 0.5, 1.125], [3.0, 2.0, 4.0]))]
    yield "the result has the rows of a and the columns of b", [len(row) for row in impl(a, b)]
    yield "each row of the result is a list of its own", len({id(row) for row in impl(a, b)}) == len(a)
    yield "ones on the diagonal change nothing", impl(three, b)
    yield "the number in row i, column j is made of row i and column j", impl(a, b)
    yield "equal rows and equal columns are not made one", impl([[1.0, 2.0]] * 3, [[5.0, 6.0, 5.0], [7.0, 8.0, 7.0]])
    yield "of square matrices, too, rows meet columns", impl([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]])
    yield "a column of numbers may be as long as you like", impl([[1.0], [2.0], [3.0]], [[5.0, 7.0]])
    yield "tiny numbers come out exactly, and are not rounded away", precise(impl(small, [[1.0, 3.0]] * 3), 1e-9)
    yield "a matrix may be large", impl(draw(3, 150).tolist(), draw(150, 70).tolist())
    yield "rows that are longer than the columns are refused with a ValueError", raised(impl, a, b[:2])
    yield "rows that are shorter than the columns are refused with a ValueError", raised(impl, [[1.0, 2.0]], b)
    yield "a single row of the wrong length is refused with a ValueError, wherever it stands", [
        raised(impl, rows, b) for row in ([1.0, 2.0], [1.0, 2.0, 3.0, 4.0])
        for rows in ([[1.0, 2.0, 3.0], row], [row, [1.0, 2.0, 3.0]])]


def softmax(impl, draw):
    scores = draw(7).tolist()
    yield "there are as many probabilities as scores", [len(impl([1.0] * n)) for n in (1, 4)]
    first, second = impl([2.0, 1.0])
    yield "equal scores give equal probabilities", impl([3.0, 3.0, 3.0, 3.0, 3.0])
    yield "the probabilities add up to one", sum(impl(scores))
    yield "a score larger by 1 gets e times the probability", round(first / second, 2)
    yield "every score gets its own probability, in its own place; other questions have other answers", [
        impl(scores), impl(scores[::-1])]
    yield "one score alone gets everything", impl([-5.0])
    yield "adding 100 to every score changes nothing", impl([score + 100.0 for score in scores])
    yield "scores in the thousands neither overflow nor are cut off", impl([5000.0, 4999.0, -5000.0])
    yield "scores far below zero do not end in 0 / 0", impl([-5000.0, -4999.0])
    yield "the largest score may stand anywhere, and the one farthest from zero be the lowest", [
        impl([0.0, 1000.0]), impl([-900.0, 3.0, 2.0]), impl([-20.0, 5000.0, 4999.5])]
    steps = [scores[0] - below for below in (0.0, 3.0, 20.0, 60.0, 300.0, 700.0)]
    yield "a small probability is small, and neither rounded nor cut off", precise(
        [impl(steps), impl(steps[::-1])], 1e-9)
    yield "three hundred scores share like seven", precise(impl(draw(300).tolist()), 1e-9)


def bits_per_byte(impl, draw):
    probs = draw.probs(7).tolist()
    yield "a token that was certain costs nothing", impl([1.0, 1.0], "ab")
    yield "a probability of one eighth costs 3 bits: the logarithm has base 2; other questions have other answers", [
        impl([0.125], "a"), impl([0.25], "a")]
    yield "the bits of all tokens are added up, equal ones too", [impl(probs, "seven !"), impl([0.25] * 3, "abc")]
    yield "it is divided by the bytes of the text, not by its tokens", impl(probs, "two tokens a word")
    yield "a letter such as é has two bytes", impl([0.5, 0.25, 0.125], "éa")
    yield "every byte counts: spaces at the ends, line ends, an accent of its own, a sign that is not seen", [
        impl([0.5], text) for text in (" a ", "a\r\n", "e\u0301", "\ufeffa", "😀")]
    yield "a tiny probability costs what it costs", [impl([tiny], "ab") for tiny in (1e-300, 5e-324)]
    yield "the cost of two thousand tokens is a sum, which no product of probabilities lives to see", [
        impl([0.5] * 2000, "ab" * 500), impl([1e-300] * 5, "abcde"), impl([1e-300] * 2000, "ab")]
    yield "a token that was almost certain costs a little, and that is not rounded away", precise(
        [impl([1 - p / 1e6], "ab") for p in probs[:3]], 1e-6)
    yield "a token that was called impossible costs infinitely much", [
        impl([0.5, 0.0, 0.5], "abc"), impl([0.0], "a"), impl([0.0, 0.0], "a")]


def cross_entropy(impl, draw):
    scores, targets = draw(5, 3).tolist(), draw.ints(0, 3, 5).tolist()
    yield "equal scores for V tokens cost ln V", impl([[2.0] * 7], [3])
    yield "it is what came that counts, not what scored best; other questions have other answers", [
        impl([[2.0, 0.5, 1.0]], [1]), impl([[2.0, 0.5, 1.0]], [2]), impl([[2.0, 1.5, 1.0]], [2])]
    yield "it is the mean over the positions, each with its own row and target", impl(scores, targets)
    yield "rows that are alike may have targets of their own", impl([[2.0, 0.5, 1.0]] * 3, [2, 0, 1])
    yield "a guess that was sure and right costs nothing, and counts in the mean", [
        impl([[40.0, 0.0], [0.0, 40.0]], [0, 1]), impl([[40.0, 0.0], [0.0, 0.0], [0.0, 40.0]], [0, 0, 1])]
    yield "a guess costs as much as it is wrong, however wrong", precise(
        [impl([[gap, 0.0, 0.0]], [1]) for gap in (2.0, 5.0, 8.0, 30.0, 60.0)], 3e-5)
    yield "scores in the thousands neither overflow nor are cut off, nor are larger ones", [
        impl([[5000.0, 0.0]], [1]), impl([[0.0, 5000.0]], [0]), impl([[3e6, 0.0]], [1])]
    yield "of two that scored best each takes its half, however far below them the target lies", precise(
        [impl([[gap, gap, 0.0]], [2]) for gap in (3.0, 900.0)], 1e-6)
    yield "scores far below zero do not end in the logarithm of 0", impl([[-5000.0, -4999.0], [-900.0, 3.0]], [0, 1])
    yield "a small loss is small, and neither rounded nor cut off", precise(
        [impl([[12.0 + score, 0.0]], [0]) for score in scores[0]], 1e-6)
    yield "three hundred positions count alike", impl(draw(300, 3).tolist(), draw.ints(0, 3, 300).tolist())
    yield "more rows than targets are refused with a ValueError", raised(impl, scores, targets[:4])
    yield "more targets than rows are refused with a ValueError", raised(impl, scores[:4], targets)


def gradient(impl, draw):
    x, slope = draw(3).tolist(), draw.number(3, 9)
    yield "a function that is flat has slope 0 everywhere; other questions have other answers", [
        impl(lambda v: 7.0, x), any(impl(lambda v: 4.0 * v[0], x))]
    yield "each number of x has a slope of its own", impl(lambda v: 2.0 * v[0] - 3.0 * v[1] + 5.0 * v[2], x)
    yield "uphill is positive", [s > 0 for s in impl(lambda v: slope * v[0] - v[1] + v[2], x)]
    yield "only one number moves at a time", impl(lambda v: v[0] * v[1] * v[2], [2.0, 3.0, 5.0])
    yield "equal numbers of x have each a slope of their own", impl(lambda v: v[0] - 3 * v[1] + 5 * v[2], [slope] * 3)
    yield "a number of x may be 0, or whole", [impl(lambda v: slope * v[0] - v[1], [0.0, 0.0]), impl(sum, [0, 2])]
    yield "f is given lists, as long as x", given_to(impl, x)
    yield "the step goes as far back as ahead", impl(lambda v: v[0] ** 2, [3.0], 0.5)
    yield "the step is the h that is given", impl(lambda v: v[0] ** 3, [2.0], 0.5)
    yield "a gentle slope is not rounded away", precise(
        impl(lambda v: slope * 1e-8 * v[0] + 3e-5 * v[1], [0.5, 0.25]), 1e-5)
    yield "a steep slope is not cut off", precise(impl(lambda v: slope * 1e4 * v[0], x[:1]), 1e-5)
    yield "the others stay where they are, to the last digit", precise(
        impl(lambda v: slope * v[0] * v[1] + v[2] * v[3] * v[4], draw(5).tolist()), 1e-7)
    yield "without an h the step is 1e-4", [impl(lambda v: v[0] ** 3, [slope]), impl(lambda v: 1e8 * v[0] ** 3, [0.0])]
    yield "the same function has other slopes elsewhere", [impl(square, [place]) for place in (1.0, 3.0, -2.0)]
    yield "x may have a hundred numbers", impl(lambda v: sum(i * n for i, n in enumerate(v)), draw(100).tolist())


def square(v):
    return v[0] ** 2


def given_to(impl, x):
    """The types and lengths of what f is asked about."""
    asked = []
    impl(lambda v: asked.append(v) or 0.0, x)
    return {type_of(v) for v in asked}, {len(v) for v in asked}


MISTAKES = {
    "dot": [
        ("x * y", "x + y", "one number times", "the numbers are added where they should be multiplied"),
        ("x * y", "x * x", "one number times", "the first vector is multiplied with itself"),
        ("sum(x * y", "max(x * y", "the products of all places", "only one product is kept"),
        ("sum(x * y for x, y in zip(a, b, strict=True))", "sum(a) * sum(b)", "the products of all places",
         "the sums are multiplied, not the numbers place by place"),
        ("sum(x * y for x, y in zip(a, b, strict=True))", "a[0] * b[0]", "the products of all places",
         "only the first place is looked at"),
        ("x * y", "abs(x * y)", "a negative product", "signs are lost"),
        ("strict=True", "strict=False", "a longer second vector", "zip stops at the shorter list and says nothing"),
        ("sum(x * y for x, y in zip(a, b, strict=True))", "sum(a[i] * b[i] for i in range(len(a)))",
         "a longer second vector", "what the second vector has beyond the first is never looked at"),
    ],
    "matmul": [
        ("row[j] for row in b", "row[0] for row in b", "ones on the diagonal", "every column is the first one"),
        ("for column in columns] for row in a", "for row in a] for column in columns", "the result has the rows",
         "rows and columns of the result are exchanged"),
        ("range(len(b[0]))", "range(len(b))", "one row times one column", "the columns of b are counted by its rows"),
        ("[[row[j] for row in b] for j in range(len(b[0]))]", "b", "one row times one column",
         "the rows of b are used where its columns are wanted"),
        ("dot(row, column)", "dot(column, column)", "one row times one column", "the rows of a are never used"),
        ("for row in a]", "for row in a[:1]]", "the result has the rows", "only the first row of a is used"),
        ("in columns]", "in columns[::-1]]", "ones on the diagonal", "the columns come out in the wrong order"),
        ("dot(row, column)", "sum(x * y for x, y in zip(row, column, strict=False))", "rows that are longer",
         "zip stops at the shorter list and says nothing: your dot does not"),
    ],
    "softmax": [
        ("power / total for", "power for", "equal scores", "the powers are not divided by their sum"),
        ("math.exp(score - top) for score in scores", "1.0 for score in scores", "a score larger by 1",
         "the scores are not used"),
        ("sum(powers)", "len(powers)", "the probabilities add up", "they are divided by how many there are"),
        ("math.exp(score - top)", "2 ** (score - top)", "a score larger by 1", "the base of the powers is 2, not e"),
        ("math.exp(score - top)", "math.exp(top - score)", "a score larger by 1",
         "the sign in the power is turned round: the smallest score wins"),
        ("for power in powers]", "for power in sorted(powers)]", "a score larger by 1", "the order is lost"),
        ("score - top)", "score)", "scores in the thousands",
         "what goes into math.exp is still too large: e**709 is about the most that a float holds"),
        ("top = max(scores)", "top = min(scores)", "scores in the thousands",
         "the smallest score is taken away, so the largest can still be too large"),
        ("top = max(scores)", "top = max(scores + [0.0])", "scores far below zero", "all powers have become 0"),
        ("top = max(scores)", "scores.sort(); top = scores[-1]", "its inputs are left",
         "the scores are sorted, and with them the places"),
    ],
    "bits_per_byte": [
        ("-math.log2(p) if", "math.log2(p) if", "a probability of one eighth", "the minus sign is missing"),
        ("math.log2(p)", "math.log(p)", "a probability of one eighth", "these are nats: the base is e, not 2"),
        ("bits = sum(", "bits = max(", "the bits of all tokens", "only the largest surprise is counted"),
        ('len(text.encode("utf-8"))', "len(probs)", "it is divided by the bytes", "it is bits per token, not per byte"),
        ('.encode("utf-8")', "", "a letter such as é", "characters are counted, not bytes"),
        ("math.log2(p) if p > 0", "math.log2(max(p, 1e-10)) if p > 0", "a tiny probability",
         "very small probabilities are raised, so the cost is capped"),
        (" if p > 0 else math.inf", "", "a token that was called impossible", "log2(0) is an error in Python"),
        ("if p > 0 else math.inf", "if p > 0 else 0.0", "a token that was called impossible",
         "impossible tokens are left out of the sum"),
    ],
    "cross_entropy": [
        ("total += log_sum - row[target]",
         "probability = math.exp(row[target] - log_sum)\n        total += -math.log(max(probability, 1e-10))",
         "a guess costs as much", "a floor under the probability caps the loss"),
        ("log_sum - row[target]", "row[target] - log_sum", "equal scores", "the sign is turned round"),
        ("log_sum - row[target]", "log_sum", "equal scores", "the score of the target is not used"),
        ("log_sum - row[target]", "log_sum - max(row)", "it is what came", "the best score is used, not the target's"),
        (" / len(targets)", "", "it is the mean", "the sum is not divided by the number of positions"),
        ("math.log(sum", "math.log2(sum", "equal scores", "the logarithms do not have the same base"),
        ("total += log_sum - row[target]", "total += -math.log(math.exp(row[target] - log_sum))",
         "scores in the thousands", "e**-5000 has become 0, and 0 has no logarithm"),
        ("top = max(row)", "top = 0.0", "scores in the thousands", "e**5000 is larger than any float"),
        ("strict=True", "strict=False", "more rows than targets", "zip stops at the shorter list and says nothing"),
    ],
    "gradient": [
        ("/ (2 * h)", "/ h", "each number of x", "the two points are 2h apart, not h"),
        ("/ (2 * h)", "", "each number of x", "the difference is not divided by the distance"),
        ("f(ahead) - f(behind)", "f(behind) - f(ahead)", "each number of x", "downhill is counted as positive"),
        ("range(len(x))", "range(1)", "a function that is flat", "only the first number is moved"),
        ("ahead[i] += h", "ahead = [n + h for n in x]", "each number of x", "all numbers are moved together"),
        ("slopes.append((f(ahead) - f(behind)) / (2 * h))", "slopes.append((f(ahead) - f(x)) / h)",
         "the step goes as far back", "the step goes ahead only: the slope is that of a point half a step further on"),
        ("slopes = []", "slopes, h = [], 1e-4", "the step is the h", "h is set anew"),
        ("ahead, behind = list(x), list(x)", "ahead, behind = x, list(x)", "its inputs are left",
         "x itself is changed, and not put back"),
    ],
}

EQUIVALENT = {
    "dot": {
        "return sum((x * y for x, y in zip(a, b, strict=True))) → "
        "return sum((x * y for x, y in zip(b, a, strict=True)))": "x * y is y * x",
    },
    "matmul": {
        "return [[dot(row, column) for column in columns] for row in a] → "
        "return [[dot(column, row) for column in columns] for row in a]": "dot(a, b) is dot(b, a)",
        "columns = [[row[j] for row in b] for j in range(len(b[0]))] → "
        "columns = [[row[j] for row in b] for j in range(len(b[-1]))]": "all rows of a matrix are equally long",
    },
}

BY_HAND = {name: ["torch.*", "numpy.*"] for name in MISTAKES}
BY_HAND["dot"].append("math.sumprod")
