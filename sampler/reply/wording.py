"""What the prose of a reply says about its code: a refusal, or that a later version replaces an earlier one.

English only; in another language a refusal counts as a reply without a document, which scores the same.
"""

from __future__ import annotations

import re

_APOSTROPHES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'"})
_CANNOT = (
    r"(?:can(?:'t|not| not)|could(?:n't| not)|won't|will not|am (?:not able|unable) to|'m (?:not able|unable) to"
    r"|won't be able to|will not be able to|am not (?:going|willing) to|'m not (?:going|willing) to"
    r"|must (?:respectfully )?decline to|have to (?:respectfully )?decline to)"
)
_SORT = r"(?:help|assist|comply|participate|continue with|fulfil+|complete|satisfy|honou?r|accommodate|support)"
_MAKE = r"(?:create|make|generate|provide|write|build|produce|recreate|reproduce|share|offer|do|give|copy)"
_OBJECT = (
    r"(?:this|that|it|you|so|such|the requested|your request|any|copyright(?:ed)?|content|recreations?|reproductions?"
    r"|(?:a|an|the) (?:[\w'-]+ ){0,4}?(?:recreation|reproduction|replica|copy|clone|version|scene|page|request))"
)
_REFUSAL = re.compile(
    rf"\bI(?:'m afraid I|'m sorry,? but I)? ?{_CANNOT} (?:\w+ ){{0,2}}?(?:{_SORT}\b|{_MAKE} {_OBJECT}\b)"
    r"|\bI (?:must|have to|need to|will have to)(?: respectfully)? (?:decline|refuse)\b"
    r"|\b(?:against|violates?) (?:my|our|the|openai's|anthropic's|google's) (?:[\w-]+ ){0,3}?"
    r"(?:guidelines|polic(?:y|ies))\b",
    re.IGNORECASE,
)
_PRACTICAL = re.compile(
    r"\b(?:run|execute|open|browse|attach|upload|test|preview|display|host|deploy|screenshots?|files? directly)\b",
    re.IGNORECASE,
)
_REVISION = re.compile(
    r"\b(?:updated?|corrected|correction|correcting|fixed|fix(?:es)?|revised|revision|improved|final|rewritten|rewrite"
    r"|instead|replace[sd]?|(?:in)?complete version|full version|mistakes?|oops|actually|bug)\b",
    re.IGNORECASE,
)
_ALTERNATIVE = re.compile(
    r"\b(?:alternativ\w*|another (?:version|option|variant|approach)|simpler|simplified|lighter|minimal|bonus|option"
    r"|variant|optional(?:ly)?|if you (?:prefer|want|would|'d)|for example|or, )\b",
    re.IGNORECASE,
)
_OPENING = 1500
"""A refusal is said within this many characters."""


def refuses(prose: str) -> bool:
    """Whether a reply without any code says that the model will not do it, not merely that it cannot run things."""
    opening = prose[:_OPENING].translate(_APOSTROPHES)
    for sentence in re.split(r"(?<=[.!?])\s|\n", opening):
        if _REFUSAL.search(sentence) and not _PRACTICAL.search(sentence):
            return True
    return False


def replaces(prose: str) -> bool:
    """Whether prose between two documents announces the second as a better state of the first, not as a choice."""
    nearby = prose[-600:].translate(_APOSTROPHES)
    return bool(_REVISION.search(nearby)) and not _ALTERNATIVE.search(nearby)
