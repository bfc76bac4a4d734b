"""Golden answers of clustering and decomposition by scikit-learn.

Writes unsupervised.json beside this file. Made with scikit-learn 1.9.1, numpy 2.4.6:
python test/golden/unsupervised.py
The rows follow from formulas that unsupervised-rows.ts repeats.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.cluster import DBSCAN, HDBSCAN, KMeans
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.metrics import silhouette_samples
from sklearn.mixture import GaussianMixture


def rows(n=180):
    """Three groups of different shape and a few rows far from all."""
    i = np.arange(n)
    wave = np.stack([np.sin(i * 1.7) + np.sin(i * 2.9), np.sin(i * 2.3) + np.sin(i * 0.7), np.sin(i * 1.1) + np.sin(i * 3.7)], 1)
    group = i % 3
    center = np.array([[0.0, 0.0, 0.0], [4.0, 1.0, -2.0], [-3.0, 5.0, 2.0]])[group]
    size = np.array([[0.6, 0.6, 0.6], [0.9, 0.3, 0.5], [0.4, 1.1, 0.7]])[group]
    X = center + size * wave
    far = i % 23 == 11
    X[far] = X[far] * 2.5 + 3
    return X


def uneven(n=400):
    """A tight group, a wide one, a ring, and rows strewn over all of it."""
    i = np.arange(n)
    u = (0.5 + i * 0.7548776662466927) % 1
    v = (0.5 + i * 0.5698402909980532) % 1
    r = np.sqrt(-2 * np.log(np.maximum(u, 1e-9)))
    a, b = r * np.cos(2 * np.pi * v), r * np.sin(2 * np.pi * v)
    turn = 2 * np.pi * u
    out = np.stack([0.15 * a, 0.15 * b], 1)
    out[i % 4 == 1] = np.stack([4 + 0.8 * a, 0.8 * b], 1)[i % 4 == 1]
    out[i % 4 == 2] = np.stack([(2.5 + 0.1 * a) * np.cos(turn), 5 + (2.5 + 0.1 * a) * np.sin(turn)], 1)[i % 4 == 2]
    out[i % 4 == 3] = np.stack([-4 + 12 * u, -4 + 13 * v], 1)[i % 4 == 3]
    return out


X = rows()
U = uneven()
start = X[[0, 1, 2, 3]]
fit = KMeans(4, init=start, n_init=1, tol=0, max_iter=300, algorithm="lloyd").fit(X)
kmeans = dict(start=start.tolist(), centers=fit.cluster_centers_.tolist(), labels=fit.labels_.tolist(), inertia=fit.inertia_)
best = {k: min(KMeans(k, n_init=50, random_state=0, tol=0).fit(X).inertia_ for _ in [0]) for k in [2, 3, 5, 8]}
silhouette = silhouette_samples(X, fit.labels_).tolist()

pca = []
for data, name in [(X, "tall"), (rows(180).reshape(20, 27), "wide")]:
    p = PCA(svd_solver="full").fit(data)
    pca.append(dict(name=name, variance=p.explained_variance_.tolist(), share=p.explained_variance_ratio_.tolist(),
                    components=p.components_.tolist(), scores=p.transform(data)[:5].tolist(),
                    whitened=PCA(min(3, data.shape[1]), whiten=True, svd_solver="full").fit(data).transform(data)[:5].tolist()))

counts = np.maximum(0, np.round(3 * np.sin(np.outer(np.arange(60) + 1, np.arange(40) + 1) * 0.37) - 1.6 + 2 * (np.add.outer(np.arange(60) % 4, np.arange(40) % 4) % 4 == 0)))
svd = TruncatedSVD(5, algorithm="arpack", random_state=0).fit(counts)
truncated = dict(values=svd.singular_values_.tolist(), components=svd.components_.tolist(), scores=svd.transform(counts)[:5].tolist())

mixtures = []
for kind in ["full", "diag"]:
    for k in [2, 3]:
        means = X[:k]
        weights = np.full(k, 1 / k)
        precisions = np.stack([np.eye(3)] * k) if kind == "full" else np.ones((k, 3))
        m = GaussianMixture(k, covariance_type=kind, weights_init=weights, means_init=means, precisions_init=precisions, tol=1e-12, max_iter=5000).fit(X)
        mixtures.append(dict(covariance=kind, clusters=k, weights=m.weights_.tolist(), means=m.means_.tolist(), covariances=m.covariances_.tolist(),
                             logLikelihood=m.score(X), bic=m.bic(X), aic=m.aic(X), probabilities=m.predict_proba(X)[:12].tolist()))

dbscan = []
for data, name, eps, least in [(X, "rows", 1.0, 5), (X, "rows", 0.7, 4), (X, "rows", 1.6, 8), (U, "uneven", 0.4, 5), (U, "uneven", 0.55, 10)]:
    d = DBSCAN(eps=eps, min_samples=least).fit(data)
    core = np.zeros(len(data), int)
    core[d.core_sample_indices_] = 1
    dbscan.append(dict(data=name, eps=eps, minRows=least, labels=d.labels_.tolist(), core=core.tolist()))

hdbscan = []
for data, name, size, least in [(X, "rows", 5, 5), (X, "rows", 8, 1), (U, "uneven", 5, 5), (U, "uneven", 5, 2), (U, "uneven", 10, 4), (U, "uneven", 20, 10), (U, "uneven", 60, 3)]:
    h = HDBSCAN(min_cluster_size=size, min_samples=least, copy=True).fit(data)
    hdbscan.append(dict(data=name, minClusterRows=size, minRows=least, labels=h.labels_.tolist()))

out = dict(made_with=f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", kmeans=kmeans, best=best, silhouette=silhouette,
           pca=pca, truncated=truncated, mixtures=mixtures, dbscan=dbscan, hdbscan=hdbscan)
(pathlib.Path(__file__).parent / "unsupervised.json").write_text(json.dumps(out) + "\n")
