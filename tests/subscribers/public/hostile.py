"""What strangers type who mean harm, or know no better."""

ENDINGS = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]
ENDINGS += ["%0a", "%0d%0a", "\\r\\n", "\x00"]
HEADERS = [
    "Bcc: eve@evil.example",
    "To: eve@evil.example",
    "Cc: <eve@evil.example>",
    "Subject: pills",
    "Content-Type: text/html",
    "Reply-To: eve@evil.example\r\nX-Mailer: pills",
    "\r\n\r\n<b>body</b>",
    "RCPT TO:<e@e.ex>",
    ".\r\nMAIL FROM:<eve@evil.example>",
]
SYNTAX = [
    "{{ 7|add:35 }}", "{% debug %}", "{% include 'admin/index.html' %}", "{{ settings.SECRET_KEY }}",
    "{#", "{%", "{{", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{7*7}", "%(SECRET_KEY)s", "{0.__class__}", "$(id)",
    "`id`", "{{''.__class__}}",
]  # fmt: skip
SHAPES = [
    "<script>alert(1)</script>", "' OR 1=1 --", "a" * 100_000,
    "\ufeff", "\u202e", "😀", "=cmd|' /C calc'!A0", "../../etc/passwd", "\x1b[31m", "%s%n", "\\", '"', "<>",
    "a@b@c.example", '"a b"@example.org', '"a,eve@evil.example"@example.org', '"a\\"b"@example.org', "@",
    "a@example.org,eve@evil.example", "a@example.org;eve@evil.example", "<a@example.org>", "a@[127.0.0.1]",
    "a@xn--", "a@xn--a.example", "a@xn--0.example", "a%eve@example.org", "a!eve@example.org", "a@.",
    "a@example.org.", "/dev/null@example.org", "-oQ/tmp@example.org", "|sh@example.org", "a@\u00ad.example",
    "a@" + "x" * 63 + ".example", "a@例え.テスト", "a@ß.example", "..@example.org", ".a@example.org",
    "a@e\u0301xample.org",
]  # fmt: skip
HOSTILE = (
    SHAPES
    + [
        f"{one}{string}{other}"
        for string in SYNTAX
        for one, other in [("", ""), ("a@", ""), ("", "@example.org")]
    ]
    + [f"{string}{end}" for string in SYNTAX for end in ENDINGS[:4]]
    + [f"a@example.org{end}{header}" for end in ENDINGS for header in HEADERS]
    + [f"a{end}{header}@example.org" for end in ENDINGS for header in HEADERS]
    + [f"{header}{end}" for end in ENDINGS for header in HEADERS]
)
