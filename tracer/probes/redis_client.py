"""redis-py: one event a command that goes to the server, and one for a whole pipeline."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

from ..redaction import clean_text, redact_key
from .patching import Patches
from .stores import Begin, StoreProbe, fields, watched

MAX_COMMANDS: Final = 50
MAX_ARGUMENTS: Final = 50
MAX_KEY: Final = 200
_WITHOUT_KEY: Final = frozenset(
    {"ACL", "AUTH", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DEBUG", "ECHO", "EVAL", "EVALSHA"}
    | {"EVALSHA_RO", "EVAL_RO", "FCALL", "FCALL_RO", "FUNCTION", "HELLO", "INFO", "LATENCY"}
    | {"MEMORY", "MIGRATE", "MODULE", "MONITOR", "PING", "PSYNC", "REPLICAOF", "SCRIPT"}
    | {"SELECT", "SENTINEL", "SHUTDOWN", "SLAVEOF", "SLOWLOG", "SWAPDB", "SYNC", "WAIT"}
)
"""Commands whose first argument is something else, such as a password or a script."""


class RedisProbe(StoreProbe):
    name = "redis"
    kinds = ("redis.command",)
    modules = ("redis",)

    def adopt(self, module: ModuleType, patches: Patches) -> None:
        client = vars(module)["client"]
        patches.replace(client.Redis, "execute_command", _command)
        patches.replace(client.PubSub, "execute_command", _command)
        patches.replace(client.Pipeline, "immediate_execute_command", _command)
        patches.replace(client.Pipeline, "execute", _pipeline)
        cluster = vars(module).get("cluster")
        if cluster is not None:
            patches.replace(cluster.RedisCluster, "execute_command", _command)


def _command(original: Any) -> Any:
    return watched(RedisProbe, original, "redis.command", _commanding, _answered)


def _pipeline(original: Any) -> Any:
    return watched(RedisProbe, original, "redis.command", _sending)


def _commanding(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    name = _name(args[1]) if len(args) > 1 else "?"
    said = None
    if len(args) > 2 and name.partition(" ")[0] not in _WITHOUT_KEY:
        shown = _text(args[2])
        said = None if shown is None else {"key": shown}
    return name, None, said


def _answered(result: Any, args: Any, kwargs: Any) -> Any:
    """What was read, or else what was sent."""
    read = _size(result) if type(result) in (bytes, str) else None
    return {"bytes": _sent(args[2:]) if read is None else read}


def _sending(probe: Any, key: Any, args: Any, kwargs: Any) -> Begin:
    stack = fields(args[0]).get("command_stack")
    if type(stack) is not list or not stack:
        return None  # nothing goes to the server
    names = [_name(command[0][0]) for command in stack[:MAX_COMMANDS]]
    if len(stack) > MAX_COMMANDS:
        names.append(f"… {len(stack)} commands")
    return "PIPELINE", None, {"commands": names}


def _name(command: Any) -> str:
    if type(command) is bytes:
        command = command[:50].decode("ascii", "replace")
    return clean_text(command[:50]).upper() if type(command) is str else "?"


def _text(key: Any) -> str | None:
    if type(key) is bytes:
        key = key[: 4 * MAX_KEY].decode("utf-8", "replace")
    if type(key) is int:
        return str(key)[:MAX_KEY]
    return redact_key(clean_text(key))[:MAX_KEY] if type(key) is str else None


def _sent(arguments: tuple[Any, ...]) -> int:
    """About, where there are very many arguments, or numbers."""
    return sum(_size(argument) or 0 for argument in arguments[:MAX_ARGUMENTS])


def _size(value: Any) -> int | None:
    kind = type(value)
    if kind is bytes:
        return len(value)
    if kind is str:
        return len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
    if kind is float or (kind is int and value.bit_length() <= 256):
        return len(str(value))
    return None
