"""The words of one language: its locale, its direction and its translated phrases.

English is in the templates themselves.  A translation is a gettext catalogue,
`locale/<language>.po` among the templates; a phrase it lacks stays English.
"""

import gettext
import io
from functools import lru_cache
from pathlib import Path

from babel import core
from babel.messages import mofile, pofile

__all__ = ["DEFAULT", "direction", "locale", "translations"]

DEFAULT = "en"
_LOCALES = {"en": "en_IE"}  # day before month, hours to 24, as a news desk writes them


@lru_cache(maxsize=64)
def locale(language: str) -> core.Locale:
    """Find the locale for a language code ("el", "pt-BR"); English when there is none."""
    code = language.replace("-", "_")
    try:
        return core.Locale.parse(_LOCALES.get(code, code))
    except (core.UnknownLocaleError, ValueError, TypeError):
        return core.Locale.parse(_LOCALES[DEFAULT])


def direction(language: str) -> str:
    """Tell "ltr" or "rtl"."""
    return locale(language).text_direction


def translations(folders: tuple[Path, ...], language: str) -> gettext.NullTranslations:
    """Read the first `locale/<language>.po` in `folders`; none gives the English phrases."""
    for code in dict.fromkeys((language.replace("-", "_"), language.partition("-")[0])):
        for folder in folders:
            path = folder / "locale" / f"{code}.po"
            if code.replace("_", "").isalnum() and path.is_file():
                return _read(path, code)
    return gettext.NullTranslations()


def _read(path: Path, code: str) -> gettext.GNUTranslations:
    with path.open("rb") as file:
        catalogue = pofile.read_po(file, locale=code)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
