"""Recognise what must not be in a request: anyone who may describe a job can read it.

The container also prints arguments and configuration to its log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_VALUES = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_|github_pat_)\w{20,}"),
    "a GitLab token": re.compile(r"\bglpat-[\w-]{20,}"),
    "a Hugging Face token": re.compile(r"\bhf_[A-Za-z]{30,}"),
    "a Slack token": re.compile(r"\bxox[abprs]-[\w-]{10,}"),
    "a Google key": re.compile(r"\bAIza[\w-]{35}"),
    "an API key": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "a signed token (JWT)": re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\."),
    "a bearer token": re.compile(r"\bBearer [\w.~+/=-]{16,}"),
    "a signed address": re.compile(r"[?&]X-Amz-Signature="),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]*:[^\s/@]+@"),
}
_PASSWORD = r"(?:password|passwd|passphrase|pwd)"
_NAMES = re.compile(
    rf"{_PASSWORD}$|(?:^|[._-]){_PASSWORD}(?:[._-]|$)|(?:^|[._-])(?:pass|secret|token|credentials?|"
    r"(?:secret|api|access|private|encryption|account)[._-]?key(?:[._-]?id)?|"
    r"secret[._-]?access[._-]?key)$",
    re.IGNORECASE,
)
# Names of things that hold a secret are fine: the job reads them with its role.
_REFERENCES = re.compile(r"^(?:arn:aws[\w-]*:|s3://|ssm:|secretsmanager:|\{\{resolve:)")
# MAX_TOKEN: 512, USE_TOKEN: true, SEP_TOKEN: ",": settings of tokenizers, not keys.
_HARMLESS = re.compile(r"^(?:-?[\d.]+|true|false|yes|no|none|\W*\w{0,5}\W*)$", re.IGNORECASE)
# A look ahead, so that --conf=spark.x.key=… gives its inner pair, too.
_PAIRS = re.compile(r"(?:^|[\s;&?,=])-{0,2}D?([A-Za-z_][\w.-]*)(?==([^\s;&,]+))")


def secret_in(value: str, *, name: str = "") -> str | None:
    """Say what kind of secret a value looks like, by its form or by its name; None if it does not.

    A camel-case name is read as words: ``dbPassword`` counts. Pairs inside a value count as well:
    ``-Daws.secretKey=…``.
    """
    for kind, form in _VALUES.items():
        if form.search(value):
            return kind
    for key, part in [(name, value), *_PAIRS.findall(value)]:
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
        harmless = _HARMLESS.match(part.strip()) or _REFERENCES.match(part)
        if _NAMES.search(words) and not harmless:
            return f"a secret, by the name {key}"
    return None


def secrets_in_arguments(arguments: list[str]) -> list[tuple[int, str]]:
    """Find secrets among a command's arguments: ``--token X``, ``--token=X``, or by form."""
    found = []
    option = ""
    for number, argument in enumerate(arguments):
        kind = secret_in(argument, name=option)
        if kind:
            found.append((number, kind))
        takes_next = argument.startswith("-") and "=" not in argument
        option = argument.lstrip("-") if takes_next else ""
    return found


def secrets_in(value: Any, place: tuple[object, ...]) -> Iterator[tuple[tuple[object, ...], str]]:
    """Find secrets in data of any depth; a value's name is its key, an argument's its option."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from secrets_in(item, (*place, key))
    elif isinstance(value, list):
        texts = [item for item in value if isinstance(item, str)]
        if len(texts) == len(value):
            yield from (((*place, number), kind) for number, kind in secrets_in_arguments(texts))
        else:
            for number, item in enumerate(value):
                yield from secrets_in(item, (*place, number))
    elif isinstance(value, str):
        kind = secret_in(value, name=str(place[-1]) if place else "")
        if kind:
            yield place, kind
