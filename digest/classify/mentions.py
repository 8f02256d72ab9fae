"""Which country a place name means, and how sure that is.

"Jordan" is also a first name, "Georgia" also a state: such names count in full only when the
text names that country otherwise, by half when it does not, and not at all as part of a
person's name.  "Paris" is the city unless it is part of one.
"""

from collections.abc import Iterable

from digest.classify.lexicon import Hit

__all__ = ["certain_mentions"]

_SEVERAL = 0.5  # how sure a name of several countries is, where nothing decides


def certain_mentions(
    text: str, hits: Iterable[Hit], implied: set[str]
) -> tuple[tuple[Hit, str, float], ...]:
    """Return place hits with their country and how sure it is: 1, or 0.5 in doubt.

    `implied` are countries that phrases of the text speak for (a president, a parliament).
    """
    hits = tuple(hits)
    sure = implied | {
        hit.term.codes[0] for hit in hits if not hit.term.doubtful and len(hit.term.codes) == 1
    }
    spans = {(hit.start, hit.end) for hit in hits}
    found = []
    for hit in hits:
        codes = [code for code in hit.term.codes if code in sure] or [hit.term.codes[0]]
        if not hit.term.doubtful and len(hit.term.codes) == 1:
            found.append((hit, codes[0], 1.0))
        elif not (hit.term.doubtful and _in_a_persons_name(text, hit, spans)):
            alone = hit.term.alone if len(codes) == 1 else _SEVERAL
            found += [(hit, code, 1.0 if code in sure else alone) for code in codes]
    return tuple(found)


def _in_a_persons_name(text: str, hit: Hit, spans: set[tuple[int, int]]) -> bool:
    """Tell whether a capitalised word that is no place stands next to a name.

    In headlines that capitalise every word this says nothing, so there it is False.
    """
    line_from = text.rfind("\n", 0, hit.start) + 1
    line_to = text.find("\n", hit.end)
    line = text[line_from : line_to if line_to >= 0 else len(text)]
    words = [word for word in line.split() if word[0].isalpha() and len(word) > 3]
    if sum(word[0].isupper() for word in words) > 0.7 * len(words):
        return False
    after = text[hit.end + 1 :].split(" ", 1)[0] if text[hit.end : hit.end + 1] == " " else ""
    start = hit.end + 1
    if after[:1].isupper() and not any(s == start for s, _ in spans):
        return True
    before = text[line_from : hit.start]
    if not before.endswith(" "):
        return False
    word = before.split()[-1]
    word_from = hit.start - 1 - len(word)
    opens = word_from <= line_from or text[word_from - 2 : word_from - 1] in ".!?:"
    place = any(s <= word_from < e for s, e in spans)
    return word[0].isupper() and word[-1].isalpha() and not opens and not place
