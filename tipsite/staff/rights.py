"""What a person may do: their own permissions and those of their groups, by the names that Django checks."""

from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Concat
from django.db.models.sql.compiler import SQLCompiler

# A permission's name as ``has_perm`` takes it.
_NAME = Concat("content_type__app_label", Value("."), "codename")


def of(person: User | AnonymousUser) -> set[str]:
    """Return the names of a person's permissions, in one query; also where the account is deactivated."""
    return {*_held(person).values_list(_NAME, flat=True)}


def joined(person: OuterRef) -> Subquery:
    """Return the same of an outer query's person as one text for ``split``, in the outer query."""
    one = _held(person).annotate(one=Value(1)).values("one")
    return Subquery(one.annotate(joined=_Joined(_NAME)).values("joined"))


def split(text: str | None) -> set[str]:
    """Return the names that ``joined`` gave."""
    return {*text.split(",")} if text else set()


def _held(person: User | AnonymousUser | OuterRef) -> QuerySet[Permission]:
    return Permission.objects.filter(Q(user=person) | Q(group__user=person)).order_by()


class _Joined(Aggregate):
    """The texts of a group as one, with commas between them; no name has one."""

    function = "GROUP_CONCAT"
    output_field = TextField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[object]]:
        sql, params = self.as_sql(compiler, connection, template="STRING_AGG(%(expressions)s, ',')")
        return sql, [*params]
