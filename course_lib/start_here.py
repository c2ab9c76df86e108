"""The maths that everything else stands on, in plain Python: products, probabilities, slopes."""

import math


def dot(a, b):
    """Multiply two vectors place by place and add up: large where they point the same way.

    a, b: lists of equally many numbers
    returns: one number
    raises: ValueError where one list is longer than the other

    >>> dot([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    32.0
    """
    return sum(x * y for x, y in zip(a, b, strict=True))


def matmul(a, b):
    """Multiply two matrices: row i, column j has the dot product of a's row i and b's column j.

    a: M rows of K numbers (a list of lists)
    b: K rows of N numbers
    returns: M rows of N numbers
    raises: ValueError where a row of a is not as long as a column of b

    >>> matmul([[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]])
    [[13.0, 16.0]]
    """
    columns = [[row[j] for row in b] for j in range(len(b[0]))]
    return [[dot(row, column) for column in columns] for row in a]


def softmax(scores):
    """Turn scores into probabilities: none below 0, together 1, the larger score the larger share.

    scores: a list of one number or more
    returns: a list of as many probabilities; score s has the share e**s of the sum of all of them

    >>> [round(p, 3) for p in softmax([1.0, 0.0, 0.0])]
    [0.576, 0.212, 0.212]
    """
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def bits_per_byte(probs, text):
    """How many bits a text costs under a model, for each byte of the text.

    probs: for each token of the text, the probability that the model gave it before it came
    text: the text itself, one byte or more
    returns: −log2 of the probabilities, added up, divided by the number of utf-8 bytes;
        infinite where a probability is 0

    >>> bits_per_byte([0.5, 0.25], "cat")
    1.0
    """
    bits = sum(-math.log2(p) if p > 0 else math.inf for p in probs)
    return bits / len(text.encode("utf-8"))


def cross_entropy(scores, targets):
    """The mean surprise of a model, in nats: −ln of the probability that it gave to what came.

    scores: for each position a row of scores, one for each token there is
    targets: for each position the number of the token that came
    returns: one number, 0 or more
    raises: ValueError where there are not as many targets as rows

    >>> round(cross_entropy([[0.0, 0.0], [0.0, 1.0]], [0, 1]), 3)
    0.503
    """
    total = 0.0
    for row, target in zip(scores, targets, strict=True):
        top = max(row)
        log_sum = top + math.log(sum(math.exp(score - top) for score in row))
        total += log_sum - row[target]
    return total / len(targets)


def gradient(f, x, h=1e-4):
    """The slope of f in every direction: how fast it grows as one number of x grows, no other.

    f: a function of a list of numbers that gives one number
    x: a list of numbers; it is left as it is
    h: how far to step, both ways
    returns: for each number of x the slope (f one step ahead − f one step behind) / 2h

    >>> [round(slope, 3) for slope in gradient(lambda x: x[0] ** 2 + 5 * x[1], [3.0, 1.0])]
    [6.0, 5.0]
    """
    slopes = []
    for i in range(len(x)):
        ahead, behind = list(x), list(x)
        ahead[i] += h
        behind[i] -= h
        slopes.append((f(ahead) - f(behind)) / (2 * h))
    return slopes
