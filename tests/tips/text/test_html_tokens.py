from tips.text.html_tokens import tokens


def test_tags_come_with_their_attributes_and_text_with_its_references_resolved():
    source = '<p>Ring &amp; <img src="/media/a.jpg" alt="a &quot;bell&quot; > b"></p>'
    assert [(token.tag, token.closes, token.attributes, token.text) for token in tokens(source)] == [
        ("p", False, {}, ""),
        ("", False, {}, "Ring & "),
        ("img", False, {"src": "/media/a.jpg", "alt": 'a "bell" > b'}, ""),
        ("p", True, {}, ""),
    ]
