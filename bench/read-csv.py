"""pandas' side of read-csv.ts: each way to read a CSV into typed columns, timed; prints JSON lines."""
import json
import sys
import time

import pandas as pd

path, mode = sys.argv[1], sys.argv[2]
strings = [c for c in pd.read_csv(path, nrows=5).columns if c.startswith("s")]
dates = ["ts"] if mode == "codes" else []


def with_codes(**options):
    frame = pd.read_csv(path, **options)
    for name in strings:
        frame[name] = frame[name].astype("category")
    for name in dates:
        frame[name] = pd.to_datetime(frame[name])
    return frame


ways = {
    "C parser": lambda: with_codes(),
    "pyarrow": lambda: with_codes(engine="pyarrow"),
}
if mode == "codes":
    ways["C parser, dtype=category"] = lambda: pd.read_csv(
        path, dtype={name: "category" for name in strings}, parse_dates=dates
    )
for name, read in ways.items():
    start = time.perf_counter()
    cpu = time.process_time()
    frame = read()
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    answer = {
        "rows": len(frame),
        "sum": float(frame["n0"].sum()),
        "distinct": {c: int(frame[c].nunique()) for c in strings},
    }
    print(json.dumps({"way": name, "seconds": seconds, "cpu": cpu_seconds, "answer": answer, "pandas": pd.__version__}))
    del frame
