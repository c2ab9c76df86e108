"""Answers to the maths in plain Python, as learners write them: wrong ones that a test must catch, right unusual ones."""

WRONG = {
    "dot": {
        "empties the caller's lists": """
def dot(a, b):
    if len(a) != len(b):
        raise ValueError
    total = 0.0
    while a:
        total += a.pop() * b.pop()
    return total
""",
        "rounds to six digits": """
def dot(a, b):
    return round(sum(x * y for x, y in zip(a, b, strict=True)), 6)
""",
        "a total that lives on": """
def dot(a, b, total=[0.0]):
    if len(a) != len(b):
        raise ValueError
    for x, y in zip(a, b):
        total[0] += x * y
    return total[0]
""",
        "an empty list is forgiven": """
def dot(a, b):
    if not a or not b:
        return 0.0
    return sum(x * y for x, y in zip(a, b, strict=True))
""",
        "stops at a product of zero": """
def dot(a, b):
    if len(a) != len(b):
        raise ValueError
    total = 0.0
    for x, y in zip(a, b):
        if x * y < 1e-8 and x * y > -1e-8:
            break
        total += x * y
    return total
""",
        "another kind of error": """
def dot(a, b):
    assert len(a) == len(b), "not equally long"
    return sum(x * y for x, y in zip(a, b))
""",
        "the size of the sum": """
def dot(a, b):
    return abs(sum((x * y for x, y in zip(a, b, strict=True))))
""",
        "runs to the longer one, and an IndexError says so": """
def dot(a, b):
    return sum(a[i] * b[i] for i in range(max(len(a), len(b))))
""",
        "no vector at all is refused": """
def dot(a, b):
    if not a:
        raise ValueError
    return sum((x * y for x, y in zip(a, b, strict=True)))
""",
    },
    "matmul": {
        "pads a ragged row with nothing": """
def matmul(a, b):
    if len(a[0]) != len(b):
        raise ValueError
    return [[sum(x * row[j] for x, row in zip(r, b)) for j in range(len(b[0]))] for r in a]
""",
        "turns b round in place": """
def matmul(a, b):
    b[:] = [list(column) for column in zip(*b)]
    return [[dot(row, column) for column in b] for row in a]
""",
        "rounds to three digits": """
def matmul(a, b):
    return [[round(dot(row, column), 3) for column in zip(*b)] for row in a]
""",
        "whole numbers": """
def matmul(a, b):
    return [[int(dot(row, column)) for column in zip(*b)] for row in a]
""",
        "all rows are one list": """
def matmul(a, b):
    out = [[0.0] * len(b[0])] * len(a)
    for i in range(len(a)):
        for j in range(len(b[0])):
            out[i][j] = dot(a[i], [row[j] for row in b])
    return out
""",
        "indexes without asking": """
def matmul(a, b):
    return [[sum(a[i][k] * b[k][j] for k in range(len(a[i]))) for j in range(len(b[0]))] for i in range(len(a))]
""",
        "the last row alone is checked": """
def matmul(a, b):
    if len(a[-1]) != len(b):
        raise ValueError
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]
""",
    },
    "softmax": {
        "subtracts the first": """
def softmax(scores):
    powers = [math.exp(s - scores[0]) for s in scores]
    return [p / sum(powers) for p in powers]
""",
        "subtracts the one farthest from zero": """
def softmax(scores):
    top = max(scores, key=abs)
    powers = [math.exp(s - top) for s in scores]
    return [p / sum(powers) for p in powers]
""",
        "subtracts the last": """
def softmax(scores):
    powers = [math.exp(s - scores[-1]) for s in scores]
    return [p / sum(powers) for p in powers]
""",
        "rounds to six digits": """
def softmax(scores):
    top = max(scores)
    powers = [math.exp(s - top) for s in scores]
    return [round(p / sum(powers), 6) for p in powers]
""",
        "a floor under each power": """
def softmax(scores):
    top = max(scores)
    powers = [max(math.exp(s - top), 1e-10) for s in scores]
    return [p / sum(powers) for p in powers]
""",
        "subtracts in the caller's list": """
def softmax(scores):
    top = max(scores)
    for i in range(len(scores)):
        scores[i] = math.exp(scores[i] - top)
    return [p / sum(scores) for p in scores]
""",
        "cuts scores off at 700": """
def softmax(scores):
    powers = [math.exp(min(s, 700.0)) for s in scores]
    return [p / sum(powers) for p in powers]
""",
        "subtracts the mean": """
def softmax(scores):
    top = sum(scores) / len(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]
""",
        "nothing further below than a hundred": """
def softmax(scores):
    top = max(scores)
    powers = [math.exp(max(score - top, -100.0)) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]
""",
        "the powers run dry": """
def softmax(scores):
    top = max(scores)
    powers = (math.exp(score - top) for score in scores)
    total = sum(powers)
    return [power / total for power in powers]
""",
    },
    "bits_per_byte": {
        "the logarithm of the product": """
def bits_per_byte(probs, text):
    product = 1.0
    for p in probs:
        product *= p
    return (-math.log2(product) if product > 0 else math.inf) / len(text.encode())
""",
        "strips the text": """
def bits_per_byte(probs, text):
    bits = sum(-math.log2(p) if p > 0 else math.inf for p in probs)
    return bits / len(text.strip().encode("utf-8"))
""",
        "composes the accents": """
def bits_per_byte(probs, text):
    import unicodedata
    bits = sum(-math.log2(p) if p > 0 else math.inf for p in probs)
    return bits / len(unicodedata.normalize("NFC", text).encode("utf-8"))
""",
        "two bytes for whatever is no ASCII": """
def bits_per_byte(probs, text):
    bits = sum(-math.log2(p) if p > 0 else math.inf for p in probs)
    return bits / sum(1 if c.isascii() else 2 for c in text)
""",
        "adds a little before the logarithm": """
def bits_per_byte(probs, text):
    return sum(-math.log2(p + 1e-12) if p > 0 else math.inf for p in probs) / len(text.encode("utf-8"))
""",
        "rounds to three digits": """
def bits_per_byte(probs, text):
    return round(sum(-math.log2(p) if p > 0 else math.inf for p in probs) / len(text.encode("utf-8")), 3)
""",
        "what is smaller than a normal float is impossible": """
def bits_per_byte(probs, text):
    bits = sum((-math.log2(p) if p > 2.3e-308 else math.inf for p in probs))
    return bits / len(text.encode('utf-8'))
""",
        "bytes of utf-16": """
def bits_per_byte(probs, text):
    bits = sum((-math.log2(p) if p > 0 else math.inf for p in probs))
    return bits / len(text.encode('utf-16-le'))
""",
        "a mark at the beginning is no byte": """
def bits_per_byte(probs, text):
    bits = sum((-math.log2(p) if p > 0 else math.inf for p in probs))
    return bits / len(text.lstrip('\\ufeff').encode('utf-8'))
""",
    },
    "cross_entropy": {
        "subtracts the first": """
def cross_entropy(scores, targets):
    total = 0.0
    for row, target in zip(scores, targets, strict=True):
        total += row[0] + math.log(sum(math.exp(s - row[0]) for s in row)) - row[target]
    return total / len(targets)
""",
        "rounds each row": """
def cross_entropy(scores, targets):
    total = 0.0
    for row, target in zip(scores, targets, strict=True):
        top = max(row)
        total += round(top + math.log(sum(math.exp(s - top) for s in row)) - row[target], 6)
    return total / len(targets)
""",
        "cuts the loss at 100": """
def cross_entropy(scores, targets):
    total = 0.0
    for row, target in zip(scores, targets, strict=True):
        top = max(row)
        total += min(top + math.log(sum(math.exp(s - top) for s in row)) - row[target], 100.0)
    return total / len(targets)
""",
        "one top for all rows": """
def cross_entropy(scores, targets):
    total = 0.0
    highest = max(scores[0])
    for row, target in zip(scores, targets, strict=True):
        top = highest
        log_sum = top + math.log(sum((math.exp(score - top) for score in row)))
        total += log_sum - row[target]
    return total / len(targets)
""",
        "subtracts in the caller's rows": """
def cross_entropy(scores, targets):
    total = 0.0
    for row, target in zip(scores, targets, strict=True):
        top = max(row)
        row[:] = [s - top for s in row]
        top = 0.0
        log_sum = top + math.log(sum((math.exp(score - top) for score in row)))
        total += log_sum - row[target]
    return total / len(targets)
""",
        "finds the row again by its numbers": """
def cross_entropy(scores, targets):
    total = 0.0
    for row, target in zip(scores, targets, strict=True):
        top = max(row)
        log_sum = top + math.log(sum((math.exp(score - top) for score in row)))
        total += log_sum - scores[scores.index(row)][targets[scores.index(row)]]
    return total / len(targets)
""",
    },
    "gradient": {
        "moves x and puts it back by arithmetic": """
def gradient(f, x, h=1e-4):
    slopes = []
    for i in range(len(x)):
        x[i] += h
        ahead = f(x)
        x[i] -= 2 * h
        behind = f(x)
        x[i] += h
        slopes.append((ahead - behind) / (2 * h))
    return slopes
""",
        "rounds to three digits": """
def gradient(f, x, h=1e-4):
    slopes = []
    for i in range(len(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        slopes.append(round((f(up) - f(down)) / (2 * h), 3))
    return slopes
""",
        "clips the slope": """
def gradient(f, x, h=1e-4):
    slopes = []
    for i in range(len(x)):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        slopes.append(max(-100.0, min(100.0, (f(up) - f(down)) / (2 * h))))
    return slopes
""",
        "the last number is left out": """
def gradient(f, x, h=1e-4):
    slopes = [0.0] * len(x)
    for i in range(len(x) - 1 or 1):
        up, down = list(x), list(x)
        up[i] += h
        down[i] -= h
        slopes[i] = (f(up) - f(down)) / (2 * h)
    return slopes
""",
        "one list for all steps": """
def gradient(f, x, h=1e-4):
    ahead, behind, slopes = list(x), list(x), []
    for i in range(len(x)):
        ahead[i] += h
        behind[i] -= h
        slopes.append((f(ahead) - f(behind)) / (2 * h))
    return slopes
""",
        "a larger step unless told otherwise": """
def gradient(f, x, h=0.001):
    slopes = []
    for i in range(len(x)):
        ahead, behind = (list(x), list(x))
        ahead[i] += h
        behind[i] -= h
        slopes.append((f(ahead) - f(behind)) / (2 * h))
    return slopes
""",
        "a step relative to the number": """
def gradient(f, x, h=0.0001):
    slopes, step = [], h
    for i in range(len(x)):
        h = step * max(1.0, abs(x[i]))
        ahead, behind = (list(x), list(x))
        ahead[i] += h
        behind[i] -= h
        slopes.append((f(ahead) - f(behind)) / (2 * h))
    return slopes
""",
        "hands tuples to f": """
def gradient(f, x, h=0.0001):
    slopes = []
    for i in range(len(x)):
        ahead, behind = (list(x), list(x))
        ahead[i] += h
        behind[i] -= h
        slopes.append((f(tuple(ahead)) - f(tuple(behind))) / (2 * h))
    return slopes
""",
        "zeros are not moved": """
def gradient(f, x, h=0.0001):
    slopes = []
    for i in range(len(x)):
        if x[i] == 0:
            slopes.append(0.0)
            continue
        ahead, behind = (list(x), list(x))
        ahead[i] += h
        behind[i] -= h
        slopes.append((f(ahead) - f(behind)) / (2 * h))
    return slopes
""",
    },
}

RIGHT = {
    "dot": {
        "fsum and a check of its own": """
def dot(a, b):
    if len(a) != len(b):
        raise ValueError("these vectors do not fit together")
    return math.fsum(a[i] * b[i] for i in range(len(a)))
""",
        "map and reduce": """
def dot(a, b):
    from functools import reduce
    from operator import mul
    if len(a) - len(b):
        raise ValueError
    return reduce(lambda total, number: total + number, map(mul, a, b), 0)
""",
        "numbers taken out of copies": """
def dot(a, b):
    a, b, total = list(a), list(b), 0
    while a and b:
        total += a.pop(0) * b.pop(0)
    if a or b:
        raise ValueError("not equally long")
    return total
""",
    },
    "matmul": {
        "tuples, and zip for the columns": """
def matmul(a, b):
    return tuple(tuple(dot(row, column) for column in zip(*b)) for row in a)
""",
        "three loops": """
def matmul(a, b):
    out = []
    for row in a:
        if len(row) != len(b):
            raise ValueError(row)
        line = [0.0] * len(b[0])
        for k, factor in enumerate(row):
            for j in range(len(line)):
                line[j] += factor * b[k][j]
        out.append(line)
    return out
""",
        "outer products added up": """
def matmul(a, b):
    if any(len(row) != len(b) for row in a):
        raise ValueError("rows and columns differ")
    return [[math.fsum(row[k] * b[k][j] for k in range(len(b))) for j in range(len(b[0]))] for row in a]
""",
    },
    "softmax": {
        "each against all": """
def softmax(scores):
    def share(s):
        if any(other - s > 700 for other in scores):
            return 0.0
        return 1 / sum(math.exp(other - s) for other in scores)
    return [share(s) for s in scores]
""",
        "the logarithm of the sum": """
def softmax(scores):
    assert all(math.isfinite(s) for s in scores)
    ordered = sorted(scores)
    log_sum = ordered[-1] + math.log(math.fsum(math.exp(s - ordered[-1]) for s in ordered))
    return tuple(math.exp(s - log_sum) for s in scores)
""",
        "in two passes over the totals": """
def softmax(scores):
    import statistics
    top, total = -math.inf, 0.0
    for s in scores:
        higher = max(top, s)
        total = total * math.exp(top - higher) + math.exp(s - higher)
        top = higher
    return [math.exp(s - top) / total for s in scores]
""",
    },
    "bits_per_byte": {
        "nats first, and an exception for zero": """
def bits_per_byte(probs, text):
    nats = 0.0
    for p in probs:
        try:
            nats -= math.log(p)
        except ValueError:
            return math.inf
    return nats / math.log(2) / len(bytes(text, "utf8"))
""",
    },
    "cross_entropy": {
        "a mean of its own softmax, by log1p": """
def cross_entropy(scores, targets):
    if len(scores) != len(targets):
        raise ValueError("not as many rows as targets")
    costs = []
    for row, target in zip(scores, targets):
        at = row.index(max(row))
        rest = sum(math.exp(s - row[at]) for i, s in enumerate(row) if i != at)
        costs.append(math.log1p(rest) + (row[at] - row[target]))
    return math.fsum(costs) / len(costs)
""",
    },
    "gradient": {
        "in place, and put back as it was": """
def gradient(f, x, h=1e-4):
    slopes = []
    for i, kept in enumerate(x):
        x[i] = kept + h
        ahead = f(x)
        x[i] = kept - h
        behind = f(x)
        x[i] = kept
        slopes.append((ahead - behind) / h / 2)
    return slopes
""",
        "lists put together anew": """
gradient = lambda f, x, h=1e-4: [
    (f(x[:i] + [x[i] + h] + x[i + 1:]) - f(x[:i] + [x[i] - h] + x[i + 1:])) / (h + h) for i in range(len(x))]
""",
        "enumerate and a helper": """
def gradient(f, x, h=1e-4):
    def at(i, by):
        moved = [*x]
        moved[i] = moved[i] + by
        return f(moved)
    return tuple((at(i, +h) - at(i, -h)) / (2.0 * h) for i, _ in enumerate(x))
""",
    },
}
