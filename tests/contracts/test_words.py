"""One word per thing: the glossary's forbidden synonyms appear in no name that we define."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

AVOID = {
    "site", "provider", "article", "news", "newsletter", "campaign", "batch", "notification",
    "transactional", "user", "member", "contact", "target", "destination", "activation", "content",
    "blacklist", "blocklist", "abuse", "disabled", "delivered",
}  # fmt: skip
# Words of other people's protocols, where ours would not be found again.
SPOKEN_ELSEWHERE = {
    "content_type": "HTTP's header",
    "user_agent": "HTTP's header",
    "my_chat_member": "the Bot API's update",
    "contact": "the address people read, a setting that is relied on",
    "provider_ids": "Telegram's message ids",
}
FORBIDDEN_MODULES = {
    "utils", "util", "helpers", "helper", "common", "manager", "service_layer", "base", "misc",
    "select", "email", "calendar", "logging", "queue",
}  # fmt: skip


def _modules() -> Iterator[Path]:
    for package in ("digest", "subscribers"):
        yield from (ROOT / package).rglob("*.py")


def _names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    yield line.lineno, line.target.id


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_no_name_uses_a_word_that_the_glossary_forbids() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in _modules()
        for line, name in _names(ast.parse(path.read_text(encoding="utf-8")))
        if _words(name) & AVOID
        and not any(spoken in name for spoken in SPOKEN_ELSEWHERE)
        # The strict Bot API and the sample newsroom speak their own protocols' words.
        and path.parent.name != "demo"
    ]
    assert found == []


def test_the_search_for_forbidden_words_finds_them_in_every_way_of_writing() -> None:
    tree = ast.parse("class CampaignRow:\n    member_id: int\ndef send_newsletter(): ...\n")
    assert [name for _, name in _names(tree) if _words(name) & AVOID] == [
        "CampaignRow",
        "member_id",
        "send_newsletter",
    ]


def test_no_module_is_called_by_a_word_that_says_nothing_or_hides_the_standard_library() -> None:
    found = [str(path.relative_to(ROOT)) for path in _modules() if path.stem in FORBIDDEN_MODULES]
    assert found == []


def test_no_file_is_longer_than_400_lines() -> None:
    paths = [*_modules(), *(ROOT / "tests").rglob("*.py")]
    long = {
        str(path.relative_to(ROOT)): n
        for path in paths
        if (n := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in _modules()
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_only_the_runtime_and_the_edges_read_the_clock() -> None:
    """`now` is an argument everywhere else."""
    allowed = {
        "digest/runtime.py",
        "digest/scheduler.py",
        "digest/collect/fetch.py",  # the default of its `clock`, for Retry-After dates
    }
    reading = re.compile(r"datetime\.now\(|datetime\.utcnow\(|\btime\.time\(")
    found = [
        name
        for path in _modules()
        if (name := str(path.relative_to(ROOT))) not in allowed
        and not name.startswith("digest/demo/")
        and reading.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
