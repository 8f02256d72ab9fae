from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from subscribers import sql

DIALECT = sqlite.dialect()


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])))
def test_a_time_comes_back_to_the_microsecond(at: datetime) -> None:
    kind = sql.UtcDateTime()
    back = kind.process_result_value(kind.process_bind_param(at, DIALECT), DIALECT)
    assert back == at
    assert back.tzinfo is UTC


def test_no_time_is_no_time_and_one_without_zone_is_refused() -> None:
    kind = sql.UtcDateTime()
    assert kind.process_bind_param(None, DIALECT) is None
    assert kind.process_result_value(None, DIALECT) is None
    with pytest.raises(ValueError, match="without a zone"):
        kind.process_bind_param(datetime(2026, 11, 3), DIALECT)  # noqa: DTZ001 - the point


def test_values_are_cut_into_runs() -> None:
    assert [list(some) for some in sql.chunks(range(5), 2)] == [[0, 1], [2, 3], [4]]


def test_times_sort_alike_on_both_databases(people_engine: sa.Engine) -> None:
    table = sa.Table("moment", sa.MetaData(), sa.Column("at", sql.UtcDateTime))
    table.create(people_engine)
    times = [datetime(year, 1, 1, tzinfo=UTC) for year in (2026, 1969, 2038)]
    with people_engine.begin() as session:
        session.execute(table.insert(), [{"at": at} for at in times])
        assert session.scalars(sa.select(table.c.at).order_by(table.c.at)).all() == sorted(times)
