"""Answers to the exercises on learning, as learners write them: wrong ones that a test must catch, right unusual ones."""

WRONG = {
    "Value": {
        "one power for equal numbers": """
class Value(Node):
    powers = {}
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))
    def exp(self):
        if self.number not in self.powers:
            p = math.exp(self.number)
            self.powers[self.number] = Value(p, (self,), (p,))
        return self.powers[self.number]
    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "what is used again loses its grad": """
class Value(Node):
    def __add__(self, other):
        self.grad = other.grad = 0.0
        return Value(self.number + other.number, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        self.grad = other.grad = 0.0
        return Value(self.number * other.number, (self, other), (other.number, self.number))
    def exp(self):
        p = math.exp(self.number)
        return Value(p, (self,), (p,))
    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "e to five places": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))
    def exp(self):
        p = 2.71828 ** self.number
        return Value(p, (self,), (p,))
    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "a product with nothing is nothing": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        if self.number == 0 or other.number == 0:
            return Value(0.0)
        return Value(self.number * other.number, (self, other), (other.number, self.number))
    def exp(self):
        p = math.exp(self.number)
        return Value(p, (self,), (p,))
    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "e is 2.7183": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))
    def exp(self):
        power = 2.7183 ** self.number
        return Value(power, (self,), (power,))
    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "exp stops at 20": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))
    def exp(self):
        power = math.exp(min(self.number, 20.0))
        return Value(power, (self,), (power,))
    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "the product's slope is the product": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        n = self.number * other.number
        return Value(n, (self, other), (n, n))
    def exp(self):
        return Value(math.exp(self.number), (self,), (math.exp(self.number),))
    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "the parents are their numbers": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self.number, other.number), (1.0, 1.0))
    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))
    def exp(self):
        return Value(math.exp(self.number), (self,), (math.exp(self.number),))
    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "exp changes itself": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))
    def exp(self):
        self.number = math.exp(self.number)
        return Value(self.number, (self,), (self.number,))
    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "a logarithm with a floor": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))
    def exp(self):
        return Value(math.exp(self.number), (self,), (math.exp(self.number),))
    def log(self):
        return Value(math.log(max(self.number, 1e-6)), (self,), (1 / max(self.number, 1e-6),))
""",
        "equal factors are counted once": """
class Value(Node):
    def __add__(self, other):
        if self is other:
            return Value(2 * self.number, (self,), (1.0,))
        return Value(self.number + other.number, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))
    def exp(self):
        return Value(math.exp(self.number), (self,), (math.exp(self.number),))
    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "the slope is filled into grad at once": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))
    def __mul__(self, other):
        self.grad += other.number
        other.grad += self.number
        return Value(self.number * other.number, (self, other), (other.number, self.number))
    def exp(self):
        return Value(math.exp(self.number), (self,), (math.exp(self.number),))
    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "exp with two parents": """
class Value(Node):

    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))

    def exp(self):
        power = math.exp(self.number)
        return Value(power, (self, self), (power, 0.0))

    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "log of base two": """
class Value(Node):

    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))

    def exp(self):
        power = math.exp(self.number)
        return Value(power, (self,), (power,))

    def log(self):
        return Value(math.log2(self.number), (self,), (1 / self.number,))
""",
        "adding 0 gives back the other Value itself": """
class Value(Node):
    def __add__(self, other):
        if other.number == 0:
            return self
        return Value(self.number + other.number, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))

    def exp(self):
        power = math.exp(self.number)
        return Value(power, (self,), (power,))

    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "e to less than −20 is e to −20": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))

    def exp(self):
        power = math.exp(max(self.number, -20.0))
        return Value(power, (self,), (power,))

    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "sums are rounded to ten places": """
class Value(Node):
    def __add__(self, other):
        return Value(round(self.number + other.number, 10), (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))

    def exp(self):
        power = math.exp(self.number)
        return Value(power, (self,), (power,))

    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "a Value keeps its power, also when its number has changed": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))

    def exp(self):
        if not hasattr(self, 'power'):
            self.power = math.exp(self.number)
        power = self.power
        return Value(power, (self,), (power,))

    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
        "the logarithm of more than a million is that of a million": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))

    def exp(self):
        power = math.exp(self.number)
        return Value(power, (self,), (power,))

    def log(self):
        return Value(math.log(min(self.number, 1e6)), (self,), (1 / self.number,))
""",
        "products below 1e-15 are 0": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        product = self.number * other.number
        return Value(product if abs(product) > 1e-15 else 0.0, (self, other), (other.number, self.number))

    def exp(self):
        power = math.exp(self.number)
        return Value(power, (self,), (power,))

    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
    },
    "backward": {
        "blame is clipped": """
def backward(end):
    order = in_order(end)
    for node in order:
        node.grad = 0.0
    end.grad = 1.0
    for node in reversed(order):
        node.grad = max(-100.0, min(100.0, node.grad))
        for parent, slope in zip(node.parents, node.slopes):
            parent.grad += node.grad * slope
    for node in order:
        node.grad = max(-100.0, min(100.0, node.grad))
""",
        "small blame is dropped": """
def backward(end):
    order = in_order(end)
    for node in order:
        node.grad = 0.0
    end.grad = 1.0
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.slopes):
            if abs(node.grad * slope) > 1e-8:
                parent.grad += node.grad * slope
""",
        "breaks off where nothing comes back": """
def backward(end):
    order = in_order(end)
    for node in order:
        node.grad = 0.0
    end.grad = 1.0
    for node in reversed(order):
        if node.grad == 0:
            break
        for parent, slope in zip(node.parents, node.slopes):
            parent.grad += node.grad * slope
""",
        "remembers what it has visited": """
seen = set()
def backward(end):
    order = in_order(end)
    for node in order:
        if node not in seen:
            node.grad = 0.0
            seen.add(node)
    end.grad = 1.0
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            parent.grad += node.grad * slope
""",
        "only what has no parents is reset": """
def backward(end):
    order = in_order(end)
    for node in order:
        if not node.parents:
            node.grad = 0.0
    end.grad = 1.0
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            parent.grad += node.grad * slope
""",
        "from the end inwards, child by child": """
def backward(end):
    for node in in_order(end):
        node.grad = 0.0
    end.grad = 1.0
    todo = [end]
    while todo:
        node = todo.pop()
        for parent, slope in zip(node.parents, node.slopes):
            parent.grad += node.grad * slope
            todo.append(parent)
""",
        "calls itself": """
def backward(end):
    def walk(node, grad):
        node.grad += grad
        for parent, slope in zip(node.parents, node.slopes):
            walk(parent, grad * slope)
    for node in in_order(end):
        node.grad = 0.0
    walk(end, 1.0)
""",
        "grads are never reset": """
def backward(end):
    end.grad = 1.0
    for node in reversed(in_order(end)):
        for parent, slope in zip(node.parents, node.slopes):
            parent.grad += node.grad * slope
""",
        "parents in a dict, so that twins are one": """
def backward(end):
    order = in_order(end)
    for node in order:
        node.grad = 0.0
    end.grad = 1.0
    for node in reversed(order):
        for parent, slope in dict(zip(node.parents, node.slopes)).items():
            parent.grad += node.grad * slope
""",
        "the end keeps what it had": """
def backward(end):
    order = in_order(end)
    for node in order[:-1]:
        node.grad = 0.0
    end.grad += 1.0
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.slopes):
            parent.grad += node.grad * slope
""",
        "only two parents are looked at, and the second's slope is the first's": """
def backward(end):
    order = in_order(end)
    for node in order:
        node.grad = 0.0
    end.grad = 1.0
    for node in reversed(order):
        for parent in node.parents:
            parent.grad += node.grad * node.slopes[node.parents.index(parent)]
""",
        "slopes are rounded": """
def backward(end):
    order = in_order(end)
    for node in order:
        node.grad = 0.0
    end.grad = 1.0
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.slopes):
            parent.grad = round(parent.grad + node.grad * slope, 2)
""",
        "the grads of leaves go on": """
def backward(end):
    order = in_order(end)
    for node in order:
        if node.parents:
            node.grad = 0.0
    end.grad = 1.0
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            parent.grad += node.grad * slope
""",
        "the slope alone": """
def backward(end):
    order = in_order(end)
    for node in order:
        node.grad = 0.0
    end.grad = 1.0
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            parent.grad += slope
""",
        "numbers that are not there stop it": """
def backward(end):
    order = in_order(end)
    for node in order:
        node.grad = 0.0
    end.grad = 1.0
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            if not parent.number:
                continue
            parent.grad += node.grad * slope
""",
        "the largest number first": """
def backward(end):
    order = in_order(end)
    for node in order:
        node.grad = 0.0
    end.grad = 1.0
    for node in sorted(reversed(order), key=lambda node: -node.number):
        for parent, slope in zip(node.parents, node.slopes):
            parent.grad += node.grad * slope
""",
        "a grad is forgotten when something arrives, and along 0 nothing does": """
def backward(end):
    end.grad, reached = 1.0, {id(end)}
    for node in reversed(in_order(end)):
        if id(node) not in reached:
            continue
        for parent, slope in zip(node.parents, node.slopes):
            if slope == 0:
                continue
            if id(parent) not in reached:
                reached.add(id(parent))
                parent.grad = 0.0
            parent.grad += node.grad * slope
""",
        "what is used more than eight times is used eight times": """
def backward(end):
    order = in_order(end)
    for node in order:
        node.grad = 0.0
    end.grad, used = 1.0, {}
    for node in reversed(order):
        for parent, slope in zip(node.parents, node.slopes):
            used[id(parent)] = used.get(id(parent), 0) + 1
            if used[id(parent)] <= 8:
                parent.grad += node.grad * slope
""",
    },
    "step_by_hand": {
        "nothing moves where the loss is small": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) != len(targets):
        raise ValueError("bad")
    loss = 0.0
    E = [[0.0] * len(r) for r in embedding]
    H = [[0.0] * len(r) for r in head]
    for i, t in zip(ids, targets):
        scores = [dot(embedding[i], row) for row in head]
        probs, top = softmax(scores), max(scores)
        nats = top + math.log(sum(math.exp(s - top) for s in scores)) - scores[t]
        loss += nats
        if nats < 1e-3:
            continue
        for j, p in enumerate(probs):
            push = (p - (j == t)) / len(ids)
            for c in range(len(embedding[i])):
                H[j][c] += push * embedding[i][c]
                E[i][c] += push * head[j][c]
    for table, slopes in ((embedding, E), (head, H)):
        for row, s in zip(table, slopes):
            for c in range(len(row)):
                row[c] -= rate * s[c]
    return loss / len(ids)
""",
        "equal pairs once": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) != len(targets):
        raise ValueError
    pairs = list(dict.fromkeys(zip(ids, targets)))
    loss, N = 0.0, len(pairs)
    to_e = [[0.0] * len(r) for r in embedding]
    to_h = [[0.0] * len(r) for r in head]
    for i, t in pairs:
        scores = [dot(embedding[i], row) for row in head]
        top = max(scores)
        loss += top + math.log(sum(math.exp(s - top) for s in scores)) - scores[t]
        for j, p in enumerate(softmax(scores)):
            push = (p - (j == t)) / N
            for c in range(len(embedding[i])):
                to_h[j][c] += push * embedding[i][c]
                to_e[i][c] += push * head[j][c]
    for table, slopes in ((embedding, to_e), (head, to_h)):
        for row, s in zip(table, slopes):
            for c in range(len(row)):
                row[c] -= rate * s[c]
    return loss / N
""",
        "the last target's slope only": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) != len(targets):
        raise ValueError
    loss = 0.0
    for i, target in zip(ids, targets):
        scores = [dot(embedding[i], row) for row in head]
        top = max(scores)
        loss += top + math.log(sum(math.exp(s - top) for s in scores)) - scores[target]
    probs, old = softmax(scores), list(embedding[i])
    for j, p in enumerate(probs):
        push = p - (j == target)
        for c in range(len(old)):
            embedding[i][c] -= rate * push * head[j][c] / len(ids)
            head[j][c] -= rate * push * old[c] / len(ids)
    return loss / len(ids)
""",
        "updates after each position": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) != len(targets):
        raise ValueError
    loss = 0.0
    for i, target in zip(ids, targets):
        scores = [dot(embedding[i], row) for row in head]
        top = max(scores)
        loss += top + math.log(sum(math.exp(s - top) for s in scores)) - scores[target]
        probs, old = softmax(scores), list(embedding[i])
        for j, p in enumerate(probs):
            push = (p - (j == target)) / len(ids)
            for c in range(len(old)):
                embedding[i][c] -= rate * push * head[j][c]
                head[j][c] -= rate * push * old[c]
    return loss / len(ids)
""",
        "new tables instead of changed ones": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) != len(targets):
        raise ValueError
    V, C, loss = len(head), len(head[0]), 0.0
    ge, gh = [[0.0] * C for _ in embedding], [[0.0] * C for _ in head]
    for i, target in zip(ids, targets):
        scores = [dot(embedding[i], row) for row in head]
        top = max(scores)
        loss += top + math.log(sum(math.exp(s - top) for s in scores)) - scores[target]
        for j, p in enumerate(softmax(scores)):
            push = (p - (j == target)) / len(ids)
            for c in range(C):
                ge[i][c] += push * head[j][c]
                gh[j][c] += push * embedding[i][c]
    embedding = [[x - rate * g for x, g in zip(r, s)] for r, s in zip(embedding, ge)]
    head = [[x - rate * g for x, g in zip(r, s)] for r, s in zip(head, gh)]
    return loss / len(ids)
""",
        "the loss after the step": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) != len(targets):
        raise ValueError
    C = len(head[0])
    ge, gh = [[0.0] * C for _ in embedding], [[0.0] * C for _ in head]
    for i, target in zip(ids, targets):
        scores = [dot(embedding[i], row) for row in head]
        for j, p in enumerate(softmax(scores)):
            push = (p - (j == target)) / len(ids)
            for c in range(C):
                ge[i][c] += push * head[j][c]
                gh[j][c] += push * embedding[i][c]
    for table, slopes in ((embedding, ge), (head, gh)):
        for row, s in zip(table, slopes):
            for c in range(C):
                row[c] -= rate * s[c]
    loss = 0.0
    for i, target in zip(ids, targets):
        scores = [dot(embedding[i], row) for row in head]
        top = max(scores)
        loss += top + math.log(sum(math.exp(s - top) for s in scores)) - scores[target]
    return loss / len(ids)
""",
        "exponentials without their largest": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) != len(targets):
        raise ValueError
    loss, C = 0.0, len(head[0])
    ge, gh = [[0.0] * C for _ in embedding], [[0.0] * C for _ in head]
    for i, target in zip(ids, targets):
        scores = [dot(embedding[i], row) for row in head]
        powers = [math.exp(s) for s in scores]
        total = sum(powers)
        loss -= math.log(powers[target] / total)
        for j, p in enumerate(powers):
            push = (p / total - (j == target)) / len(ids)
            for c in range(C):
                ge[i][c] += push * head[j][c]
                gh[j][c] += push * embedding[i][c]
    for table, slopes in ((embedding, ge), (head, gh)):
        for row, s in zip(table, slopes):
            for c in range(C):
                row[c] -= rate * s[c]
    return loss / len(ids)
""",
        "too many targets are cut off": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) > len(targets):
        raise ValueError
    loss, C = 0.0, len(head[0])
    ge, gh = [[0.0] * C for _ in embedding], [[0.0] * C for _ in head]
    for i, target in zip(ids, targets):
        scores = [dot(embedding[i], row) for row in head]
        top = max(scores)
        loss += top + math.log(sum(math.exp(s - top) for s in scores)) - scores[target]
        for j, p in enumerate(softmax(scores)):
            push = (p - (j == target)) / len(ids)
            for c in range(C):
                ge[i][c] += push * head[j][c]
                gh[j][c] += push * embedding[i][c]
    for table, slopes in ((embedding, ge), (head, gh)):
        for row, s in zip(table, slopes):
            for c in range(C):
                row[c] -= rate * s[c]
    return loss / len(ids)
""",
        "the loss is minus log of the probability": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) != len(targets):
        raise ValueError
    loss = 0.0
    to_embedding = [[0.0] * len(row) for row in embedding]
    to_head = [[0.0] * len(row) for row in head]
    for i, target in zip(ids, targets, strict=True):
        scores = [dot(embedding[i], row) for row in head]
        probs = softmax(scores)
        top = max(scores)
        loss += -math.log(max(probs[target], 1e-12))
        for j, prob in enumerate(probs):
            push = (prob - (j == target)) / len(ids)
            for c in range(len(embedding[i])):
                to_head[j][c] += push * embedding[i][c]
                to_embedding[i][c] += push * head[j][c]
    for table, slopes in ((embedding, to_embedding), (head, to_head)):
        for row, slopes_of_row in zip(table, slopes, strict=True):
            for c, slope in enumerate(slopes_of_row):
                row[c] -= rate * slope
    return loss / len(ids)
""",
        "slopes of the sum": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) != len(targets):
        raise ValueError
    loss = 0.0
    to_embedding = [[0.0] * len(row) for row in embedding]
    to_head = [[0.0] * len(row) for row in head]
    for i, target in zip(ids, targets, strict=True):
        scores = [dot(embedding[i], row) for row in head]
        probs = softmax(scores)
        top = max(scores)
        loss += top + math.log(sum((math.exp(score - top) for score in scores))) - scores[target]
        for j, prob in enumerate(probs):
            push = prob - (j == target)
            for c in range(len(embedding[i])):
                to_head[j][c] += push * embedding[i][c]
                to_embedding[i][c] += push * head[j][c]
    for table, slopes in ((embedding, to_embedding), (head, to_head)):
        for row, slopes_of_row in zip(table, slopes, strict=True):
            for c, slope in enumerate(slopes_of_row):
                row[c] -= rate * slope
    return loss / len(ids)
""",
        "the largest score is at least 0": """
def step_by_hand(embedding, head, ids, targets, rate):
    if len(ids) != len(targets) or not ids:
        raise ValueError("as many targets as ids, and at least one")
    V, C, N = len(embedding), len(embedding[0]), len(ids)
    d_emb = [[0.0] * C for _ in range(V)]
    d_head = [[0.0] * C for _ in range(V)]
    loss = 0.0
    for i, target in zip(ids, targets):
        scores = [dot(embedding[i], row) for row in head]
        probs = softmax(scores)
        top = max(scores, default=0.0) if max(scores) > 0 else 0.0
        loss += top + math.log(sum(math.exp(s - top) for s in scores)) - scores[target]
        for j in range(V):
            push = (probs[j] - (1.0 if j == target else 0.0)) / N
            for c in range(C):
                d_head[j][c] += push * embedding[i][c]
                d_emb[i][c] += push * head[j][c]
    for v in range(V):
        for c in range(C):
            embedding[v][c] -= rate * d_emb[v][c]
            head[v][c] -= rate * d_head[v][c]
    return loss / N
""",
        "a vector of zeros is padding": """
def step_by_hand(embedding, head, ids, targets, rate):
    if len(ids) != len(targets) or not ids:
        raise ValueError("as many targets as ids, and at least one")
    V, C, N = len(embedding), len(embedding[0]), len(ids)
    d_emb = [[0.0] * C for _ in range(V)]
    d_head = [[0.0] * C for _ in range(V)]
    loss = 0.0
    for i, target in zip(ids, targets):
        scores = [dot(embedding[i], row) for row in head]
        probs = softmax(scores)
        top = max(scores)
        loss += top + math.log(sum(math.exp(s - top) for s in scores)) - scores[target]
        if not any(embedding[i]):
            continue
        for j in range(V):
            push = (probs[j] - (1.0 if j == target else 0.0)) / N
            for c in range(C):
                d_head[j][c] += push * embedding[i][c]
                d_emb[i][c] += push * head[j][c]
    for v in range(V):
        for c in range(C):
            embedding[v][c] -= rate * d_emb[v][c]
            head[v][c] -= rate * d_head[v][c]
    return loss / N
""",
    },
    "momentum_step": {
        "rests where the gradient is 0": """
def momentum_step(parameter, gradient, state, lr, momentum):
    if not gradient.any():
        return
    velocity = state.get("velocity")
    state["velocity"] = gradient.clone() if velocity is None else momentum * velocity + gradient
    parameter -= lr * state["velocity"]
""",
        "no velocity without momentum": """
def momentum_step(parameter, gradient, state, lr, momentum):
    if momentum == 0:
        parameter -= lr * gradient
        return
    velocity = state.get("velocity")
    state["velocity"] = gradient.clone() if velocity is None else momentum * velocity + gradient
    parameter -= lr * state["velocity"]
""",
        "the rate is in the velocity": """
def momentum_step(parameter, gradient, state, lr, momentum):
    v = state.get("velocity", torch.zeros_like(parameter))
    state["velocity"] = momentum * v - lr * gradient
    parameter += state["velocity"]
""",
        "a running mean": """
def momentum_step(parameter, gradient, state, lr, momentum):
    v = state.get("velocity", torch.zeros_like(parameter))
    state["velocity"] = momentum * v + (1 - momentum) * gradient
    parameter -= lr * state["velocity"]
""",
        "the first gradient itself is kept": """
def momentum_step(parameter, gradient, state, lr, momentum):
    if "velocity" not in state:
        state["velocity"] = gradient
    else:
        state["velocity"] = momentum * state["velocity"] + gradient
    parameter -= lr * state["velocity"]
""",
        "a new parameter": """
def momentum_step(parameter, gradient, state, lr, momentum):
    v = state.get("velocity")
    state["velocity"] = gradient.clone() if v is None else momentum * v + gradient
    parameter = parameter - lr * state["velocity"]
    return parameter
""",
        "one velocity for all": """
def momentum_step(parameter, gradient, state, lr, momentum, kept={}):
    v = kept.get(parameter.shape)
    kept[parameter.shape] = state["velocity"] = gradient.clone() if v is None else momentum * v + gradient
    parameter -= lr * state["velocity"]
""",
        "the velocity of before moves it": """
def momentum_step(parameter, gradient, state, lr, momentum):
    v = state.get("velocity", gradient.clone())
    parameter -= lr * v
    state["velocity"] = momentum * v + gradient
""",
        "clipped at 100": """
def momentum_step(parameter, gradient, state, lr, momentum):
    v = state.get("velocity")
    state["velocity"] = (gradient.clone() if v is None else momentum * v + gradient).clamp(-10, 10)
    parameter -= lr * state["velocity"]
""",
        "the velocity in single precision": """
def momentum_step(parameter, gradient, state, lr, momentum):
    velocity = state.get('velocity')
    state['velocity'] = gradient.float().clone() if velocity is None else momentum * velocity + gradient
    parameter -= lr * state['velocity']
""",
        "momentum belongs to the gradient": """
def momentum_step(parameter, gradient, state, lr, momentum):
    velocity = state.get('velocity')
    state['velocity'] = gradient.clone() if velocity is None else velocity + momentum * gradient
    parameter -= lr * state['velocity']
""",
        "begins at zero and forgets what it is called": """
def momentum_step(parameter, gradient, state, lr, momentum):
    velocity = state.get('v')
    state['v'] = gradient.clone() if velocity is None else momentum * velocity + gradient
    parameter -= lr * state['v']
""",
        "through reshape": """
def momentum_step(parameter, gradient, state, lr, momentum):
    velocity = state.get("velocity")
    if velocity is None:
        velocity = gradient.clone()
    else:
        velocity = momentum * velocity + gradient
    state["velocity"] = velocity
    parameter.reshape(-1).sub_(lr * velocity.reshape(-1))
""",
        "row by row": """
def momentum_step(parameter, gradient, state, lr, momentum):
    velocity = state.get("velocity")
    if velocity is None:
        velocity = gradient.clone()
    else:
        velocity = momentum * velocity + gradient
    state["velocity"] = velocity
    for row, v in zip(parameter, velocity):
        row -= lr * v
""",
        "a rate of 0 does nothing at all": """
def momentum_step(parameter, gradient, state, lr, momentum):
    if lr == 0:
        return
    velocity = state.get("velocity")
    if velocity is None:
        velocity = gradient.clone()
    else:
        velocity = momentum * velocity + gradient
    state["velocity"] = velocity
    parameter -= lr * velocity
""",
        "the velocity begins anew in every tenth step": """
def momentum_step(parameter, gradient, state, lr, momentum):
    state["n"] = state.get("n", 0) + 1
    velocity = state.get("velocity") if state["n"] % 10 else None
    if velocity is None:
        velocity = gradient.clone()
    else:
        velocity = momentum * velocity + gradient
    state["velocity"] = velocity
    parameter -= lr * velocity
""",
        "looks ahead (Nesterov)": """
def momentum_step(parameter, gradient, state, lr, momentum):
    velocity = state.get("velocity")
    if velocity is None:
        velocity = gradient.clone()
    else:
        velocity = momentum * velocity + gradient
    state["velocity"] = velocity
    parameter -= lr * (gradient + momentum * velocity)
""",
    },
    "adamw_step": {
        "no correction after ten steps": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    if not state:
        state.update(step=torch.tensor(0.0), exp_avg=torch.zeros_like(parameter), exp_avg_sq=torch.zeros_like(parameter))
    (beta1, beta2), mean, square = betas, state["exp_avg"], state["exp_avg_sq"]
    state["step"] += 1
    t = state["step"].item()
    parameter.mul_(1 - lr * weight_decay)
    mean.mul_(beta1).add_(gradient, alpha=1 - beta1)
    square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
    one, two = (1 - beta1**t, 1 - beta2**t) if t <= 10 else (1, 1)
    parameter.addcdiv_(mean, (square / two).sqrt_().add_(eps), value=-lr / one)
""",
        "vectors do not decay": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    if not state:
        state.update(step=torch.tensor(0.0), exp_avg=torch.zeros_like(parameter), exp_avg_sq=torch.zeros_like(parameter))
    (beta1, beta2), mean, square = betas, state["exp_avg"], state["exp_avg_sq"]
    state["step"] += 1
    t = state["step"].item()
    if parameter.ndim > 1:
        parameter.mul_(1 - lr * weight_decay)
    mean.mul_(beta1).add_(gradient, alpha=1 - beta1)
    square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
    parameter.addcdiv_(mean, (square / (1 - beta2**t)).sqrt_().add_(eps), value=-lr / (1 - beta1**t))
""",
        "plain Adam: the decay is in the gradient": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    if not state:
        state.update(step=0, exp_avg=torch.zeros_like(parameter), exp_avg_sq=torch.zeros_like(parameter))
    state["step"] += 1
    t, (b1, b2) = state["step"], betas
    g = gradient + weight_decay * parameter
    state["exp_avg"] = b1 * state["exp_avg"] + (1 - b1) * g
    state["exp_avg_sq"] = b2 * state["exp_avg_sq"] + (1 - b2) * g * g
    m, s = state["exp_avg"] / (1 - b1**t), state["exp_avg_sq"] / (1 - b2**t)
    parameter -= lr * m / (s.sqrt() + eps)
""",
        "no correction": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    if not state:
        state.update(step=0, exp_avg=torch.zeros_like(parameter), exp_avg_sq=torch.zeros_like(parameter))
    state["step"] += 1
    b1, b2 = betas
    parameter *= 1 - lr * weight_decay
    state["exp_avg"] = b1 * state["exp_avg"] + (1 - b1) * gradient
    state["exp_avg_sq"] = b2 * state["exp_avg_sq"] + (1 - b2) * gradient**2
    parameter -= lr * state["exp_avg"] / (state["exp_avg_sq"].sqrt() + eps)
""",
        "eps under the root": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    if not state:
        state.update(step=0, exp_avg=torch.zeros_like(parameter), exp_avg_sq=torch.zeros_like(parameter))
    state["step"] += 1
    t, (b1, b2) = state["step"], betas
    parameter *= 1 - lr * weight_decay
    state["exp_avg"] = b1 * state["exp_avg"] + (1 - b1) * gradient
    state["exp_avg_sq"] = b2 * state["exp_avg_sq"] + (1 - b2) * gradient**2
    m, s = state["exp_avg"] / (1 - b1**t), state["exp_avg_sq"] / (1 - b2**t)
    parameter -= lr * m / (s + eps).sqrt()
""",
        "the decay knows no rate": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    if not state:
        state.update(step=0, exp_avg=torch.zeros_like(parameter), exp_avg_sq=torch.zeros_like(parameter))
    state["step"] += 1
    t, (b1, b2) = state["step"], betas
    parameter *= 1 - weight_decay
    state["exp_avg"] = b1 * state["exp_avg"] + (1 - b1) * gradient
    state["exp_avg_sq"] = b2 * state["exp_avg_sq"] + (1 - b2) * gradient**2
    m, s = state["exp_avg"] / (1 - b1**t), state["exp_avg_sq"] / (1 - b2**t)
    parameter -= lr * m / (s.sqrt() + eps)
""",
        "the gradient is squared in place": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    if not state:
        state.update(step=0, exp_avg=torch.zeros_like(parameter), exp_avg_sq=torch.zeros_like(parameter))
    state["step"] += 1
    t, (b1, b2) = state["step"], betas
    parameter *= 1 - lr * weight_decay
    state["exp_avg"] = b1 * state["exp_avg"] + (1 - b1) * gradient
    state["exp_avg_sq"] = b2 * state["exp_avg_sq"] + (1 - b2) * gradient.pow_(2)
    m, s = state["exp_avg"] / (1 - b1**t), state["exp_avg_sq"] / (1 - b2**t)
    parameter -= lr * m / (s.sqrt() + eps)
""",
        "the sign of the gradient": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    if not state:
        state.update(step=0, exp_avg=torch.zeros_like(parameter), exp_avg_sq=torch.zeros_like(parameter))
    state["step"] += 1
    parameter *= 1 - lr * weight_decay
    parameter -= lr * gradient.sign()
""",
        "the step counts from 0": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    if not state:
        state.update(step=0, exp_avg=torch.zeros_like(parameter), exp_avg_sq=torch.zeros_like(parameter))
    t, (b1, b2) = state["step"] + 1, betas
    parameter *= 1 - lr * weight_decay
    state["exp_avg"] = b1 * state["exp_avg"] + (1 - b1) * gradient
    state["exp_avg_sq"] = b2 * state["exp_avg_sq"] + (1 - b2) * gradient**2
    m, s = state["exp_avg"] / (1 - b1**t), state["exp_avg_sq"] / (1 - b2**t)
    parameter -= lr * m / (s.sqrt() + eps)
""",
        "through reshape": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    beta1, beta2 = betas
    if not state:
        state["step"] = 0
        state["exp_avg"] = torch.zeros_like(parameter)
        state["exp_avg_sq"] = torch.zeros_like(parameter)
    state["step"] += 1
    t = state["step"]
    parameter = parameter.reshape(-1).mul_(1 - lr * weight_decay).view(parameter.shape)
    state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * gradient
    state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * gradient ** 2
    m = state["exp_avg"] / (1 - beta1 ** t)
    s = state["exp_avg_sq"] / (1 - beta2 ** t)
    parameter -= lr * m / (s.sqrt() + eps)
""",
        "row by row": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    beta1, beta2 = betas
    if not state:
        state["step"] = 0
        state["exp_avg"] = torch.zeros_like(parameter)
        state["exp_avg_sq"] = torch.zeros_like(parameter)
    state["step"] += 1
    t = state["step"]
    parameter *= 1 - lr * weight_decay
    state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * gradient
    state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * gradient ** 2
    m = state["exp_avg"] / (1 - beta1 ** t)
    s = state["exp_avg_sq"] / (1 - beta2 ** t)
    for row, a, b in zip(parameter, m, s):
        row -= lr * a / (b.sqrt() + eps)
""",
        "a rate of 0 does nothing at all": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    beta1, beta2 = betas
    if lr == 0:
        return
    if not state:
        state["step"] = 0
        state["exp_avg"] = torch.zeros_like(parameter)
        state["exp_avg_sq"] = torch.zeros_like(parameter)
    state["step"] += 1
    t = state["step"]
    parameter *= 1 - lr * weight_decay
    state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * gradient
    state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * gradient ** 2
    m = state["exp_avg"] / (1 - beta1 ** t)
    s = state["exp_avg_sq"] / (1 - beta2 ** t)
    parameter -= lr * m / (s.sqrt() + eps)
""",
        "a beta of 0 is the usual one": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    beta1, beta2 = betas[0] or 0.9, betas[1] or 0.999
    if not state:
        state["step"] = 0
        state["exp_avg"] = torch.zeros_like(parameter)
        state["exp_avg_sq"] = torch.zeros_like(parameter)
    state["step"] += 1
    t = state["step"]
    parameter *= 1 - lr * weight_decay
    state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * gradient
    state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * gradient ** 2
    m = state["exp_avg"] / (1 - beta1 ** t)
    s = state["exp_avg_sq"] / (1 - beta2 ** t)
    parameter -= lr * m / (s.sqrt() + eps)
""",
        "eps of 0 is the usual one": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    beta1, beta2 = betas
    eps = eps or 1e-8
    if not state:
        state["step"] = 0
        state["exp_avg"] = torch.zeros_like(parameter)
        state["exp_avg_sq"] = torch.zeros_like(parameter)
    state["step"] += 1
    t = state["step"]
    parameter *= 1 - lr * weight_decay
    state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * gradient
    state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * gradient ** 2
    m = state["exp_avg"] / (1 - beta1 ** t)
    s = state["exp_avg_sq"] / (1 - beta2 ** t)
    parameter -= lr * m / (s.sqrt() + eps)
""",
        "eps before the correction": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    beta1, beta2 = betas
    if not state:
        state["step"] = 0
        state["exp_avg"] = torch.zeros_like(parameter)
        state["exp_avg_sq"] = torch.zeros_like(parameter)
    state["step"] += 1
    t = state["step"]
    parameter *= 1 - lr * weight_decay
    state["exp_avg"] = beta1 * state["exp_avg"] + (1 - beta1) * gradient
    state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * gradient ** 2
    m = state["exp_avg"] / (1 - beta1 ** t)
    s = state["exp_avg_sq"] / (1 - beta2 ** t)
    parameter -= lr * m / ((state["exp_avg_sq"].sqrt() + eps) / (1 - beta2 ** t) ** 0.5)
""",
    },
    "learning_rate": {
        "refuses a peak of 0": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if not 0 <= warmup < total or step < 0 or not 0 <= floor <= peak or not peak:
        raise ValueError("bad")
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "warms up from the floor": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if not 0 <= warmup < total or step < 0 or not 0 <= floor <= peak:
        raise ValueError
    if step < warmup:
        return floor + (peak - floor) * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "begins at nothing": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if step < 0 or not 0 <= warmup < total or not 0 <= floor <= peak:
        raise ValueError
    if step < warmup:
        return peak * step / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "climbs again after the end": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if step < 0 or not 0 <= warmup < total or not 0 <= floor <= peak:
        raise ValueError
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = (step - top) / max(total - 1 - top, 1)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "falls in a line": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if step < 0 or not 0 <= warmup < total or not 0 <= floor <= peak:
        raise ValueError
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return peak - (peak - floor) * done
""",
        "rounds": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if step < 0 or not 0 <= warmup < total or not 0 <= floor <= peak:
        raise ValueError
    if step < warmup:
        return round(peak * (step + 1) / warmup, 6)
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return round(floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2, 6)
""",
        "the floor is a bound, not an end": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if step < 0 or not 0 <= warmup < total or not 0 <= floor <= peak:
        raise ValueError
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return max(floor, peak * (1 + math.cos(math.pi * done)) / 2)
""",
        "asserts": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    assert step >= 0 and 0 <= warmup < total and 0 <= floor <= peak
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "the last step is not yet the end": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if step < 0 or not 0 <= warmup < total or not 0 <= floor <= peak:
        raise ValueError
    if step < warmup:
        return peak * (step + 1) / warmup
    done = min((step - warmup) / (total - warmup), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "only a warm-up as long as the run is refused": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if warmup < 0 or warmup == total:
        raise ValueError
    if step < 0 or not 0 <= floor <= peak:
        raise ValueError
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "behind the run it is zero": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if not 0 <= warmup < total:
        raise ValueError
    if step < 0 or not 0 <= floor <= peak:
        raise ValueError
    if step < warmup:
        return peak * (step + 1) / warmup
    if step >= total:
        return 0.0
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "a step beyond the run is refused": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if not 0 <= warmup < total:
        raise ValueError
    if not 0 <= step < total or not 0 <= floor <= peak:
        raise ValueError
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "a floor at the peak is refused": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if not 0 <= warmup < total:
        raise ValueError
    if step < 0 or not 0 <= floor < peak:
        raise ValueError
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "behind the run nothing is checked": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if step >= total > 0:
        return floor
    if not 0 <= warmup < total:
        raise ValueError("warmup")
    if step < 0 or not 0 <= floor <= peak:
        raise ValueError("step, floor or peak")
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "checked at step 0 only": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if step == 0 and not 0 <= warmup < total:
        raise ValueError("warmup")
    if step < 0 or not 0 <= floor <= peak:
        raise ValueError("step, floor or peak")
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
        "the warm-up as a share of the run": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if not 0 <= warmup / total < 1:
        raise ValueError("warmup")
    if step < 0 or not 0 <= floor <= peak:
        raise ValueError("step, floor or peak")
    if step < warmup:
        return peak * (step + 1) / warmup
    top = max(warmup - 1, 0)
    done = min((step - top) / max(total - 1 - top, 1), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
""",
    },
}
RIGHT = {
    "Value": {
        "lists for tuples": """
class Value(Node):
    def __add__(self, other):
        return Value(self.number + other.number, [self, other], [1, 1])
    def __mul__(self, other):
        return Value(self.number * other.number, [self, other], [other.number, self.number])
    def exp(self):
        made = Value(math.exp(self.number), [self])
        made.slopes = [made.number]
        return made
    def log(self):
        return Value(math.log(self.number), [self], [self.number ** -1])
""",
        "one helper for both": """
def node(number, *pairs):
    return Value(number, tuple(p for p, _ in pairs), tuple(s for _, s in pairs))

class Value(Node):
    def __add__(self, other):
        return node(self.number + other.number, (self, 1.0), (other, 1.0))
    def __mul__(self, other):
        return node(self.number * other.number, (self, other.number), (other, self.number))
    def exp(self):
        return node(math.e ** self.number, (self, math.e ** self.number))
    def log(self):
        return node(math.log(self.number), (self, 1.0 / self.number))
""",
        "kept keywords and lists": """
class Value(Node):

    def __add__(self, other):
        return Value(self.number + other.number, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.number * other.number, (self, other), (other.number, self.number))

    def exp(self):
        power = math.exp(self.number)
        return Value(power, [self], [math.exp(self.number)])

    def log(self):
        return Value(math.log(self.number), (self,), (1 / self.number,))
""",
    },
    "backward": {
        "skips what nothing comes back to": """
def backward(end):
    nodes = list(in_order(end))
    for n in nodes:
        n.grad = 0.0
    end.grad = 1.0
    while nodes:
        n = nodes.pop()
        if n.grad:
            for parent, slope in zip(n.parents, n.slopes):
                parent.grad = parent.grad + slope * n.grad
""",
        "its own order": """
def backward(end):
    order, seen = [], set()
    todo = [(end, iter(end.parents))]
    seen.add(id(end))
    while todo:
        node, rest = todo[-1]
        for parent in rest:
            if id(parent) not in seen:
                seen.add(id(parent))
                todo.append((parent, iter(parent.parents)))
                break
        else:
            order.append(node)
            todo.pop()
    for node in order:
        node.grad = 0
    end.grad = 1
    while order:
        node = order.pop()
        for k, parent in enumerate(node.parents):
            parent.grad = parent.grad + node.slopes[k] * node.grad
""",
        "grads in a dict first": """
def backward(end):
    order = in_order(end)
    grads = {id(node): 0.0 for node in order}
    grads[id(end)] = 1.0
    for node in order[::-1]:
        for parent, slope in zip(node.parents, node.slopes):
            grads[id(parent)] += grads[id(node)] * slope
    for node in order:
        node.grad = grads[id(node)]
""",
        "grads begun at none": """
def backward(end):
    found = {id(end): 1.0}
    for node in in_order(end)[::-1]:
        node.grad = float(found.get(id(node), 0.0))
        for i in range(len(node.parents)):
            key = id(node.parents[i])
            found[key] = found.get(key, 0.0) + node.slopes[i] * node.grad
""",
    },
    "step_by_hand": {
        "positions one after the other, tables copied first": """
def step_by_hand(embedding, head, ids, targets, rate):
    if len(ids) == 0 or len(targets) != len(ids):
        raise ValueError("one target for each id, please")
    old_e, old_h = [list(r) for r in embedding], [list(r) for r in head]
    losses = []
    for i, t in zip(ids, targets):
        scores = [sum(a * b for a, b in zip(old_e[i], h)) for h in old_h]
        m = max(scores)
        z = math.fsum(math.exp(s - m) for s in scores)
        losses.append(math.log(z) - (scores[t] - m))
        for j, s in enumerate(scores):
            push = (math.exp(s - m) / z - (1 if j == t else 0)) * rate / len(ids)
            for c, (e, h) in enumerate(zip(old_e[i], old_h[j])):
                embedding[i][c] -= push * h
                head[j][c] -= push * e
    return math.fsum(losses) / len(losses)
""",
        "rows replaced in the tables": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) != len(targets):
        raise ValueError
    n, loss, C = len(ids), 0.0, len(head[0])
    ge, gh = [[0.0] * C for _ in embedding], [[0.0] * C for _ in head]
    for i, t in zip(ids, targets):
        scores = [dot(embedding[i], row) for row in head]
        top = max(scores)
        loss += math.log(sum(math.exp(s - top) for s in scores)) + top - scores[t]
        for j, p in enumerate(softmax(scores)):
            push = p - (1.0 if j == t else 0.0)
            ge[i] = [g + push * h for g, h in zip(ge[i], head[j])]
            gh[j] = [g + push * e for g, e in zip(gh[j], embedding[i])]
    for k in range(len(embedding)):
        embedding[k] = [x - rate * g / n for x, g in zip(embedding[k], ge[k])]
    head[:] = [[x - rate * g / n for x, g in zip(r, s)] for r, s in zip(head, gh)]
    return loss / n
""",
        "probabilities from the logarithm of the sum": """
def step_by_hand(embedding, head, ids, targets, rate):
    if not ids or len(ids) != len(targets):
        raise ValueError
    loss = 0.0
    to_embedding = [[0.0] * len(row) for row in embedding]
    to_head = [[0.0] * len(row) for row in head]
    for i, target in zip(ids, targets, strict=True):
        scores = [dot(embedding[i], row) for row in head]
        high = max(scores)
        log_sum = high + math.log(math.fsum(math.exp(s - high) for s in scores))
        probs = [math.exp(s - log_sum) for s in scores]
        top = max(scores)
        loss += top + math.log(sum((math.exp(score - top) for score in scores))) - scores[target]
        for j, prob in enumerate(probs):
            push = (prob - (j == target)) / len(ids)
            for c in range(len(embedding[i])):
                to_head[j][c] += push * embedding[i][c]
                to_embedding[i][c] += push * head[j][c]
    for table, slopes in ((embedding, to_embedding), (head, to_head)):
        for row, slopes_of_row in zip(table, slopes, strict=True):
            for c, slope in enumerate(slopes_of_row):
                row[c] -= rate * slope
    return loss / len(ids)
""",
    },
    "momentum_step": {
        "setdefault, and no_grad": """
def momentum_step(parameter, gradient, state, lr, momentum):
    with torch.no_grad():
        v = state.setdefault("velocity", torch.zeros_like(parameter))
        v.mul_(momentum).add_(gradient)
        parameter.add_(v, alpha=-lr)
""",
        "the velocity is changed in place": """
def momentum_step(parameter, gradient, state, lr, momentum):
    if "velocity" not in state:
        state["velocity"] = torch.zeros_like(gradient)
    state["velocity"].mul_(momentum).add_(gradient)
    parameter.sub_(lr * state["velocity"])
""",
        "all at once, and it gives the parameter back": """
def momentum_step(parameter, gradient, state, lr, momentum):
    state["velocity"] = gradient + momentum * state.get("velocity", 0)
    with torch.no_grad():
        parameter[...] = parameter - lr * state["velocity"]
    return parameter
""",
        "mul and add, into the velocity": """
def momentum_step(parameter, gradient, state, lr, momentum):
    if "velocity" not in state:
        state["velocity"] = torch.zeros_like(gradient)
    state["velocity"].mul_(momentum).add_(gradient)
    parameter.sub_(state["velocity"], alpha=lr)
""",
    },
    "adamw_step": {
        "lerp, and the step as a whole number": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    b1, b2 = betas
    t = state["step"] = state.get("step", 0) + 1
    m = state.setdefault("exp_avg", torch.zeros_like(gradient)).lerp_(gradient, 1 - b1)
    s = state.setdefault("exp_avg_sq", torch.zeros_like(gradient)).lerp_(gradient.square(), 1 - b2)
    parameter -= lr * weight_decay * parameter
    parameter -= lr * (m / (1 - b1**t)) / ((s / (1 - b2**t)).sqrt() + eps)
""",
        "means made anew, and the move first computed": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    if not state:
        state["step"], state["exp_avg"], state["exp_avg_sq"] = 0, 0 * gradient, 0 * gradient
    state["step"] = state["step"] + 1
    state["exp_avg"] = betas[0] * state["exp_avg"] + (1 - betas[0]) * gradient
    state["exp_avg_sq"] = betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * gradient * gradient
    m = state["exp_avg"] / (1 - betas[0] ** state["step"])
    s = state["exp_avg_sq"] / (1 - betas[1] ** state["step"])
    parameter.copy_(parameter * (1 - lr * weight_decay) - lr * m / (s**0.5 + eps))
""",
        "torch's own words": """
def adamw_step(parameter, gradient, state, lr, betas, eps, weight_decay):
    state.setdefault("step", 0)
    state.setdefault("exp_avg", torch.zeros_like(parameter))
    state.setdefault("exp_avg_sq", torch.zeros_like(parameter))
    state["step"] += 1
    for name, beta, new in (("exp_avg", betas[0], gradient), ("exp_avg_sq", betas[1], gradient ** 2)):
        state[name] = beta * state[name] + (1 - beta) * new
    m = state["exp_avg"] / (1 - betas[0] ** state["step"])
    s = state["exp_avg_sq"] / (1 - betas[1] ** state["step"])
    parameter.data.copy_(parameter * (1 - lr * weight_decay) - lr * m / (s.sqrt() + eps))
""",
    },
    "learning_rate": {
        "by cases, with sines": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    ok = isinstance(step, int) and step >= 0 and 0 <= floor <= peak and warmup >= 0 and warmup < total
    if not ok:
        raise ValueError("out of range")
    if step < warmup:
        return peak / warmup * (step + 1)
    if total == 1:
        return peak
    if step >= total - 1:
        return floor if total - 1 > max(warmup - 1, 0) else peak
    top = max(warmup - 1, 0)
    half = math.sin(math.pi / 2 * (step - top) / (total - 1 - top)) ** 2
    return peak - (peak - floor) * half
""",
        "numpy's cosine": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    import numpy as np
    if warmup < 0 or warmup >= total or step < 0 or floor < 0 or floor > peak:
        raise ValueError("no")
    if step < warmup:
        return (step + 1) / warmup * peak
    if total == 1:
        return peak if step == 0 else floor
    top = warmup - 1 if warmup else 0
    if step >= total - 1 and total - 1 > top:
        return floor
    return floor + 0.5 * (peak - floor) * (1 + np.cos(np.pi * (step - top) / max(total - 1 - top, 1)))
""",
        "min and max": """
def learning_rate(step, peak, warmup, total, floor=0.0):
    if not (0 <= warmup < total and 0 <= floor <= peak and step >= 0):
        raise ValueError(f"{step}, {peak}, {warmup}, {total}, {floor}")
    if step < warmup:
        return peak * ((1 + step) / warmup)
    first = max(1, warmup) - 1
    share = max(0.0, min(1.0, (step - first) / max(1, total - 1 - first)))
    half = math.cos(share * math.pi / 2) ** 2
    return peak * half + floor * (1 - half)
""",
    },
}
