"""The house rules that no other tool checks: sizes, module docstrings, words that name nothing, swallowed errors."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = ("postroom", "extractors", "connectors", "config", "flows", "desk", "demo", "scripts")
LONGEST_MODULE, LONGEST_FUNCTION = 300, 45
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "manager", "misc"}
# In two parts, so that this file does not hold what it looks for.
UNDONE = tuple(f"{first}{second}" for first, second in (("TO", "DO"), ("FIX", "ME"), ("XX", "X"), ("HA", "CK")))


def tracked(*folders: str) -> list[str]:
    """Return the files of the repository below folders."""
    listed = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def modules(*folders: str) -> list[str]:
    return [name for name in tracked(*folders) if name.endswith(".py")]


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"))


def functions(name: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (one for one in ast.walk(tree(name)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def test_there_is_code_to_look_at() -> None:
    assert len(modules(*CODE)) > 100


def test_modules_are_short_and_say_what_they_are() -> None:
    long = [name for name in modules(*CODE) if len((ROOT / name).read_text().splitlines()) > LONGEST_MODULE]
    assert not long
    assert not [name for name in modules(*CODE) if not ast.get_docstring(tree(name))], "A sentence on its place."


def test_functions_are_short() -> None:
    long = [
        f"{name}: {one.name}"
        for name in modules(*CODE)
        for one in functions(name)
        if (one.end_lineno or 0) - one.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long


def test_no_name_is_an_empty_word() -> None:
    empty = []
    for name in modules(*CODE, "tests"):
        defined = [one.name for one in ast.walk(tree(name)) if isinstance(one, ast.ClassDef | ast.FunctionDef)]
        for word in (*Path(name).with_suffix("").parts, *defined):
            if EMPTY_WORDS & {part.lower() for part in re.findall(r"[A-Z]?[a-z]+", word)}:
                empty.append(f"{name}: {word}")
    assert not empty


def test_no_error_is_swallowed_unnamed() -> None:
    swallowed = []
    for name in modules(*CODE, "tests"):
        handlers = [one for one in ast.walk(tree(name)) if isinstance(one, ast.ExceptHandler)]
        swallowed += [f"{name}:{one.lineno}" for one in handlers if _is_broad(one) and _is_silent(one)]
    assert not swallowed


def _is_broad(one: ast.ExceptHandler) -> bool:
    return one.type is None or (isinstance(one.type, ast.Name) and one.type.id in {"Exception", "BaseException"})


def _is_silent(one: ast.ExceptHandler) -> bool:
    return all(isinstance(line, ast.Pass | ast.Continue) for line in one.body)


def test_nothing_is_left_undone_in_a_comment() -> None:
    for name in tracked():
        content = (ROOT / name).read_bytes()
        if name.endswith((".py", ".yaml", ".md", ".toml", "Makefile")):
            found = [word for word in UNDONE if word.encode() in content]
            assert not found, name


def test_the_tests_mirror_the_tree() -> None:
    mirrored = {Path(name).parts[1] for name in modules("tests") if len(Path(name).parts) > 2}
    assert mirrored <= {*CODE, "contracts", "faults", "servers"}
