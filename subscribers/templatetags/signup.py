"""The sign-up box: the same for every visitor, without a query, so that pages with it can be cached."""

from django import template

from subscribers.public.forms import SignupForm

register = template.Library()


@register.inclusion_tag("subscribers/_signup_box.html")
def signup_box() -> dict[str, SignupForm]:
    """Show the sign-up box. Its fields have ids of their own, so it may stand beside another form."""
    return {"form": SignupForm(auto_id="box_%s")}
