"""Read YAML and keep the line of every key and value, so that an error can name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from launch.errors import DescriptionError, Problem

Place = tuple[object, ...]
_NULL = "tag:yaml.org,2002:null"


@dataclass
class Document:
    """A YAML file as plain data, and the line (from 1) of each place in it.

    Scalars are the text that stands in the file: 3.10 is not 3.1 and no is not false until a
    setting that wants a number or a truth value reads it so. Nulls are None.
    """

    data: Any
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line_of(self, place: Place) -> int:
        """Return the line of a place, or of the nearest place around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(text: str, file: str) -> Document:
    """Read one YAML document; DescriptionError where it is none, or where a key stands twice.

    PyYAML alone takes the last of two equal keys without a word.
    """
    document = Document(None)
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            if node is not None:
                document.data = _Builder(loader, document).build(node, ())
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        message = str(getattr(error, "problem", None) or error).splitlines()[0]
        document.problems.append(Problem(line, "", f"not YAML: {message}"))
    except RecursionError:
        document.problems.append(Problem(1, "", "nested too deeply, or refers to itself"))
    if document.problems:
        raise DescriptionError(file, document.problems)
    return document


class _Builder:
    """Turns nodes into plain data and notes their lines."""

    def __init__(self, loader: yaml.SafeLoader, document: Document) -> None:
        self._loader = loader
        self._document = document

    def build(self, node: yaml.Node, place: Place) -> Any:
        """Return the data of a node and of everything below it."""
        self._document.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*place, number)) for number, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        return None if node.tag == _NULL else node.value

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[Any, Any]:
        self._refuse_twins(node)
        # What << brings comes first, so that the mapping's own keys win.
        self._loader.flatten_mapping(node)
        data: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            here = (*place, key_node.value)
            self._document.lines[here] = key_node.start_mark.line + 1
            data[key_node.value] = self.build(value_node, here)
        return data

    def _refuse_twins(self, node: yaml.MappingNode) -> None:
        lines: dict[str, int] = {}
        for key_node, _ in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._document.problems.append(Problem(line, "", "a key must be a plain text"))
            elif key_node.value in lines and key_node.value != "<<":
                first = lines[key_node.value]
                message = f"stands twice, first in line {first}"
                self._document.problems.append(Problem(line, key_node.value, message))
            else:
                lines[key_node.value] = line
