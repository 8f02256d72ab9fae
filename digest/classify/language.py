"""Which language a text is written in, told by its small words.

Only as good as it must be: it decides whether the phrases of one language are looked for, so
that German "Kurs" or French "court" means nothing in English.  A text with too few small words
is in the language its source claims, unless that is English and no English word is in it.
"""

__all__ = ["FOREIGN", "LANGUAGES", "language_of", "small_words"]

FOREIGN = "*"  # some language, but not English

# Words a sentence can hardly do without, and which the other languages of this table lack, or
# use less; without accents, as `text.folded` gives them.
_SMALL_WORDS = {
    "en": "the of and to in is for on with as at by from that it his her was are has have be "
    "will not after says said over who what how why when their its were they you your "
    "this an but",
    "es": "el la los las de en un una del y que con por para su al lo sus mas como pero sobre "
    "tras este esta fue ha han entre desde hasta sin segun ser son es cuando donde muy "
    "ya dice anos contra se",
    "de": "der die das in beim und den dem des ein eine einen einem einer ist nicht mit von "
    "zu auf fur im am sich auch nach bei wird werden wie aus uber vor zum zur hat sind "
    "war als noch will gegen",
    "fr": "le la les de en un des et du une est dans pour pas qui au aux avec sur par ce ces "
    "son ses sont plus apres selon entre ont etre cette leur mais ou face il elle ne "
    "deux contre sans d l qu",
    "pt": "o os de as do da dos das e em um uma que com por para no na nos nas ao mais sao "
    "foi diz apos sobre ser tem pelo pela nao como entre contra ate seu sua anos "
    "segundo",
    "it": "il in la le lo gli di che e un una per con del della dei delle nel nella al alla "
    "dal sono non piu anche dopo come ha hanno questo contro tra sulla sul si anni dice "
    "da ai",
    "nl": "de het een van en in op te dat is voor met zijn niet aan er door naar om bij ook "
    "na wordt tegen over meer als uit nog heeft werd maar hij zij",
}
LANGUAGES = tuple(_SMALL_WORDS)
_OWNERS: dict[str, tuple[int, ...]] = {}
for _index, _words in enumerate(_SMALL_WORDS.values()):
    for _word in _words.split():
        _OWNERS[_word] = (*_OWNERS.get(_word, ()), _index)
_READ_CHARS = 400  # a headline and the lines below it
_ENOUGH = 2  # small words of one language more than of the next


def small_words(language: str) -> frozenset[str]:
    """Return the folded words of a language that say nothing by themselves; maybe none."""
    return frozenset(_SMALL_WORDS.get(language, "").split())


def language_of(folded_text: str, declared: str = "") -> str:
    """Return a code of `LANGUAGES`, else the declared language, else FOREIGN, or "" for any.

    `folded_text` is lower case without accents; `declared` may carry a region ("pt-BR").
    """
    counts = [0] * len(LANGUAGES)
    own: set[int] = set()  # languages that alone have one of the words
    for word in folded_text[:_READ_CHARS].replace("'", " ").split():
        owners = _OWNERS.get(word, ())
        if len(owners) == 1:
            own.add(owners[0])
        for index in owners:
            counts[index] += 1
    most = max(counts)
    best = counts.index(most)
    counts[best] = 0
    runner_up = max(counts)
    if most >= runner_up + _ENOUGH or (own == {best} and most > runner_up):
        return LANGUAGES[best]
    claimed = declared.replace("_", "-").partition("-")[0].lower()
    return FOREIGN if claimed in ("", "en") and most and 0 not in own else claimed
