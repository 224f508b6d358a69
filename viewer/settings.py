"""Every setting, from the environment, with defaults that run on a laptop."""

import hashlib
import os
import secrets
from pathlib import Path

from viewer.origins import host_of, origin_at

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / "data")).resolve()


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in ("1", "true", "yes")


def _list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def _secret_key() -> str:
    """The key from the environment, or the one that this data folder was given on its first start."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = DATA_DIR / "secret_key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
        except FileExistsError:
            pass  # another process of the first start was faster
    return path.read_text()


SECRET_KEY = _secret_key()
DEBUG = _flag("DEBUG")

# Where it is reached
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = int(os.environ.get("PORT", "8000"))
TLS_CERT = os.environ.get("TLS_CERT", "")
TLS_KEY = os.environ.get("TLS_KEY", "")
PUBLIC_ORIGIN = os.environ.get("PUBLIC_ORIGIN", "")  # https://label.example.org, when a proxy stands in front
ALLOWED_ORIGINS = list(
    dict.fromkeys(
        ([PUBLIC_ORIGIN] if PUBLIC_ORIGIN else [])
        + [origin_at(host, PORT, tls=bool(TLS_CERT)) for host in (HOST, "127.0.0.1", "localhost", "::1")]
        + _list("ALLOWED_ORIGINS")
    )
)

ALLOWED_HOSTS = list(dict.fromkeys([host_of(origin) for origin in ALLOWED_ORIGINS] + _list("ALLOWED_HOSTS")))
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC_ORIGIN.startswith("https") else None
SECURE = bool(TLS_CERT) or PUBLIC_ORIGIN.startswith("https")

INSTALLED_APPS = [
    "viewer",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "channels",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "viewer.pages.security.SecurityHeaders",
    "viewer.pages.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

ROOT_URLCONF = "viewer.urls"
ASGI_APPLICATION = "viewer.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "viewer.pages.context.page",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "onframe.sqlite3",
        "CONN_MAX_AGE": None,  # threads live on: to open the database costs more than most queries
        "OPTIONS": {
            "timeout": 20,
            # Writers queue instead of failing half way; reads open no transaction and never wait.
            "transaction_mode": "IMMEDIATE",
            # Acknowledged means durable through a power cut. The log goes into the database behind everybody's back
            # (viewer.jobs.worker); whoever commits does it only beyond 64 MB.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8000; "
            "PRAGMA wal_autocheckpoint=16384;",
        },
    }
}

AUTH_USER_MODEL = "viewer.User"
LOGIN_URL = "/signin/"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_NAME = "onframe_session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "onframe_csrf"
CSRF_FAILURE_VIEW = "viewer.urls.csrf_failed"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# Only for a name of its own: browsers would ask every other service on localhost for TLS as well, for a year.
SECURE_HSTS_SECONDS = (
    365 * 24 * 3600
    if PUBLIC_ORIGIN.startswith("https") and host_of(PUBLIC_ORIGIN) not in ("localhost", "127.0.0.1", "[::1]")
    else 0
)

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"


def _release() -> str:
    """Names the static files as they are now, so that they may be cached for ever."""
    digest = hashlib.sha256()
    for path in sorted((BASE_DIR / "static").rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(BASE_DIR).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]


RELEASE = _release()
STATIC_URL = f"/static/{RELEASE}/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 31536000
WHITENOISE_IMMUTABLE_FILE_TEST = lambda path, url: True  # noqa: E731  every URL carries the release

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.identity.SessionAuthentication", "api.identity.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.identity.Undeclared"],
    "DEFAULT_RENDERER_CLASSES": ["api.parsers.FastJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.errors.handle",
}
SPECTACULAR_SETTINGS = {"TITLE": "Onframe", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# Limits, each refused with its own sentence
MAX_VIDEO_BYTES = int(os.environ.get("MAX_VIDEO_BYTES", 10**9))
MAX_FRAMES = int(os.environ.get("MAX_FRAMES", 100_000))
MAX_FRAME_PIXELS = int(os.environ.get("MAX_FRAME_PIXELS", 8192 * 8192))
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
SIGNIN_ATTEMPTS = int(os.environ.get("SIGNIN_ATTEMPTS", 5))  # an account and address, in five minutes

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},  # addresses of what was refused may hold sign-in links
        "httpx": {"level": "WARNING"},
        "asyncio": {"level": "WARNING"},
    },
}
