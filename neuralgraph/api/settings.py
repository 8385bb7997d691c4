"""Settings: where the options of a graph come from, and what came of it.

    defaults  <  a TOML file  <  the environment  <  keyword arguments

    [storage]                                NEURALGRAPH__STORAGE__DURABILITY=normal
    durability = "normal"                    NEURALGRAPH__QUERY__TIMEOUT_S=30
    [query]
    timeout_s = 30

Whatever cannot be meant is an `OptionError` that says where it stands and names the nearest that exists.
"""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from neuralgraph.config import OPTION_FACTS, OptionFacts, Options
from neuralgraph.errors import OptionError
from neuralgraph.query.execution.process_memory import ProcessMemory, bytes_of_machine
from neuralgraph.regexes import regex
from neuralgraph.storage.maintenance import retention_us
from neuralgraph.values.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from neuralgraph.query.execution import Procedure
    from neuralgraph.query.functions import CallContext

ENVIRONMENT_PREFIX: Final = "NEURALGRAPH__"

_BY_PATH: Final = {facts.path: facts for facts in OPTION_FACTS.values()}
_BY_VARIABLE: Final = {facts.variable: facts for facts in OPTION_FACTS.values()}
_SIZE: Final = regex(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_SHARE: Final = regex(r"(100|[1-9]\d?)\s*%")
_SCALES: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_TRUTHS: Final = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip
_WORDS: Final[dict[str, str]] = {
    "boolean": "True or False",
    "span": "'forever', 'none' or a span such as '30d' or '12h'",
    "folders": "a sequence of folders",
    "bytes": "bytes, such as 67108864 or '64MB'",
    "share": "bytes, such as 67108864 or '64MB', or a share such as '50%'",
    "seconds": "seconds",
    "count": "an integer",
}


@record
class Settings:
    """The options of a graph, and where each comes from.

    Attributes:
        options: what is in force.
        sources: by option: ``default``, the file's name, the variable's name or ``argument``.
    """

    options: Options
    sources: Mapping[str, str]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each option, under the column names of SHOW SETTINGS."""
        return [self._row(facts) for facts in OPTION_FACTS.values()]

    def _row(self, facts: OptionFacts) -> dict[str, Any]:
        value = shown(getattr(self.options, facts.name))
        source = self.sources.get(facts.name, "default")
        return {
            "name": facts.path,
            "value": value,
            "isDynamic": False,
            "defaultValue": shown(facts.default),
            "description": facts.text,
            "source": source,
            "startupValue": value,
            "isExplicitlySet": source != "default",
            "validValues": valid_values(facts),
            "option": facts.name,
        }

    def procedure(self) -> Procedure:
        """``dbms.listConfig``."""
        from neuralgraph.query.execution.procedure import Procedure

        def listed(_context: CallContext, wanted: str = "") -> Iterable[tuple[Any, ...]]:
            for row in self.rows():
                if wanted.lower() in row["name"]:
                    yield tuple(row[name] for name in _LISTED)

        outputs = tuple((name, "BOOLEAN" if name == "isDynamic" else "STRING") for name in _LISTED)
        return Procedure(
            "dbms.listConfig",
            (("searchString", "STRING"),),
            outputs,
            description="The settings of this graph, and where each comes from.",
            optional_inputs=1,
            call=listed,
        )


_LISTED: Final = (
    "name",
    "description",
    "value",
    "isDynamic",
    "defaultValue",
    "source",
    "validValues",
)


def settings_of(
    given: Mapping[str, Any],
    file: str | os.PathLike[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from all places there are.

    Args:
        given: keyword arguments.
        file: a TOML file, or none.
        environment: variables; None is the process's own.

    Raises:
        OptionError: an unknown name, or a value that an option cannot have; it says where it stands.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    if file is not None:
        for facts, value in _of_file(Path(file)):
            values[facts.name] = _checked(facts, value, f"{file}: {facts.path}")
            sources[facts.name] = str(file)
    for variable, text in (os.environ if environment is None else environment).items():
        if variable.upper().startswith(ENVIRONMENT_PREFIX):
            facts = _of_variable(variable)
            values[facts.name] = _checked(facts, _read(facts, text), variable)
            sources[facts.name] = variable
    for name, value in given.items():
        known = OPTION_FACTS.get(name)
        if known is None:
            raise OptionError(f"there is no option {name!r}{_nearest(name, OPTION_FACTS)}")
        values[name] = _checked(known, value, name)
        sources[name] = "argument"
    return Settings(Options(**values), sources)


# ── where they stand ──────────────────────────────────────────────────────────────────────────


def _of_file(path: Path) -> Iterable[tuple[OptionFacts, Any]]:
    import tomllib

    try:
        tables = tomllib.loads(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"cannot read the settings file {path}: {error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"{path} is no TOML: {error}") from error
    sections = sorted({facts.section for facts in OPTION_FACTS.values()})
    for section, entries in tables.items():
        if section not in sections or not isinstance(entries, dict):
            hint = _nearest(section, [f"[{name}]" for name in sections])
            if section in OPTION_FACTS:
                facts = OPTION_FACTS[section]
                hint = f"; write {facts.key} below [{facts.section}]"
            raise OptionError(f"{path}: there is no section [{section}]{hint}")
        for key, value in entries.items():
            known = _BY_PATH.get(f"{section}.{key}")
            if known is None:
                hint = _nearest(f"{section}.{key}", _BY_PATH)
                raise OptionError(f"{path}: there is no setting {section}.{key}{hint}")
            yield known, value


def _of_variable(variable: str) -> OptionFacts:
    facts = _BY_VARIABLE.get(variable.upper())
    if facts is None:
        hint = _nearest(variable.upper(), _BY_VARIABLE)
        raise OptionError(f"the environment variable {variable} names no setting{hint}")
    return facts


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    names = list(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}"


# ── values ────────────────────────────────────────────────────────────────────────────────────


def _read(facts: OptionFacts, text: str) -> Any:
    """What a variable of the environment says; what it cannot say stays text, and is refused as such."""
    text = text.strip()
    if facts.kind == "boolean":
        return _TRUTHS.get(text.lower(), text)
    if facts.kind == "folders":
        return tuple(part for part in text.split(os.pathsep) if part)
    if facts.kind in ("count", "seconds"):
        for convert in (int, float) if facts.kind == "seconds" else (int,):
            try:
                return convert(text)
            except ValueError:
                continue
    return text


def _checked(facts: OptionFacts, value: Any, where: str) -> Any:
    """The value as `Options` has it.

    Raises:
        OptionError: the option cannot have it.
    """
    if facts.is_optional and (value is None or value == "none"):
        return None
    try:
        found = _converted(facts, value)
    except OptionError:
        found = None
    if found is None or not _is_within(facts, found):
        raise OptionError(f"{where} is {valid_values(facts)}, not {value!r}")
    return found


def _converted(facts: OptionFacts, value: Any) -> Any:
    """None when it is of the wrong kind."""
    if facts.kind == "choice":
        return value if value in facts.choices else None
    if facts.kind == "boolean":
        return value if isinstance(value, bool) else None
    if facts.kind == "span":
        retention_us(str(value))
        return str(value)
    if facts.kind == "folders":
        if isinstance(value, (str, Path)) or not hasattr(value, "__iter__"):
            return None
        return tuple(str(folder) for folder in value)
    if facts.kind == "share" and isinstance(value, str) and _SHARE.fullmatch(value.strip()):
        return value.strip()
    if facts.kind in ("bytes", "share") and isinstance(value, str):
        return size_of(value)
    if type(value) is int:
        return value
    return value if facts.kind == "seconds" and type(value) is float else None


def _is_within(facts: OptionFacts, value: Any) -> bool:
    if not isinstance(value, (int, float)):
        return True
    # NaN is in no interval.
    return (facts.low is None or value >= facts.low) and (facts.high is None or value <= facts.high)


def size_of(text: str) -> int | None:
    """Bytes of ``512MB``, ``2 GiB`` and the like, units of 1024; None when it is no size."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        return None
    return math.floor(float(match[1]) * (1 << 10 * _SCALES[match[2].lower()]))


def process_memory_of(options: Options) -> ProcessMemory | None:
    """The limit of the process; None where there is none."""
    limit = options.memory_limit
    if isinstance(limit, str):
        match = _SHARE.fullmatch(limit)
        limit = None if match is None else bytes_of_machine() * int(match[1]) // 100
    return ProcessMemory(limit) if limit else None


def valid_values(facts: OptionFacts) -> str:
    """What an option may be, in words."""
    words = _WORDS.get(facts.kind) or " or ".join(repr(choice) for choice in facts.choices)
    if facts.low is not None:
        words += f", at least {facts.low:,.0f}"
    if facts.high is not None:
        words += f", at most {facts.high:,.0f}"
    return f"{words}, or none" if facts.is_optional else words


def shown(value: Any) -> str:
    """A value as files and the environment write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return os.pathsep.join(value)
    return str(value)
