"""What is logged when something fails names no address and holds no link's token."""

import logging
import logging.config

import pytest
from django.conf import settings
from django.core import signing
from gunicorn.config import Config

from subscribers import tokens
from tipsite import logs


def in_the_log(message, error=None):
    """What the site's console shows of a message."""
    formatter = logging.config.DictConfigurator(settings.LOGGING).configure_formatter(
        settings.LOGGING["formatters"]["line"]
    )
    exc_info = error and (type(error), error, None)
    return formatter.format(logging.LogRecord("django.request", 40, "", 1, message, (), exc_info))


@pytest.mark.parametrize("purpose", tokens.Purpose)
def test_a_page_that_fails_is_logged_without_the_token_in_its_address(purpose):
    token = tokens.make(purpose, tokens.nobody() + "~20260101")
    for path in (f"/unsubscribe/{token}/", f"/elsewhere/{token}", f"/?next=/undo/{token}&a=b"):
        line = in_the_log(f"Internal Server Error: {path}")
        assert "Internal Server Error: /" in line
        assert token.rpartition(".")[2] not in line


def test_a_token_that_was_cut_short_is_left_out_too():
    token = tokens.make(tokens.Purpose.LEAVE, tokens.nobody())
    assert token[:20] not in in_the_log(f"Not Found: /unsubscribe/{token[:-9]}/")


@pytest.mark.parametrize("signed", [signing.dumps("a"), signing.TimestampSigner().sign("a")])
def test_tokens_of_other_makers_are_left_out(signed):
    assert signed not in in_the_log(f"Internal Server Error: /admin/password/{signed}/")


@pytest.mark.parametrize(
    "address", ["anna@example.org", "O'Neil+x@xn--bcher-kva.example", "anna%40example.org"]
)
def test_an_error_that_quotes_an_address_is_logged_without_it(address):
    error = ValueError(f"DETAIL: Key (address_folded)=({address}) already exists.")
    line = in_the_log("Internal Server Error: /subscribe/", error)
    assert "already exists" in line
    assert "example" not in line.partition("DETAIL")[2]


def test_the_rest_of_a_line_stays_as_it_is():
    line = (
        "Upload ab-12_CD: stopped at 10:15:00.123 in /srv/tips/var; see /subscribe/ and 2026-11-22T10:00:00."
    )
    assert line in in_the_log(line)


def test_the_web_server_s_lines_are_redacted_too():
    token = tokens.make(tokens.Purpose.PREFERENCES, tokens.nobody())
    config = Config()
    config.set("accesslog", "-")
    server = logs.ServerLogger(config)
    try:
        for log in (server.access_log, server.error_log):
            (handler,) = log.handlers
            record = logging.LogRecord("gunicorn", 20, "", 1, f'"GET /x/{token}/ HTTP/1.1" 200', (), None)
            assert token not in handler.format(record)
            assert "200" in handler.format(record)
    finally:
        for log in (server.access_log, server.error_log):
            log.handlers.clear()
            log.propagate = True


@pytest.mark.django_db
def test_a_request_of_nonsense_is_one_line_of_the_log(client, caplog):
    assert client.post("/subscribe/", {f"field{number}": "" for number in range(1001)}).status_code == 400
    (record,) = [each for each in caplog.records if each.name.startswith("django.security")]
    (line,) = logs.Formatter().format(record).splitlines()
    assert "DATA_UPLOAD_MAX_NUMBER_FIELDS" in line
