"""Has it been copied? The longest stretch that a text shares with those a model has learned from."""


def longest_copy(text, sources):
    """The longest stretch of words that a text has in common with one of the sources.

    text: str   sources: a list of str; words are what `split()` makes of a text
    returns: a list of words; of equally long stretches the one that begins first in the text, and
        [] where no word is shared. A stretch lies within one source and never runs into the next

    >>> longest_copy("the cat sat down", ["a cat sat up", "so the cat sat here"])
    ['the', 'cat', 'sat']
    """
    words, sources = text.split(), [source.split() for source in sources]
    places = {}  # of each word: in which source it stands, and where
    for number, source in enumerate(sources):
        for place, word in enumerate(source):
            places.setdefault(word, []).append((number, place))
    best = []
    for start in range(len(words)):
        end, matching = start, places.get(words[start], [])
        while matching:
            end += 1
            if end - start > len(best):
                best = words[start:end]
            matching = [(number, place + 1) for number, place in matching
                        if sources[number][place + 1 : place + 2] == words[end : end + 1] != []]
    return best
