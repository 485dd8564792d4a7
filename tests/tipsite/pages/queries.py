"""Queries of this test's database."""

from django.db import connection

# Without a limit neither would end within the time of a test.
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
    "postgresql": "SELECT pg_sleep(3600)",
}


def ask(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql[connection.vendor])
        return cursor.fetchall()
