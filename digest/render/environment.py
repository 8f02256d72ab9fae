"""Where templates come from, and how one is rendered.

The publisher's folder is asked first, file by file, then the templates that ship.  Everything
runs in Jinja2's immutable sandbox, undefined names are errors, and whatever is not a text file
is escaped.  A template of the publisher that fails gives way to the one that ships: a mistake
in a file never stops an edition.
"""

import gettext
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import jinja2
from jinja2 import meta, nodes, sandbox

from digest import errors, model
from digest.render import languages, markup, samples, views, words

__all__ = ["Templates", "shipped_dir"]

logger = logging.getLogger(__name__)

_HEAD = "email/partials/head.mjml"
_PARTIALS = "email/partials/"
_KINDS = frozenset({".html", ".mjml", ".txt"})
# What a template can make Jinja or Python raise; the sandbox's own errors are TemplateErrors.
_FAULTS = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
_VALUES = frozenset({model.Links, model.Publication, model.Share, views.Block, views.Card})
_NAME_IN_MESSAGE = re.compile(r"'(\w+)'(?: is undefined|$)")
_UNSUPPORTED = re.compile(r"attribute '?(\w+)'?")


def shipped_dir() -> Path:
    """Find the templates that ship: inside the package once installed, else in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


class _Sandbox(sandbox.ImmutableSandboxedEnvironment):
    """The immutable sandbox, with a short way to the fields of our own values."""

    def getattr(self, obj: object, attribute: str) -> object:
        if type(obj) in _VALUES and attribute in type(obj).__slots__:  # type: ignore[attr-defined]
            return getattr(obj, attribute)  # data, and never private: nothing left to check
        return super().getattr(obj, attribute)


class Templates:
    """All templates of an installation, compiled once each and kept."""

    def __init__(self, override_dir: Path | None = None) -> None:
        self.override_dir = override_dir
        self._folders = tuple(f for f in (override_dir, shipped_dir()) if f is not None)
        self._sources: dict[tuple[str, bool], str] = {}
        self._environments: dict[tuple[str, bool], jinja2.Environment] = {}
        self._phrases: dict[str, gettext.NullTranslations] = {}
        self._distrusted: set[str] = set()

    def render(self, name: str, values: Mapping[str, object], language: str = "en") -> str:
        """Render one template; the shipped one in its place when the publisher's fails.

        Raises RenderError.
        """
        if self.override_dir is not None and name not in self._distrusted:
            try:
                return self._render(name, values, language, shipped=False)
            except errors.RenderError as error:
                self._distrusted.add(name)
                logger.warning(
                    "template failed, the shipped one is used instead",
                    extra={"event": "template.failed", "template": name, "reason": str(error)},
                )
        return self._render(name, values, language, shipped=True)

    def language(self, wanted: str, otherwise: str) -> str:
        """Choose the language of a message: the one wanted if there is a catalogue for it.

        `otherwise` is the publication's own, which its templates may speak without any.
        """
        if wanted == otherwise or isinstance(self.phrases(wanted), gettext.GNUTranslations):
            return wanted
        return otherwise

    def phrases(self, language: str) -> gettext.NullTranslations:
        """Give the translated phrases of a language, for the words no template holds."""
        if language not in self._phrases:
            self._phrases[language] = languages.translations(self._folders, language)
        return self._phrases[language]

    def exists(self, name: str) -> bool:
        return any((folder / name).is_file() for folder in self._folders)

    def names(self) -> tuple[str, ...]:
        """List every template there is, the publisher's and ours, in order."""
        found = {
            path.relative_to(folder).as_posix()
            for folder in self._folders
            for path in folder.rglob("*")
            if path.suffix in _KINDS and path.is_file()
        }
        return tuple(sorted(found))

    def source(self, name: str, *, shipped: bool = False) -> str:
        """Read a template as written.  Raises RenderError when there is none."""
        for folder in self._folders[-1:] if shipped else self._folders:
            path = folder / name
            if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                return path.read_text(encoding="utf-8")
        raise errors.RenderError(name, "there is no such template")

    def check(self) -> tuple[str, ...]:
        """Render everything with sample values; return the problems as "file:line: what"."""
        problems: list[str] = []
        for name in self.names():
            try:
                self._check(name)
            except errors.RenderError as error:
                problems.append(str(error))
        return tuple(problems)

    def _check(self, name: str) -> None:
        tree = self._parse(name, shipped=False)
        values = samples.values(name)
        if values is None:
            self._environment(languages.DEFAULT, shipped=False).get_template(name)
            return
        known = set(values[0]) | set(self._environment(languages.DEFAULT, shipped=False).globals)
        for unknown in sorted(meta.find_undeclared_variables(tree) - known):
            line = _line_of(tree, unknown)
            raise errors.RenderError(name, f"'{unknown}' is undefined", line)
        rendered = [
            self._render(name, sample, languages.DEFAULT, shipped=False) for sample in values
        ]
        for what, shown in samples.required(name).items():
            if shown not in rendered[0]:
                raise errors.RenderError(name, f"{what} is missing")

    def _render(
        self, name: str, values: Mapping[str, object], language: str, *, shipped: bool
    ) -> str:
        try:
            template = self._environment(language, shipped=shipped).get_template(name)
            return template.render(values)
        except jinja2.TemplateSyntaxError as error:
            reason = error.message or "cannot be read"
            raise errors.RenderError(error.name or name, reason, error.lineno) from error
        except jinja2.TemplateNotFound as error:
            raise errors.RenderError(str(error.name), "there is no such template") from error
        except errors.RenderError:
            raise
        except _FAULTS as error:
            reason = str(error) or type(error).__name__
            raise errors.RenderError(*self._place(name, reason, shipped=shipped)) from error

    def _place(self, name: str, reason: str, *, shipped: bool) -> tuple[str, str, int | None]:
        """Find which file and line names what the failure is about."""
        named = _NAME_IN_MESSAGE.search(reason) or _UNSUPPORTED.search(reason)
        if named:
            for file in self._with_parents(name, shipped=shipped):
                line = _line_of(self._parse(file, shipped=shipped), named[1])
                if line:
                    return file, reason, line
        return name, reason, None

    def _with_parents(self, name: str, *, shipped: bool) -> Iterator[str]:
        waiting, seen = [name], set[str]()
        while waiting:
            file = waiting.pop()
            if file in seen:
                continue
            seen.add(file)
            yield file
            named = meta.find_referenced_templates(self._parse(file, shipped=shipped))
            waiting.extend(other for other in named if other)
            source = self.source(file, shipped=shipped)
            waiting.extend(
                f"email/{path}" for path in re.findall(r'mj-include path="([^"]+)', source)
            )

    def _parse(self, name: str, *, shipped: bool) -> nodes.Template:
        environment = self._environment(languages.DEFAULT, shipped=shipped)
        try:
            return environment.parse(self.source(name, shipped=shipped), name, name)
        except jinja2.TemplateSyntaxError as error:
            reason = error.message or "cannot be read"
            raise errors.RenderError(name, reason, error.lineno) from error

    def _compiled(self, name: str, *, shipped: bool) -> str:
        """Give the Jinja source of a template; MJML is compiled here, once."""
        key = (name, shipped)
        if key not in self._sources:
            source = self.source(name, shipped=shipped)
            if name.endswith(".mjml"):
                source = self._compile(name, source, shipped=shipped)
            self._sources[key] = source
        return self._sources[key]

    def _compile(self, name: str, source: str, *, shipped: bool) -> str:
        def read(path: str) -> str:
            return self.source(f"email/{path}", shipped=shipped)

        if name == _HEAD or "<mjml" in source:
            return markup.compile_page(name, source, read) if name != _HEAD else source
        return markup.compile_fragment(name, source, self.source(_HEAD, shipped=shipped), read)

    def _environment(self, language: str, *, shipped: bool) -> jinja2.Environment:
        key = (language, shipped)
        if key not in self._environments:
            self._environments[key] = self._make(language, shipped=shipped)
        return self._environments[key]

    def _make(self, language: str, *, shipped: bool) -> jinja2.Environment:
        def load(name: str) -> str | None:
            try:
                return self._compiled(name, shipped=shipped)
            except errors.RenderError as error:
                if error.reason == "there is no such template":
                    return None
                raise

        environment = _Sandbox(
            loader=jinja2.FunctionLoader(load),
            undefined=jinja2.StrictUndefined,
            autoescape=lambda name: not (name or "").endswith(".txt"),
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters["wrap"] = words.wrap
        environment.install_gettext_translations(  # type: ignore[attr-defined] # from the extension
            self.phrases(language), newstyle=True
        )
        environment.globals["language"] = language
        environment.globals["direction"] = languages.direction(language)
        environment.globals["start"] = "right" if languages.direction(language) == "rtl" else "left"
        environment.globals["end"] = "left" if languages.direction(language) == "rtl" else "right"
        return environment


def _line_of(tree: nodes.Template, name: str) -> int | None:
    for node in tree.find_all((nodes.Name, nodes.Getattr)):
        if getattr(node, "name", None) == name or getattr(node, "attr", None) == name:
            return node.lineno
    return None
