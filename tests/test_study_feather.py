"""Feather files read part by part, and cut off by another hand while a study reads them."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from nettools import InvalidInput
from nettools.study import netting
from nettools.study.files import batches

BARS, COLUMNS = 20_000, list("ABCDEFGH")
CUT = """
import os, sys
from nettools import InvalidInput
from nettools.study import files
path, size = sys.argv[1], int(sys.argv[2])
from pathlib import Path
stream = files.batches(Path(path), list("ABCDEFGH"), 500)
total = float(next(stream).column(0).to_numpy()[0])
os.truncate(path, size)
try:
    for batch in stream:
        total += float(batch.column(7).to_numpy().sum())
except InvalidInput as error:
    sys.exit(str(error))
"""


def _panel(**more):
    rng = np.random.default_rng(1)
    whole = rng.integers(-5, 6, size=(BARS, len(COLUMNS))).astype(float)
    return pd.DataFrame(whole, columns=COLUMNS).assign(**more)


def _write(path, frame, **how):
    feather.write_feather(pa.Table.from_pandas(frame), str(path), **how)
    return path


@pytest.mark.parametrize("packed", ["uncompressed", "lz4", "zstd"])
@pytest.mark.parametrize("chunk", [BARS, 3_000])
def test_a_file_of_many_batches_or_of_one_is_studied_to_the_same_numbers(
    packed, chunk, tmp_path
):
    frame, closes = _panel(), np.linspace(100, 101, BARS)
    path = _write(tmp_path / "t.feather", frame, compression=packed, chunksize=chunk)
    pd.testing.assert_frame_equal(
        netting(path, closes).strategies, netting(frame, closes).strategies
    )


@pytest.mark.parametrize("packed", ["uncompressed", "lz4"])
def test_every_part_of_a_file_is_what_was_written(packed, tmp_path):
    times = pd.date_range("2025-05-04", periods=BARS, freq="min", tz="UTC")
    frame = _panel(small=np.arange(BARS, dtype="int16"), name="x", time=times)
    path = _write(tmp_path / "t.feather", frame, compression=packed, chunksize=7_000)
    for columns in (["H", "A"], ["time", "small"], ["name", "B"]):
        parts = [batch.to_pandas() for batch in batches(path, columns, 999)]
        pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), frame[columns])
        assert max(map(len, parts)) == 999


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be cut off there")
@pytest.mark.parametrize("packed", ["uncompressed", "lz4"])
@pytest.mark.parametrize("left", [0, 4_096, 300_000])
def test_a_file_cut_off_while_it_is_read_is_an_error_and_not_the_end_of_the_kernel(
    packed, left, tmp_path
):
    rows = BARS if packed == "uncompressed" else 2_000
    path = _write(tmp_path / "t.feather", _panel(), compression=packed, chunksize=rows)
    left = min(left, path.stat().st_size // 2)
    ended = subprocess.run(
        [sys.executable, "-c", CUT, str(path), str(left)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "t.feather cannot be read to its end" in ended.stderr
    assert ended.returncode == 1


def test_one_large_batch_is_never_in_memory_at_once(tmp_path):
    frame = pd.concat([_panel()] * 20, ignore_index=True)
    path = _write(
        tmp_path / "t.feather", frame, compression="uncompressed", chunksize=len(frame)
    )
    before = pa.total_allocated_bytes()
    largest = 0
    for batch in batches(path, COLUMNS, 1_000):
        largest = max(largest, batch.nbytes, pa.total_allocated_bytes() - before)
    assert largest == 1_000 * 8 * len(COLUMNS)


@pytest.mark.parametrize("kind", ["feather", "parquet"])
def test_two_columns_of_one_name_are_refused_and_neither_is_taken_for_the_other(kind, tmp_path):
    path = tmp_path / f"t.{kind}"
    table = pa.table([[1.0, 2.0], [3.0, 4.0]], names=["A", "A"])
    if kind == "parquet":
        parquet.write_table(table, path)
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as out:
            out.write_table(table)
    with pytest.raises(InvalidInput, match="more than one column 'A'"):
        netting(path, np.full(2, 100.0))


def test_a_header_with_a_damaged_byte_is_an_error_or_the_same_numbers(tmp_path):
    path = _write(tmp_path / "t.feather", _panel()[:50], compression="uncompressed")
    good = path.read_bytes()
    begin = good.index(b"\xff\xff\xff\xff", 16)  # the batch's own header, behind the schema's
    told = []
    for place in range(begin, begin + 64):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        told.append(_rows_or_why(path))
    whys = [why for why in told if why != 50]
    assert len(whys) > 8
    assert all("cannot be read to its end" in why for why in whys)


def _rows_or_why(path):
    try:
        return sum(batch.num_rows for batch in batches(path, COLUMNS, 20))
    except InvalidInput as error:
        return str(error)
