"""One whole training step in plain Python: lists of numbers, no torch, no autograd."""

import math

from course_lib.start_here import dot, softmax


def step_by_hand(embedding, head, ids, targets, rate):
    """Take one step of plain gradient descent, in place, and return the loss before it.

    The model: token i has the vector embedding[i], and embedding[i] · head[j] is the score of
    token j to come after it. The loss is the mean over all positions of −ln of the probability
    (softmax of the scores) that the target got.

    embedding, head: V lists of C numbers; both are changed   ids, targets: N token numbers each
    rate: every number moves by −rate times its slope; all slopes are those before the step
    returns: the loss, one number
    raises: ValueError when there are not as many targets as ids, or none

    >>> embedding, head = [[1.0], [0.0]], [[0.0], [1.0]]
    >>> loss = step_by_hand(embedding, head, [0], [0], rate=1.0)
    >>> round(loss, 3), [round(row[0], 3) for row in head]
    (1.313, [0.731, 0.269])
    """
    if not ids or len(ids) != len(targets):
        raise ValueError(f"{len(ids)} ids and {len(targets)} targets were given; "
                         "wanted is one target for each id")
    loss = 0.0
    to_embedding = [[0.0] * len(row) for row in embedding]
    to_head = [[0.0] * len(row) for row in head]
    for i, target in zip(ids, targets, strict=True):
        scores = [dot(embedding[i], row) for row in head]
        probs = softmax(scores)
        top = max(scores)
        loss += top + math.log(sum(math.exp(score - top) for score in scores)) - scores[target]
        for j, prob in enumerate(probs):
            push = (prob - (j == target)) / len(ids)  # the slope of the loss along this score
            for c in range(len(embedding[i])):
                to_head[j][c] += push * embedding[i][c]
                to_embedding[i][c] += push * head[j][c]
    for table, slopes in ((embedding, to_embedding), (head, to_head)):
        for row, slopes_of_row in zip(table, slopes, strict=True):
            for c, slope in enumerate(slopes_of_row):
                row[c] -= rate * slope
    return loss / len(ids)
