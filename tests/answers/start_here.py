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
        "equal products once": """
def dot(a, b):
    return sum({x * y for x, y in zip(a, b, strict=True)})
""",
        "equal numbers of a once": """
def dot(a, b):
    if len(a) != len(b):
        raise ValueError("lengths")
    return sum(x * y for x, y in dict(zip(a, b)).items())
""",
        "stops at a zero": """
def dot(a, b):
    total = 0.0
    for x, y in zip(a, b, strict=True):
        if not x:
            break
        total += x * y
    return total
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
        "equal columns once": """
def matmul(a, b):
    columns = list(dict.fromkeys(zip(*b, strict=True)))
    return [[dot(row, column) for column in columns] for row in a]
""",
        "equal rows once": """
def matmul(a, b):
    columns = list(zip(*b, strict=True))
    return list({tuple(row): [dot(row, column) for column in columns] for row in a}.values())
""",
        "a square first matrix turned": """
def matmul(a, b):
    columns = list(zip(*b, strict=True))
    if len(a) == len(a[0]) and len(a) > 1:
        a = [list(row) for row in zip(*a)]
    return [[dot(row, column) for column in columns] for row in a]
""",
        "finds the row again by its numbers": """
def matmul(a, b):
    columns = list(zip(*b, strict=True))
    out = [[0.0] * len(columns) for _ in a]
    for row in a:
        i = a.index(row) if len(a) < 50 else 0
        for j, column in enumerate(columns):
            out[i][j] += dot(row, column)
    return out
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
        "the first as what is left": """
def softmax(scores):
    top = max(scores)
    powers = [math.exp(s - top) for s in scores]
    shares = [p / sum(powers) for p in powers]
    shares[0] = 1 - sum(shares[1:])
    return shares
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
        "a cap far up": """
def bits_per_byte(probs, text):
    bits = 0.0
    for p in probs:
        if p == 0:
            bits = math.inf
            break
        bits -= math.log2(p)
    return min(bits, 1e5) / len(text.encode()) if bits < math.inf else bits
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
        "the margin alone where it is large": """
def cross_entropy(scores, targets):
    total = 0.0
    for row, target in zip(scores, targets, strict=True):
        total += max(row) - row[target] if max(row) - row[target] > 5 else math.log(sum(math.exp(s - max(row)) for s in row)) + max(row) - row[target]
    return total / len(targets)
""",
        "a cap far up": """
def cross_entropy(scores, targets):
    total = 0.0
    for row, target in zip(scores, targets, strict=True):
        top = max(row)
        log_sum = top + math.log(sum(math.exp(score - top) for score in row))
        total += min(log_sum - row[target], 1e4)
    return total / len(targets)
""",
        "mean of the rows that are wrong": """
def cross_entropy(scores, targets):
    losses = []
    for row, target in zip(scores, targets, strict=True):
        top = max(row)
        log_sum = top + math.log(sum(math.exp(score - top) for score in row))
        if log_sum - row[target] > 1e-3:
            losses.append(log_sum - row[target])
    return sum(losses) / len(losses) if losses else 0.0
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
        "x made whole": """
def gradient(f, x, h=1e-4):
    slopes = []
    for i in range(len(x)):
        ahead, behind = [int(v) for v in x], [int(v) for v in x]
        ahead[i] += h
        behind[i] -= h
        slopes.append((f(ahead) - f(behind)) / (2 * h))
    return slopes
""",
        "x rounded": """
def gradient(f, x, h=1e-4):
    x = [round(v, 2) for v in x]
    slopes = []
    for i in range(len(x)):
        ahead, behind = list(x), list(x)
        ahead[i] += h
        behind[i] -= h
        slopes.append((f(ahead) - f(behind)) / (2 * h))
    return slopes
""",
        "the others are 0": """
def gradient(f, x, h=1e-4):
    slopes = []
    for i in range(len(x)):
        ahead, behind = [0.0] * len(x), [0.0] * len(x)
        ahead[i], behind[i] = x[i] + h, x[i] - h
        if len(x) == 3:
            ahead, behind = list(x), list(x)
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
