"""Sessions in the database, each read in one query with its person and what that person may do."""

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import OuterRef
from django.utils import timezone

from tipsite.models import SessionPerson
from tipsite.staff import rights


class SessionStore(db.SessionStore):
    """A session; once it is read, ``person`` is who signed in, if anybody did."""

    person: User | None = None
    # The session's key and the person that are noted to belong together.
    _noted: tuple[str | None, str] = (None, "")

    def load(self) -> dict[str, object]:
        """Return what the session holds, nothing where it is gone; called on first use."""
        sessions = Session.objects.select_related("whose__person")
        sessions = sessions.annotate(rights=rights.joined(OuterRef("whose__person")))
        row = sessions.filter(session_key=self.session_key, expire_date__gt=timezone.now()).first()
        if row is None:
            self._session_key = None
            return {}
        # A session from before it had a person in a column has none; nor has one of a deleted account.
        whose: SessionPerson | None = getattr(row, "whose", None)
        self.person = getattr(whose, "person", None)
        if self.person:
            self._noted = (row.session_key, str(self.person.pk))
            if not self.person.is_superuser:
                # Where Django, too, keeps them as long as the request lasts.
                vars(self.person)["_perm_cache"] = rights.split(vars(row)["rights"])
        return self.decode(row.session_data)

    def save(self, must_create: bool = False) -> None:
        """Save the session, and note whose it is, both or neither."""
        # Read from what is at hand: a session that is new would be looked for in vain.
        whose = str(vars(self).get("_session_cache", {}).get(SESSION_KEY, ""))
        if not whose or self._noted == (self.session_key, whose):
            super().save(must_create)
            return
        with transaction.atomic():
            super().save(must_create)
            SessionPerson.objects.update_or_create(session_id=self.session_key, defaults={"person_id": whose})
        self._noted = (self.session_key, whose)
