"""Read YAML and keep the line of every key and value, so that an error can name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from launch.errors import DescriptionError, Problem

Place = tuple[object, ...]


@dataclass
class Document:
    """A YAML file as plain data, and the line (from 1) of each place in it."""

    data: Any
    lines: dict[Place, int] = field(default_factory=dict)

    def line_of(self, place: Place) -> int:
        """Return the line of a place, or of the nearest place around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(text: str, file: str) -> Document:
    """Read one YAML document; DescriptionError where it is none, or where a key stands twice.

    PyYAML alone takes the last of two equal keys without a word.
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        document = Document(None)
        problems: list[Problem] = []
        if node is not None:
            document.data = _build(loader, node, (), document, problems)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        message = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise DescriptionError(file, [Problem(line, "", f"not YAML: {message}")]) from None
    finally:
        loader.dispose()
    if problems:
        raise DescriptionError(file, problems)
    return document


def _build(
    loader: yaml.SafeLoader,
    node: yaml.Node,
    place: Place,
    document: Document,
    problems: list[Problem],
) -> Any:
    document.lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [
            _build(loader, item, (*place, number), document, problems)
            for number, item in enumerate(node.value)
        ]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node, deep=True)
    loader.flatten_mapping(node)
    data: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        here = (*place, key)
        if here in document.lines:
            first = document.lines[here]
            problems.append(Problem(line, str(key), f"stands twice, first in line {first}"))
        data[key] = _build(loader, value_node, here, document, problems)
        document.lines[here] = line
    return data
