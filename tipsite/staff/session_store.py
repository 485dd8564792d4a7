"""Sessions in the database, each read in one query with its person and what that person may do."""

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Concat
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from tipsite.models import SessionPerson

# A permission's name as ``has_perm`` takes it.
NAME = Concat("content_type__app_label", Value("."), "codename")


class SessionStore(db.SessionStore):
    """A session; once it is read, ``person`` is who signed in, if anybody did."""

    person: User | None = None
    # The session's key and the person that are noted to belong together.
    _noted: tuple[str | None, str] = (None, "")

    def load(self) -> dict[str, object]:
        """Return what the session holds, nothing where it is gone; called on first use."""
        names = permissions(OuterRef("whose__person")).annotate(one=Value(1)).values("one")
        names = names.annotate(joined=_Joined(NAME)).values("joined")
        sessions = Session.objects.select_related("whose__person").annotate(names=Subquery(names))
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
                known = vars(self.person)
                known["_perm_cache"] = {*filter(None, (vars(row)["names"] or "").split(","))}
        return self.decode(row.session_data)

    def save(self, must_create: bool = False) -> None:
        super().save(must_create)
        whose = str(self.get(SESSION_KEY, ""))
        if whose and self._noted != (self.session_key, whose):
            SessionPerson.objects.update_or_create(session_id=self.session_key, defaults={"person_id": whose})
            self._noted = (self.session_key, whose)


def permissions(person: User | AnonymousUser | OuterRef) -> QuerySet[Permission]:
    """Return a person's own permissions and those of their groups; some of them twice."""
    return Permission.objects.filter(Q(user=person) | Q(group__user=person)).order_by()


class _Joined(Aggregate):
    """The texts of a group as one, with commas between them."""

    function = "GROUP_CONCAT"
    output_field = TextField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[object]]:
        sql, params = self.as_sql(compiler, connection, template="STRING_AGG(%(expressions)s, ',')")
        return sql, [*params]
