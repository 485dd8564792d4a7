"""Mails that come back, as servers and providers write them."""


def delivery_report(to, status="5.1.1", action="failed", words="smtp; 550 5.1.1 <anna@example.net> unknown"):
    """Return a report as a mail server writes it (RFC 3464)."""
    return (
        f"From: MAILER-DAEMON@mx.example.net\r\nTo: {to}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        f"Final-Recipient: rfc822; anna@example.net\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: {words}\r\n--b--\r\n"
    ).encode()


def complaint(returned):
    """Return a complaint as a provider writes it (RFC 5965), with the headers of our mail in it."""
    return (
        "From: fbl@provider.example\r\nTo: abuse@tips.example.org\r\nSubject: FW\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSomebody does not want this.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--b--\r\n"
    ).encode()
