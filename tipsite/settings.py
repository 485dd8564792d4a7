"""All settings, read from the environment.

With an empty environment the site runs on this machine alone: SQLite, the console for mail, a secret
key made up once and kept in STATE_DIR. Set SITE_URL to the site's public address and it counts as in
production; what such a site may not lack is then asked for by name before anything starts.
"""

from datetime import time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured
from django_prose_editor.config import html_tags
from environs import Env
from js_asset import static_lazy
from whitenoise.compress import Compressor

from tipsite.environment import databases, file_stores, keys, task_engines

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent


def _list(name: str, *default: str) -> list[str]:
    """Read a variable as a list by commas. People write spaces after them, and a comma at the end."""
    return [item.strip() for item in env.list(name, list(default)) if item.strip()]


# --- Where this site stands ------------------------------------------------------------------------

PORT = env.int("PORT", 8000)
SITE_URL = env.str("SITE_URL", f"http://localhost:{PORT}").rstrip("/")
SITE_NAME = env.str("SITE_NAME", "Tip of the Week")
_site = urlsplit(SITE_URL)
if _site.scheme not in ("http", "https") or not _site.hostname or _site.path or _site.query:
    raise ImproperlyConfigured(f"Set SITE_URL like https://tips.example.org (no path), not {SITE_URL!r}.")
PRODUCTION = _site.hostname not in ("localhost", "127.0.0.1", "::1")
HTTPS = _site.scheme == "https"

DEBUG = env.bool("DEBUG", False)
STATE_DIR = Path(env.str("STATE_DIR", str(BASE_DIR / "var")))
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(STATE_DIR / "media")))
STATE_DIR.mkdir(parents=True, exist_ok=True)

_missing = ", ".join(name for name in ("SECRET_KEY", "SUPPRESSION_KEY") if not env.str(name, ""))
if PRODUCTION and _missing:
    raise ImproperlyConfigured(f"SITE_URL is {SITE_URL}: a real site. Set these variables first: {_missing}.")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG shows visitors the site's insides; unset it, or unset SITE_URL.")

SECRET_KEY = env.str("SECRET_KEY", "") or keys.of_this_machine(STATE_DIR, "secret_key")
SECRET_KEY_FALLBACKS = _list("SECRET_KEY_FALLBACKS")
# Names those who get nothing. It must outlive every SECRET_KEY, or the list forgets who left.
SUPPRESSION_KEY = env.str("SUPPRESSION_KEY", "") or keys.of_this_machine(STATE_DIR, "suppression_key")
_own_hosts = [_site.hostname] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", *_own_hosts)
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- The program's parts ---------------------------------------------------------------------------

INSTALLED_APPS = [
    # Before tips, which takes these tags out of the admin: ours are others.
    "taggit",
    # Before tipsite, which takes their forms out of the admin: they show secrets, or speak as Django does.
    *"django_otp django_otp.plugins.otp_static django_otp.plugins.otp_totp django_tasks_db".split(),
    "tipsite.apps.TipsiteConfig",
    "desk.apps.DeskConfig",
    "tips.apps.TipsConfig",
    "tipsite.apps.StaffSiteConfig",
    "subscribers.apps.SubscribersConfig",
    "shield.apps.ShieldConfig",
    *(f"django.contrib.{app}" for app in "auth contenttypes sessions messages staticfiles".split()),
    *"anymail axes csp django_prose_editor django_tasks".split(),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "tipsite.safety.probes.answer_probes",
    "tipsite.safety.metrics.answer_metrics",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tips.public.compression.CompressText",
    # Inside gzip, so that the tag is made from the page and not from its randomly padded compression.
    "django.middleware.http.ConditionalGetMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "tipsite.pages.query_limits.limit_queries",
    # Inside the one that adds a slash, so that both are one redirect.
    "tips.public.canonical_urls.lead_to_canonical",
    *"tips.public.keeping.ask_each_time tipsite.safety.storage_failures.answer_while_away".split(),
    "django.middleware.csrf.CsrfViewMiddleware",
    "tipsite.staff.authentication.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Last, so that its answer to whoever is locked out gets all headers.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "tipsite.urls"
WSGI_APPLICATION = "tipsite.wsgi.application"

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
                "tipsite.dashboard.context_processors.site",
                "tips.public.surroundings.surroundings",
            ],
        },
    },
]

# --- Data ------------------------------------------------------------------------------------------

_database = env.dj_db_url("DATABASE_URL", f"sqlite:///{STATE_DIR / 'tips.sqlite3'}", conn_max_age=600)
# Whether it leads through PgBouncer in transaction mode.
_database = databases.completed(_database, pooled=env.bool("PGBOUNCER", False))
DATABASES = {"default": _database}
# How long one query of a reader's page may take; 0: as long as it likes.
READER_QUERY_SECONDS = env.float("READER_QUERY_SECONDS", 5.0)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What tipsite/pages keeps of finished pages; with DEBUG, templates change without any row.
PAGES_MEMORY_MB = 0 if DEBUG else env.int("PAGES_MEMORY_MB", 24)
CDN_MAX_AGE = min(60, env.int("CDN_MAX_AGE", 0))
# Where they lie as files for nginx. What a network may keep says for how long, which no file can.
PAGES_DIR = "" if CDN_MAX_AGE else env.str("PAGES_DIR", "")
# The database in which the journal lies; a file in STATE_DIR where that is unset.
JOURNAL_URL = databases.journal(env.str("JOURNAL_URL", ""))

CACHES = {"default": env.dj_cache_url("CACHE_URL", "locmem://")}
# Who carries background tasks, which no mail is; of Redis' client nothing is loaded unless TASKS names it.
_tasks = env.json("TASKS", {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}})
TASKS, RQ_QUEUES = task_engines.completed(_tasks)
if RQ_QUEUES:
    INSTALLED_APPS += ["django_rq"]
# Its pages know nothing of our roles, and it has no table.
RQ_SHOW_ADMIN_LINK, MIGRATION_MODULES = False, {"django_rq": None}

# --- Mail ------------------------------------------------------------------------------------------

_mail = env.dj_email_url("EMAIL_URL", "console://")
if "EMAIL_BACKEND" not in _mail:
    raise ImproperlyConfigured("EMAIL_URL must look like submission://user:password@mail.example.org:587.")
# A mail service may take the place of EMAIL_URL: anymail.backends.postmark.EmailBackend.
EMAIL_BACKEND = env.str("EMAIL_BACKEND", "") or _mail["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = _mail["EMAIL_TIMEOUT"] or 30
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"tips@{_site.hostname}")
STAFF_EMAIL = _list("STAFF_EMAIL")
# Where answers go.
REPLY_TO = env.str("REPLY_TO", "")
# Where mail servers report what they could not deliver; it gets a plus and a token for each mail.
BOUNCE_ADDRESS = env.str("BOUNCE_ADDRESS", "")
# The postal address stands under each mail and on the privacy page.
POSTAL_ADDRESS = env.str("POSTAL_ADDRESS", "")
# For how many days messages to the owner are kept: spam, and all others.
CONTACT_SPAM_DAYS, CONTACT_DAYS = env.int("CONTACT_SPAM_DAYS", 30), env.int("CONTACT_DAYS", 730)
# The mailbox in which reports of undelivered mail arrive: imaps://user:password@mail.example.org/INBOX.
BOUNCE_MAILBOX = env.str("BOUNCE_MAILBOX", "")
# What Anymail needs for the mail service, as JSON, and the name:password by which its reports are known.
_anymail = env.json("ANYMAIL", {})
if not isinstance(_anymail, dict):
    raise ImproperlyConfigured('ANYMAIL must look like {"POSTMARK_SERVER_TOKEN": "..."}.')
# Some services have no place for the token by which their reports are known: no reason to send no mail.
ANYMAIL: dict[str, object] = {"IGNORE_UNSUPPORTED_FEATURES": True} | _anymail
if _webhook_secret := env.str("WEBHOOK_SECRET", ""):
    ANYMAIL["WEBHOOK_SECRET"] = _webhook_secret

# How many connections to the mail server each worker keeps open, how many mails go out a minute at most, in
# all and to one domain (0: as many as can), and how late a mailing may still begin by itself.
MAIL_CONNECTIONS = env.int("MAIL_CONNECTIONS", 4)
MAIL_PER_MINUTE = env.int("MAIL_PER_MINUTE", 6000)
MAIL_PER_DOMAIN = env.int("MAIL_PER_DOMAIN", 1200)
MAIL_WINDOW_HOURS = env.int("MAIL_WINDOW_HOURS", 24)

# --- Time ------------------------------------------------------------------------------------------

USE_I18N, DATE_FORMAT, DATETIME_FORMAT = False, "D j M Y", "D j M Y, H:i"  # as tips/dates.py writes them
TIME_ZONE = env.str("TIME_ZONE", "America/New_York")
# The weekly slot at which a tip goes live, in the site's zone.
SLOT_WEEKDAY = env.str("SLOT_WEEKDAY", "tuesday").lower()
SLOT_TIME = env.time("SLOT_TIME", time(7))
# Whether nobody may approve what they wrote part of.
FOUR_EYES = env.bool("FOUR_EYES", False)

# --- Uploads ---------------------------------------------------------------------------------------

FILE_UPLOAD_HANDLERS = ["tipsite.staff.upload_handlers.StaffOnly", *global_settings.FILE_UPLOAD_HANDLERS]

# --- Static files ----------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(STATE_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [*global_settings.STATICFILES_FINDERS, "tipsite.typeface.finder.TypefaceFinder"]
WHITENOISE_ROOT = BASE_DIR / "static" / "root"  # /favicon.ico, and what else browsers ask for unasked
STORAGES = {
    # In MEDIA_ROOT, or in a bucket of an S3-compatible store.
    "default": file_stores.uploads(env.str("MEDIA_STORAGE_URL", "")),
    "lists": file_stores.lists(env.str("MEDIA_STORAGE_URL", "")),
    # With DEBUG, Django names the files as they are.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Source maps are asked for by developers' tools alone, and take longer to compress than all else.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# --- Staff -----------------------------------------------------------------------------------------

LOGIN_URL = "admin:login"
CSRF_FAILURE_VIEW = "tipsite.staff.refusals.csrf_failure"
LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "tipsite.staff.authentication.ByNameOrAddress",
]
# The longest life of a link that sets a password; tipsite/staff/mailed_links.py has each one's own.
PASSWORD_RESET_TIMEOUT = 7 * 24 * 60 * 60
# Groups whose members must sign in with a code too; "superuser" stands for superusers.
STAFF_TWO_FACTOR = _list("STAFF_TWO_FACTOR")
OTP_TOTP_ISSUER = SITE_NAME
# Its own delays double without end, so that who knows a password could shut its owner out for years. The
# lock below and a rate limit throttle codes instead.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0

# Five wrong passwords or codes lock one name on one network, for a quarter of an hour that typing on does
# not lengthen. See tipsite/staff/lockout.py.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "tipsite.staff.lockout.network"
AXES_USERNAME_CALLABLE = "tipsite.staff.lockout.name"
AXES_LOCKOUT_CALLABLE = "tipsite.staff.lockout.answer"
# What it keeps is of use for that quarter of an hour alone.
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "csrfmiddlewaretoken"]
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"tipsite.staff.password_rules.{name}"}
    for name in ("LongEnough", "NotAboutThePerson", "NotCommon")
]

# --- Security --------------------------------------------------------------------------------------

# How many proxies of ours stand in front; only then is what they say of the visitor believed.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz(/safe)?$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
# Who brings it to /healthz/safe is told why it is not safe; nobody, where it is unset.
HEALTH_TOKEN = env.str("HEALTH_TOKEN", "")
# Who brings it gets /metrics from elsewhere than this machine; nobody, where it is unset.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_ENGINE = "tipsite.staff.session_store"
# They follow from SITE_URL and SECRET_KEY, of which tipsite/checks.py speaks in the owner's words.
SILENCED_SYSTEM_CHECKS = [f"security.W{number}" for number in "004 008 009 012 016".split()]

# No page for readers has a script. What the admin needs is said in desk/admin_site.py.
_nothing = {name: [NONE] for name in "default-src script-src base-uri frame-ancestors".split()}
_own = {name: [SELF] for name in "style-src font-src connect-src manifest-src form-action".split()}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _nothing | _own | {"img-src": [SELF, "data:"]}}
_features = "camera display-capture geolocation gyroscope microphone payment usb".split()
PERMISSIONS_POLICY: dict[str, list[str]] = {name: [] for name in _features}

# --- The editor in the admin -----------------------------------------------------------------------

# What each script defines, in static/admin-desk/; the tags it lets in are the sanitiser's business.
_editor_scripts = {
    "editor": ["Desk"],
    "nodes": ["Cite", "Abbr"],
    "images": ["Picture"],
    "paste": ["Paste"],
    "typography": ["Typography"],
    "comments": ["Comments"],
}
DJANGO_PROSE_EDITOR_EXTENSIONS = [
    {"js": [static_lazy(f"admin-desk/{script}.js")], "extensions": dict.fromkeys(names, html_tags([]))}
    for script, names in _editor_scripts.items()
]

# --- Tags ------------------------------------------------------------------------------------------

TAGGIT_CASE_INSENSITIVE = True

# --- Logs ------------------------------------------------------------------------------------------

_line = {"class": "tipsite.logs.Formatter", "format": "{asctime} {levelname} {name}: {message}", "style": "{"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": _line},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.server": {"level": "WARNING"},
        # A missing page is a visitor's business, not an operator's.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # Whoever knows the URL can ask it, and the refusal stands on their own page.
        "django.security.AnymailWebhookValidationFailure": {"level": "CRITICAL"},
        # It logs each look at the queue.
        "django_tasks_db": {"level": "WARNING"},
        # It logs each step of a task.
        "rq.worker": {"level": "WARNING"},
        # It logs each query.
        "axes": {"level": "WARNING"},
        # It logs each parser that it tries on a report, and each that fails at an odd one.
        "flufl.bounce": {"level": "CRITICAL"},
        # It logs each table of a font.
        "fontTools": {"level": "WARNING"},
    },
}
