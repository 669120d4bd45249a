"""Every setting of the portal, from the environment. README.md has the table; nobody imports this module.

Two shapes, told apart by DATABASE_URL:

- unset: one machine. Servers, keys and files live under var/, made by `make run` or `make services`.
- set: production. Nothing has a default that would be unsafe there: the keys and the host names must be
  given, and DEBUG is off.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("PORTAL_VAR") or BASE_DIR / "var")


def env_flag(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    if value:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return default


def env_int(name: str, default: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def server_url(name: str, schemes: tuple[str, ...], example: str) -> str:
    """The address of a server: the one that is named, or else the private one, if it was started."""
    value = os.environ.get(name, "").strip()
    if not value:
        return embedded_address(name)
    try:
        parts = urlsplit(value)
        good = parts.scheme in schemes and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    # The value is not shown: it holds a password.
    if not good:
        raise ImproperlyConfigured(f"{name} must look like {example}.")
    return value


def env_list(name: str, default: list[str]) -> list[str]:
    value = os.environ.get(name, "")
    return [part.strip() for part in value.split(",") if part.strip()] or default


PRODUCTION = bool(os.environ.get("DATABASE_URL", "").strip())


def embedded_address(name: str) -> str:
    """The URL of a private server, as `portal.embedded` left it under var/."""
    try:
        return json.loads((VAR_DIR / "embedded.json").read_text())[name]
    except (OSError, ValueError, KeyError):
        if PRODUCTION:
            raise ImproperlyConfigured(f"{name} must be set when DATABASE_URL is set.") from None
        raise ImproperlyConfigured(
            f"{name} is not set and there is no private server. Run `make services`, or set {name}."
        ) from None


def secret(name: str) -> str:
    """A secret that production must name; one machine makes its own once, readable by its owner alone."""
    if value := os.environ.get(name):
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(f"{name} must be set when DATABASE_URL is set.")
    path = VAR_DIR / f"{name.lower()}.txt"
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        value = secrets.token_hex(32)
        file.write(value)
    return value


SECRET_KEY = secret("SECRET_KEY")
# 64 hexadecimal digits: the seed of the Ed25519 key that signs the ledger's daily seals.
LEDGER_KEY = secret("LEDGER_KEY")
DEBUG = env_flag("DEBUG", False)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", [] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]"])
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the site's host when DATABASE_URL is set.")
if not PRODUCTION and (host := os.environ.get("HOST")) and host not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append("*" if host in ("0.0.0.0", "::") else host)  # noqa: S104 - compared, not bound
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [])

DATABASE_URL = server_url(
    "DATABASE_URL", ("postgres", "postgresql"), "postgres://user:password@host:5432/name"
)
REDIS_URL = server_url("REDIS_URL", ("redis", "rediss", "unix"), "redis://:password@host:6379/0")

INSTALLED_APPS = [
    "portal.site",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_filters",
    "django_htmx",
    "pgtrigger",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "portal.workdays",
    "portal.organisation",
    "portal.numbering",
    "portal.ledger",
    "portal.cases",
    "portal.documents",
    "portal.notices",
    "portal.oversight",
    "disclosure",
    "approvals",
    "hotline",
    "pledges",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.site.middleware.DatabaseLost",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.site.middleware.ChosenLanguage",
    "portal.site.middleware.Unwanted",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.site.middleware.OwnAnswers",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "portal.organisation.middleware.RequireSecondFactor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.site.context.site",
            ],
        },
    },
]

DATABASES = {
    "default": {
        **dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True),
        "TEST": {"NAME": os.environ.get("TEST_DATABASE_NAME", "test_portal")},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "portal",
        # A page asks once more at once and then says 503, rather than hang with its reader.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 5, "retry": Retry(NoBackoff(), 1)},
    }
}

# People -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "organisation.Staff"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 10}  # type: ignore[assignment]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "site:workbench"
ACCOUNT_ADAPTER = "portal.organisation.adapters.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "site:home"
ACCOUNT_SESSION_REMEMBER = False
# Behind a proxy the address of the person stands in X-Forwarded-For; limits and audit go by it.
ALLAUTH_TRUSTED_PROXY_COUNT = env_int("TRUSTED_PROXIES", 1 if env_flag("HTTPS", PRODUCTION) else 0)
# Lock-out: five failures close the account for thirty minutes.
ACCOUNT_RATE_LIMITS = {"login_failed": "5/30m/key,30/5m/ip", "login": "60/m/ip"}
MFA_ADAPTER = "allauth.mfa.adapter.DefaultMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A phone whose clock is half a minute off still gets in.
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "政务公开与效能门户"
USERSESSIONS_TRACK_ACTIVITY = False
# Idle time-out: every page starts the thirty minutes anew.
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
SESSION_COOKIE_AGE = env_int("SESSION_IDLE_MINUTES", 30) * 60
if SESSION_COOKIE_AGE <= 0:
    raise ImproperlyConfigured("SESSION_IDLE_MINUTES must be 1 or more.")
SESSION_SAVE_EVERY_REQUEST = True
# What is told once may name a draft or a file: it stays on the server, and in no cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Language, time ---------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# Files ------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT") or VAR_DIR / "media")
# Uploads are handed out by views that ask for permission, never by path.
MEDIA_URL = ""
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 100

# Security ---------------------------------------------------------------------------------------------
HTTPS = env_flag("HTTPS", PRODUCTION)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "portal.site.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
    # The administrators' pages are another project's, and write style and script into the page.
    "EXCLUDE_URL_PREFIXES": ["/admin/"],
}
SILENCED_SYSTEM_CHECKS = ["account.W001"]

# The API ----------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "portal.organisation.authentication.StaffTokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "portal.site.parsers.ShallowJSONParser",
        "rest_framework.parsers.MultiPartParser",
        "rest_framework.parsers.FormParser",
    ],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "portal.site.errors.api_exception_handler",
    # As many addresses as there are trusted proxies count; a made-up header does not.
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,
    "DEFAULT_THROTTLE_RATES": {
        "lookup": "30/min",
        "report": "20/hour",
        "complaint": "20/hour",
        # An application is saved and added to many times before it is sent; each draft may hold 100 MB.
        "application": "60/hour",
        "draft_save": "120/hour",
        "information_request": "20/hour",
        "export": "30/hour",
        "draft_begin": "40/day",
        "own_step": "60/hour",
        "number_check": "60/min",
    },
}
SPECTACULAR_SETTINGS = {
    "TITLE": "政务公开与效能门户 API",
    "DESCRIPTION": "The same verbs and the same rules as the portal's pages.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Two apps call their own lists alike.
    "ENUM_NAME_OVERRIDES": {
        "AskingApplicantKind": "disclosure.models.requests.ApplicantKind",
        "ApplicationApplicantKind": "approvals.models.applications.ApplicantKind",
        "PaperServedBy": "approvals.rules.checks.SERVED_CHOICES",
        "AnswerServedBy": "disclosure.rules.request_checks.SERVED_CHOICES",
    },
}

# Celery: the broker only wakes. Truth and outbox are in Postgres, so that a lost message is found by the
# next sweep and a repeated one finds nothing to do. --------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
SWEEP_SECONDS = env_int("SWEEP_SECONDS", 15)
DELIVER_SECONDS = env_int("DELIVER_SECONDS", 10)

# Notices ----------------------------------------------------------------------------------------------
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = env_int("EMAIL_PORT", 587)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_flag("EMAIL_USE_TLS", True)
# A row of the outbox stays locked while it is sent.
EMAIL_TIMEOUT = 10
# Without a mail server, letters are files under var/mail.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "12319@portal.invalid")
# FileBackend writes messages under var/sms; LogBackend only says that one went out, without number or text.
SMS_BACKEND = os.environ.get("SMS_BACKEND", "portal.notices.sms.FileBackend")
SMS_FILE_PATH = VAR_DIR / "sms"

# The bureau -------------------------------------------------------------------------------------------
BUREAU = {
    "name": os.environ.get("BUREAU_NAME", "云溪市城市管理局"),
    "name_en": os.environ.get("BUREAU_NAME_EN", "Yunxi Urban Management Bureau"),
    "domain": os.environ.get("BUREAU_DOMAIN", "localhost"),
    "site_id_code": os.environ.get("BUREAU_SITE_ID_CODE", "3300000000"),
    "icp": os.environ.get("BUREAU_ICP", ""),
    "police_number": os.environ.get("BUREAU_POLICE_NUMBER", ""),
    "contact": os.environ.get("BUREAU_CONTACT", "12319"),
    # Nine figures and letters of its credit code, with which the index numbers of its information begin.
    "organisation_code": os.environ.get("BUREAU_ORGANISATION_CODE", "MB0DEM019"),
    # What the numbers of its documents begin with: 云城管函〔2026〕3号.
    "document_prefix": os.environ.get("BUREAU_DOCUMENT_PREFIX", "云城管"),
}

# Documents --------------------------------------------------------------------------------------------
# Where anyone reaches the portal: it stands in the QR code of every document.
PUBLIC_URL = (
    os.environ.get("PUBLIC_URL", "").strip().rstrip("/")
    or (f"https://{BUREAU['domain']}" if HTTPS else f"http://127.0.0.1:{env_int('PORT', 8000)}")
)  # fmt: skip
if not PUBLIC_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured(f"PUBLIC_URL must begin with https:// or http://, not {PUBLIC_URL!r}.")
SIGNER = os.environ.get("SIGNER", "portal.documents.signing.keyfile.KeyFileSigner")
# Keys and certificates made by `manage.py make_certificates`; the keys are encrypted with the passphrase.
SIGNING_DIR = Path(os.environ.get("SIGNING_DIR") or VAR_DIR / "signing")
SIGNING_PASSPHRASE = secret("SIGNING_PASSPHRASE")
# An RFC 3161 authority, or "own". Left empty, the portal's own sets the time, on one machine only.
TIMESTAMP_URL = os.environ.get("TIMESTAMP_URL", "").strip()
# A key that never leaves its device.
PKCS11_MODULE = os.environ.get("PKCS11_MODULE", "")
PKCS11_TOKEN = os.environ.get("PKCS11_TOKEN", "")
PKCS11_PIN = os.environ.get("PKCS11_PIN", "")
PKCS11_KEY_LABEL = os.environ.get("PKCS11_KEY_LABEL", "")

UNFOLD = {
    "SITE_TITLE": BUREAU["name"],
    "SITE_HEADER": BUREAU["name"],
    "SITE_SYMBOL": "account_balance",
    "COLORS": {
        "primary": {
            "50": "239 246 255",
            "100": "219 234 254",
            "200": "191 219 254",
            "300": "147 197 253",
            "400": "96 165 250",
            "500": "30 90 168",
            "600": "11 61 120",
            "700": "10 50 98",
            "800": "8 41 80",
            "900": "6 32 63",
            "950": "4 22 44",
        }
    },
}

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LOG_LEVEL = os.environ.get("LOG_LEVEL", "").strip().upper() or "INFO"
if LOG_LEVEL not in LOG_LEVELS:
    raise ImproperlyConfigured(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {LOG_LEVEL!r}.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
