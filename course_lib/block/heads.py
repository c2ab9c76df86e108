"""How heads share the channels, what is refused, and a test that would notice if it were not."""

from course_lib.classroom import verdict  # noqa: F401 (in an example)


def head_width(d_model, n_heads):
    """How many channels each head gets when n_heads share d_model of them evenly.

    d_model, n_heads: whole numbers, d_model 1 or more
    returns: an int, d_model / n_heads
    raises: ValueError when that is not whole, or n_heads is below 1; its text has both numbers

    >>> head_width(12, 3)
    4
    """
    if n_heads < 1 or d_model % n_heads:
        raise ValueError(f"{n_heads} heads cannot share d_model {d_model} evenly; "
                         "choose a multiple of n_heads")
    return d_model // n_heads


def test_head_width(head_width):
    """Test a head_width that somebody has written: whether it does what the docstring above says.

    head_width: the function to be tested
    returns: None when it does   raises: an error, of whatever kind, when it does not

    >>> verdict(test_head_width, head_width), verdict(test_head_width, lambda d_model, n_heads: 4)
    ('passes', 'fails')
    """
    for d_model in range(1, 21):
        for n_heads in range(-2, 25):
            try:
                width = head_width(d_model, n_heads)
            except ValueError as error:
                assert n_heads < 1 or d_model % n_heads, f"refuses {d_model} and {n_heads}"
                assert str(d_model) in str(error) and str(n_heads) in str(error), "one is missing"
            else:
                assert n_heads > 0, f"lets {n_heads} heads through"
                assert type(width) is int and width * n_heads == d_model, f"{width} is wrong"
