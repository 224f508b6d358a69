"""What is kept of a secret that is given out once: enough to know it again, not enough to use it."""

import hashlib


def hash_secret(secret: str) -> str:
    """64 hexadecimal digits. For secrets that nobody could guess, which need neither salt nor a slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
