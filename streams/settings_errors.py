"""Wrong settings in plain words: the name, the source, what is wrong and what is allowed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from streams.settings_layers import Layer, lookup

_USER_INFO = re.compile("//[^/@]*@")
_TEXTS = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be a text",
    "path_type": "must be a path",
    "string_too_short": "must not be empty",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must be 1 to 249 letters, digits, dots, underscores or hyphens",
    "literal_error": "must be {expected}",
    "missing": "is required",
    "tuple_type": "must be a list of paths",
    "too_long": "must have at most {max_length} of them",
    "mapping_type": "must be a table, such as [{section}] in the file",
    "dict_type": "must be a table, such as [{section}] in the file",
    "model_type": "must be a section with settings, such as [{section}] in the file",
    "dataclass_type": "must be a section with settings, such as [{section}] in the file",
}


def describe(error: ValidationError, layers: Sequence[Layer], schema: type[BaseModel]) -> Iterator[str]:
    """One line for each problem; secrets are never repeated."""
    for problem in error.errors(include_url=False):
        name = ".".join(part for part in problem["loc"] if isinstance(part, str) and part != "[key]")
        text = _explain(problem, name, schema)
        if text.startswith(f"{name}."):  # the section itself knows better which of its settings is wrong
            name, text = text.split(" ", 1)
        layer = lookup(layers, name)
        place = f" ({layer.locate(name)})" if layer else ""
        yield f"{name}{_given(problem, schema)}{place}: {text}"


def _given(problem: ErrorDetails, schema: type[BaseModel]) -> str:
    value = problem["input"]
    if not isinstance(value, str | int | float) or problem["type"] == "unexpected_keyword_argument":
        return ""
    if problem["type"] == "extra_forbidden" or _is_secret(problem["loc"], schema):
        return ""
    return f" = {_USER_INFO.sub('//***@', repr(value))}"


def _explain(problem: ErrorDetails, name: str, schema: type[BaseModel]) -> str:
    kind = problem["type"]
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return _unknown(problem["loc"], schema)
    if kind in _TEXTS:
        limits = {
            key: f"{value:g}" if isinstance(value, float) else value
            for key, value in problem.get("ctx", {}).items()
        }
        return _TEXTS[kind].format_map(limits | {"section": name})
    return problem["msg"].removeprefix("Value error, ")


def _unknown(location: tuple[int | str, ...], schema: type[BaseModel]) -> str:
    *sections, key = (str(part) for part in location)
    known = _keys(sections, schema)
    close = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {'.'.join([*sections, close[0]])}?" if close else f"known are {', '.join(known)}"
    return f"there is no such setting; {hint}"


def _keys(sections: Sequence[str], schema: type[BaseModel]) -> list[str]:
    """Names of the settings of a section, or of the sections themselves."""
    return list(_settings(sections, schema) if sections else schema.model_fields)


def _settings(sections: Sequence[str], schema: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Return the settings of a section; of one in a table of sections those of any."""
    field = schema.model_fields.get(sections[0])
    kinds = (field.annotation, *get_args(field.annotation)) if field else ()
    known: Iterator[Mapping[str, FieldInfo]] = (getattr(kind, "__pydantic_fields__", {}) for kind in kinds)
    return next(filter(None, known), {})


def _is_secret(location: tuple[int | str, ...], schema: type[BaseModel]) -> bool:
    names = [part for part in location if isinstance(part, str)]
    inner = _settings(names, schema).get(names[-1]) if len(names) > 1 else None
    return inner is not None and SecretStr.__name__ in str(inner.annotation)
