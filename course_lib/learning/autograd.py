"""Gradients by hand: a number that remembers how it was made, and the way back through all of them.

Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors; Baydin, Pearlmutter, Radul
and Siskind 2018, Automatic Differentiation in Machine Learning: a Survey, section 3.2 (reverse mode).
"""

import math


class Node:
    """A number in a computation.

    number: the number itself   parents: the nodes it was made of; none for a number that was given
    slopes: for each parent, how fast this number grows as that parent grows and no other
    grad: how fast the end of the whole computation grows with this number; 0 until `backward` has filled it in
    """

    def __init__(self, number, parents=(), slopes=()):
        self.number, self.parents, self.slopes, self.grad = number, parents, slopes, 0.0

    def __repr__(self):
        return f"{self.number:.4g} (gradient {self.grad:.4g})"


class Value(Node):
    """A number that remembers what it was made of, and how fast it grows with each of those.

    Sums and products of two Values, e to the power of one, and its natural logarithm.

    >>> a, b = Value(2.0), Value(5.0); (a * b).number, (a * b).slopes, (a * b + a).number
    (10.0, (5.0, 2.0), 12.0)
    """

    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))

    def exp(self):
        power = math.exp(self.number)
        return Value(power, (self,), (power,))

    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))


def in_order(end):
    """Every node that `end` was made of, each once, parents before what was made of them; `end` comes last.

    It keeps its own list of what to visit instead of calling itself: a sum of 5,000 numbers is a chain 5,000 long, and
    Python allows about 1,000 calls within calls.

    >>> a, b = Value(2.0), Value(5.0); [node.number for node in in_order(a * b + a)]
    [2.0, 5.0, 10.0, 12.0]
    """
    order, seen, todo = [], set(), [(end, False)]
    while todo:
        node, parents_done = todo.pop()
        if parents_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            todo += [(node, True), *((parent, False) for parent in node.parents)]
    return order


def backward(end):
    """Fill in `grad` of every node that `end` was made of: how fast `end` grows with it.

    The grad of `end` itself is 1. What stood in a grad before is forgotten, and a node that was
    used in several places gets the sum of what comes back from each.

    >>> a, b = Value(2.0), Value(5.0); backward(a * b + a); a.grad, b.grad
    (6.0, 2.0)
    """
    order = in_order(end)
    for node in order:
        node.grad = 0.0
    end.grad = 1.0
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            parent.grad += node.grad * slope
