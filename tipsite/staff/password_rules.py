"""The rules for passwords of staff, Django's own, in the desk's words."""

from django.contrib.auth import password_validation


class LongEnough(password_validation.MinimumLengthValidator):
    """Refuses what is shorter than eight characters."""

    def get_error_message(self) -> str:
        return f"This is too short: take {self.min_length} characters or more."

    def get_help_text(self) -> str:
        return f"Take {self.min_length} characters or more; three or four words are easy to keep in mind."


class NotAboutThePerson(password_validation.UserAttributeSimilarityValidator):
    """Refuses what is much like the person's name or address."""

    def get_error_message(self) -> str:
        return "This is too much like your name or address. Take other words."

    def get_help_text(self) -> str:
        return "Leave your name and your address out of it."


class NotCommon(password_validation.CommonPasswordValidator):
    """Refuses what many people take."""

    def get_error_message(self) -> str:
        return "Many people have this password, so that it is guessed first. Take another one."

    def get_help_text(self) -> str:
        return "What many people take, such as “qwerty123”, is refused."
