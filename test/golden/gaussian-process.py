"""Golden values for src/select/search/gaussian-process.ts, from scikit-learn.

Run with: python test/golden/gaussian-process.py > test/golden/gaussian-process.json
"""

import json

import numpy as np
import sklearn
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

random = np.random.RandomState(7)
points = random.rand(12, 3)
values = np.sin(5 * points[:, 0]) + points[:, 1] ** 2 + 0.1 * random.randn(12)
asked = random.rand(6, 3)
lengths = [0.3, 0.8, 2.0]
noise = 0.02

standard = (values - values.mean()) / values.std()
correlation = Matern(lengths, nu=2.5)
matrix = correlation(points) + noise * np.eye(12)
variance = float(standard @ np.linalg.solve(matrix, standard) / 12)
model = GaussianProcessRegressor(ConstantKernel(variance) * correlation, alpha=variance * noise, optimizer=None)
model.fit(points, standard)
mean, deviation = model.predict(asked, return_std=True)
print(
    json.dumps(
        {
            "made_with": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}",
            "points": points.tolist(),
            "values": values.tolist(),
            "lengths": lengths,
            "noise": noise,
            "asked": asked.tolist(),
            "mean": (values.mean() + values.std() * mean).tolist(),
            "deviation": (values.std() * deviation).tolist(),
            "logLikelihood": model.log_marginal_likelihood_value_,
        },
        indent=1,
    )
)
