"""Where a dump goes and where it comes from: a path or a binary file object, compressed or not.

A file is written beside its final name and renamed when it is whole, so that there is never half a dump under
the name that was asked for.
"""

from __future__ import annotations

import io
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import zstandard

from neuralgraph.errors import DiskError, DumpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Target = str | os.PathLike[str] | IO[bytes]

_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_BUFFER_BYTES: Final = 1 << 20


@contextmanager
def writing_to(target: Target) -> Iterator[Callable[[bytes], object]]:
    """Gives a function that writes bytes; a path that ends in ``.zst`` is compressed.

    Raises:
        DiskError: the file cannot be written; there is nothing of it then.
    """
    if not isinstance(target, (str, os.PathLike)):
        yield target.write
        return
    path = Path(target).expanduser()
    half = path.with_name(path.name + ".part")
    try:
        with ExitStack() as stack:
            file: Any = stack.enter_context(half.open("wb", buffering=_BUFFER_BYTES))
            if path.suffix == ".zst":
                compressor = zstandard.ZstdCompressor(write_checksum=True)
                file = stack.enter_context(compressor.stream_writer(file, closefd=False))
            yield file.write
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise DiskError(f"cannot write the dump {path}: {error}") from error
    except BaseException:
        half.unlink(missing_ok=True)
        raise


@contextmanager
def reading_from(source: Target) -> Iterator[Iterator[bytes]]:
    """The lines of a dump, compressed or not, with their line ends.

    Raises:
        DiskError: the file cannot be read.
        DumpError: its compression is damaged.
    """
    try:
        with ExitStack() as stack:
            file: Any = source
            if isinstance(source, (str, os.PathLike)):
                path = Path(source).expanduser()
                file = stack.enter_context(path.open("rb", buffering=_BUFFER_BYTES))
            if not hasattr(file, "peek"):
                file = io.BufferedReader(file, _BUFFER_BYTES)
                stack.callback(file.detach)
            yield _lines(file)
    except OSError as error:
        raise DiskError(f"cannot read the dump {source}: {error}") from error


def _lines(file: Any) -> Iterator[bytes]:
    if file.peek(4)[:4] == _ZSTD_MAGIC:
        decompressor = zstandard.ZstdDecompressor()
        stream = decompressor.stream_reader(file, read_across_frames=True, closefd=False)
        file = io.BufferedReader(stream, _BUFFER_BYTES)
    number = 0
    try:
        for line in file:
            number += 1
            yield line
    except zstandard.ZstdError as error:
        raise DumpError(f"the compressed data is damaged: {error}", line=number + 1) from error
