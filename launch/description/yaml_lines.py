"""Read YAML and keep the line of every key and value, so that an error can name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from launch.errors import DescriptionError, Problem

Place = tuple[object, ...]
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"
# Aliases of aliases make billions of values out of a few lines; a large launch.yaml has thousands.
_MOST_VALUES = 100_000
_DEEPEST = 100
_Pairs = list[tuple[yaml.Node, yaml.Node]]


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
                document.data = _Builder(document).build(node, ())
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        message = str(getattr(error, "problem", None) or error).splitlines()[0]
        document.problems.append(Problem(line, "", f"not YAML: {message}"))
    except RecursionError:
        document.problems.append(Problem(1, "", "nested too deeply, or refers to itself"))
    except _TooLargeError as error:
        key = error.place[:1]
        message = f"more than {_MOST_VALUES:,} values, with what aliases and << repeat"
        where = str(key[0]) if key else ""
        document.problems.append(Problem(document.line_of(key), where, message))
    if document.problems:
        raise DescriptionError(file, document.problems)
    return document


class _TooLargeError(Exception):
    """More values than a launch.yaml can mean."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


class _Builder:
    """Turns nodes into plain data and notes their lines."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._values = 0
        self._merged: dict[yaml.Node, _Pairs] = {}

    def build(self, node: yaml.Node, place: Place) -> Any:
        """Return the data of a node and of everything below it."""
        if len(place) > _DEEPEST:
            raise RecursionError
        self._count(1, place)
        self._document.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*place, number)) for number, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        return None if node.tag == _NULL else node.value

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[Any, Any]:
        self._refuse_twins(node)
        data: dict[Any, Any] = {}
        for key_node, value_node in self._pairs(node, place):
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            here = (*place, key_node.value)
            self._document.lines[here] = key_node.start_mark.line + 1
            data[key_node.value] = self.build(value_node, here)
        return data

    def _pairs(self, node: yaml.MappingNode, place: Place) -> _Pairs:
        """Return a mapping's keys and values; what << brings comes first, so that its own win.

        PyYAML's own way writes them into the node, however many there are.
        """
        if node not in self._merged:
            brought: _Pairs = []
            for key_node, value_node in node.value:
                if key_node.tag == _MERGE:
                    # Of several mappings the first wins.
                    for mapping in reversed(_mappings(value_node)):
                        pairs = self._pairs(mapping, place)
                        self._count(len(pairs), place)
                        brought += pairs
            own = [pair for pair in node.value if pair[0].tag != _MERGE]
            self._merged[node] = [*brought, *own]
        return self._merged[node]

    def _count(self, values: int, place: Place) -> None:
        self._values += values
        if self._values > _MOST_VALUES:
            raise _TooLargeError(place)

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


def _mappings(node: yaml.Node) -> list[yaml.MappingNode]:
    """Return what << names: a mapping, or a list of them."""
    named = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for item in named:
        if not isinstance(item, yaml.MappingNode):
            raise yaml.MarkedYAMLError(
                problem="<< takes a mapping, or a list of them", problem_mark=item.start_mark
            )
    return list(named)
