"""Recognise what must not be in a request: anyone who may describe a job can read it.

The container also prints arguments and configuration to its log.
"""

from __future__ import annotations

import re

_VALUES = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_|github_pat_)\w{20,}"),
    "a Slack token": re.compile(r"\bxox[abprs]-[\w-]{10,}"),
    "a signed token (JWT)": re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\."),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@"),
}
_NAMES = re.compile(
    r"(?:^|[._-])(?:password|passwd|passphrase|secret|secret[._-]?(?:access[._-]?)?key|token|"
    r"api[._-]?key|access[._-]?key(?:[._-]?id)?|private[._-]?key|credentials?)$",
    re.IGNORECASE,
)
# Names of things that hold a secret are fine: the job reads them with its role.
_REFERENCES = re.compile(r"^(?:arn:aws[\w-]*:|s3://|ssm:|\{\{resolve:)")


def secret_in(value: str, *, name: str = "") -> str | None:
    """Say what kind of secret a value looks like, by its form or by its name; None if it does not.

    A camel-case name is read as words: ``fs.s3a.secretKey`` counts.
    """
    for kind, form in _VALUES.items():
        if form.search(value):
            return kind
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    if _NAMES.search(words) and value.strip() and not _REFERENCES.match(value):
        return f"a secret, by the name {name}"
    return None


def secrets_in_arguments(arguments: list[str]) -> list[tuple[int, str]]:
    """Find secrets among a command's arguments: ``--token X``, ``--token=X``, or by form."""
    found = []
    option = ""
    for number, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if argument.startswith("-") and equals:
            kind = secret_in(value, name=name.lstrip("-"))
        else:
            kind = secret_in(argument, name=option)
        if kind:
            found.append((number, kind))
        option = argument.lstrip("-") if argument.startswith("-") and not equals else ""
    return found
