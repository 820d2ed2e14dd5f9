"""Which names go with secrets: of headers, cookies, query, form and JSON fields, SQL parameters.

The union of what Sentry, Elastic, Django and ddtrace take out, by rule instead of by list: names
are split into words, and a word such as ``token`` counts unless its neighbours make it a plain one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STRONG: Final = re.compile(
    r"passw|passphras|passcode|passkey|pwd|secret(?!ar|ion|ive)|credential|bearer|jwt|csrf|xsrf|saml"
    r"|(?:api|app|access|private|secret|encryption|signing|master|ssh|gpg|pgp|licen[sc]e|account"
    r"|consumer|client|shared|service|storage|host|webhook|deploy|admin|root|user)key"
    r"|sess(?:ion)?id|otpauth|creditcard|cardn(?:o$|um)|securitycode|connection(?:string|uri|url)"
    r"|connstr|database(?:url|uri)|\bdburl|pemfile|pkcs|routingn(?:o$|um)|accountn(?:o$|um)"
    r"|acctn(?:o$|um)|mnemonic|seedphrase|keytab|htpasswd|pincode|(?:backup|recovery)codes?$"
)
"""Found anywhere in the name without its separators: a secret, unless it only speaks about one."""

_WEAK: Final = re.compile(
    r"token(?!i[sz])|session|auth(?!or(?!i[sz]at)|entic(?!at))|signature|signed(?!ness|int)|cookie"
    r"|principal|identity|credit|cipher|hmac"
)
"""Found anywhere in one word of the name: a secret, unless a neighbour says otherwise."""

_WEAK_WORDS: Final = _word_set(
    """
    key keys pass pin pins ssn otp totp hotp mfa 2fa iban bic dsn cvv cvv2 cvc cvc2 csc sid sso
    pw pswd psw passw pem salt pepper nonce card cards jti sig pan tan puk passport cert pfx p12
    keystore keyring vault kek dek psk pat sas seed totpseed ccnum ccn cc tin nino
    """
)
_EXACT: Final = _word_set(
    """
    2fa certificatepin clientid connectsid env geolocation ipaddress phpsessid recaptchakey
    securityanswer securityquestion serviceaccount symfony transactionid voterid xforwardedfor
    xrealip remoteaddr mothersmaidenname socialsecurity socialsecuritynumber taxid
    driverslicense driverslicence verificationcode onetimecode
    """
)
_KEY_SUFFIX: Final = re.compile(r"(?:key|pass|pin|otp|sid|card|cvv|ssn|pw)s?$")
_ENGLISH: Final = _word_set(
    """
    monkey donkey turkey hockey jockey whiskey mickey lackey flunkey smokey hotkey latchkey
    turnkey lowkey offkey compass bypass trespass surpass overpass underpass encompass multipass
    singlepass onepass spin opin chopin hairpin tenpin pushpin linchpin terrapin unpin underpin
    kingpin postcard wildcard scorecard placard flashcard discard timecard vcard hovercard rsid
    inside reside beside preside aside foreside
    """
)
_ABOUT: Final = _word_set(
    """
    count counts counter max maximum min minimum limit limits total totals num number of len
    length size sizes enabled disabled required optional supported allowed policy policies
    strength rules label labels placeholder field fields form page view template title
    description message error errors exception status state valid invalid is has had was can
    should allow require needs show hide age ttl timeout lifetime expiry expires expired expire
    expiration duration rate at on date created updated changed type types kind class cls
    provider backend algorithm algo scheme method mode domain path samesite httponly secure
    permanent interface version prompt completion input output used usage per budget remaining
    cached reasoning color colour layout style banner consent notice first last prev next nr
    stats attempts retries attempt failures width height header headers footer body count1 index
    list
    """
)
"""Words that turn a name from the secret itself into something said about it."""
_ABOUT_STRONG: Final = _ABOUT - _word_set(
    """
    number header headers body list first last
    """
)
_PLAIN_KEYS: Final = _word_set(
    """
    primary foreign sort cache partition group grouping index unique composite natural surrogate
    row column lookup dict map hash object routing shortcut arrow translation i18n locale lang
    order filter search metric config setting settings option menu tab enter escape ctrl shift
    alt press down up event code pressed hot range cluster shard candidate join parent child
    model field data meta json attr attribute property item node tree route view idempotency
    musical piano value values error errors name names
    """
)
"""Neighbours that make ``key`` a plain word. (An index's key unlocks nothing.)"""
_PLAIN_CARDS: Final = _word_set(
    """
    deck hand playing trump report sim graphics video sound network business image ui
    """
)
_PLAIN_PASSES: Final = _word_set(
    """
    boarding render low high band test tests fail second third
    """
)

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", re.ASCII)
_SEPARATORS: Final = re.compile(r"[\W_]+")


def is_secret(name: str) -> bool:
    """Whether the value that goes by *name* must not be shown.

    ``userPassword``, ``X-Api-Key``, ``card[number]`` are; ``max_tokens``, ``author``, ``monkey``
    and ``primary_key`` are not. Any thread; cached.
    """
    return _judge(name) if len(name) <= 128 else _judge.__wrapped__(name[:128] + name[-128:])


def is_clear_secret(name: str) -> bool:
    """Whether *name* means a secret in any company, as ``password`` does and ``key`` does not."""
    return _STRONG.search(_SEPARATORS.sub("", name).lower()) is not None and is_secret(name)


@lru_cache(maxsize=4096)
def _judge(name: str) -> bool:
    joined = _SEPARATORS.sub("", name).lower()
    words = [word.lower() for word in _WORDS.findall(name)]
    if joined in _EXACT:
        return True
    if _STRONG.search(joined):
        return not _ABOUT_STRONG.intersection(words)
    others = set(words)
    return any(_is_weak(word, others - {word}) for word in words) or (
        len(words) > 1
        and _is_weak(joined, set())
        and not _ABOUT.intersection(words)
        and _separated_letters(words)
    )


def _separated_letters(words: list[str]) -> bool:
    """``p-a-s-s``, ``oAuth``, ``x2fa``: a name whose words are too short to mean anything."""
    return all(len(word) <= 2 for word in words)


def _is_weak(word: str, others: set[str]) -> bool:
    if not (
        word in _WEAK_WORDS
        or _WEAK.search(word)
        or (_KEY_SUFFIX.search(word) and word.rstrip("s") not in _ENGLISH and word not in _ENGLISH)
    ):
        return False
    if "key" in word:
        return not others & (_PLAIN_KEYS | _ABOUT)
    if "card" in word:
        return "number" in others or not others & (_PLAIN_CARDS | _ABOUT)
    if word in ("pass", "passes"):
        return not others & (_PLAIN_PASSES | _ABOUT)
    return not others & (_ABOUT_STRONG if word in _WEAK_WORDS else _ABOUT)
