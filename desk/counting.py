"""Several counts in one query: a page that shows six numbers need not ask six times."""

from django.db.models import CharField, Count, Model, QuerySet, Value


def count_each(
    rows: dict[str, QuerySet[Model]], *sums: QuerySet[Model, tuple[object, ...]]
) -> dict[str, int]:
    """Return how many rows there are of each, by the same names; of at least one.

    ``sums`` are querysets that give pairs of a name and a number themselves.
    """
    first, *others = (
        queryset.order_by()
        .values(of=Value(name, output_field=CharField()))
        .annotate(number=Count("pk"))
        .values_list("of", "number")
        for name, queryset in rows.items()
    )
    # A count without rows may be left out.
    pairs = first.union(*others, *sums, all=True) if others or sums else first
    return dict.fromkeys(rows, 0) | {name: int(number or 0) for name, number in pairs}
