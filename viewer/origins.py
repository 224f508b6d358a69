"""Where the server is reached, as browsers write it: scheme, host and port."""

from urllib.parse import urlsplit

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  listens on all; this one is on this machine


def origin_at(host: str, port: int, *, tls: bool) -> str:
    """The origin of a server that listens on `host`, which is a name or an address, IPv6 with or without brackets."""
    host = host.strip("[]")
    host = EVERY_ADDRESS.get(host, host)
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def host_of(origin: str) -> str:
    """As in a Host header: an IPv6 address in brackets, no port."""
    host = str(urlsplit(origin).hostname)
    return f"[{host}]" if ":" in host else host
