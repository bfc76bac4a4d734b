"""The scikit-learn side of linear-speed.ts: one JSON request a line, one JSON answer a line."""
import json
import platform
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

warnings.simplefilter("ignore")
X = number = codes = None
for line in sys.stdin:
    request = json.loads(line)
    answer = {}
    if "versions" in request:
        answer["versions"] = f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}, numpy {np.__version__}"
    elif "table" in request:
        n, p = request["rows"], request["features"]
        with open(request["table"], "rb") as file:
            columns = np.frombuffer(file.read(4 * n * p), np.float32).reshape(p, n)
            number = np.frombuffer(file.read(8 * n), np.float64).copy()
            codes = np.frombuffer(file.read(4 * n), np.int32).copy()
        X = np.ascontiguousarray(columns.T.astype(np.float64))
    else:
        if request["fit"] == "LogisticRegression":
            model = LogisticRegression(C=1, solver=request["solver"], tol=request["tolerance"], max_iter=10000)
            y = codes
        else:
            model = LinearRegression() if request["fit"] == "LinearRegression" else Ridge(alpha=1)
            y = number
        start = time.perf_counter()
        model.fit(X, y)
        answer["ms"] = (time.perf_counter() - start) * 1000
        answer["coefficients"] = np.ravel(model.coef_).tolist()
        answer["intercept"] = float(np.ravel(model.intercept_)[0])
    print(json.dumps(answer), flush=True)
