"""SHA-256 and BLAKE2b as `hashlib` has them, without OpenSSL.

It takes longer to load than anything else that an opening does. `random`, in the standard library, gets its
SHA-512 in the same way.
"""

from __future__ import annotations

try:
    from _blake2 import blake2b

    from _sha2 import sha256  # type: ignore[import-not-found]  # Python 3.12 and later
except ImportError:
    from hashlib import blake2b, sha256

__all__ = ["blake2b", "sha256"]
