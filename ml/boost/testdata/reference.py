#!/usr/bin/env python3
"""How well scikit-learn and XGBoost do on the rows of peers_test.go, at the settings of that test.

    OMP_NUM_THREADS=1 python3 reference.py > reference.json

scikit-learn 1.2.1, XGBoost 1.7.4, numpy 1.24.
"""
import json
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from xgboost import XGBClassifier, XGBRegressor

ROWS, COLUMNS, ROUNDS = 10_000, 10, 60


def uniform(i, j):
    """A number from 0 to 1 by row and column: splitmix64."""
    with np.errstate(over="ignore"):
        z = (i.astype(np.uint64) * np.uint64(1000) + np.uint64(j)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def rows(first):
    """Friedman's first function with noise, "Multivariate Adaptive Regression Splines", 1991, section 4.3."""
    i = np.arange(first, first + ROWS) + 1
    x = np.stack([uniform(i, j) for j in range(COLUMNS)], 1)
    noise = sum(uniform(i, 100 + k) for k in range(12)) - 6
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4] + noise
    return x, y


def log_loss(y, p):
    return float(-np.mean(np.log(np.clip(p[np.arange(len(y)), y.astype(int)], 1e-15, 1))))


DRAWS = 4
sk = dict(max_iter=ROUNDS, max_leaf_nodes=31, max_bins=255, learning_rate=0.1, min_samples_leaf=20,
          l2_regularization=0.0, early_stopping=False, random_state=0)
xg = dict(n_estimators=ROUNDS, tree_method="hist", grow_policy="lossguide", max_leaves=31, max_depth=0, max_bin=255,
          learning_rate=0.1, reg_lambda=0.0, n_jobs=1, random_state=0)
out = {}


def add(name, losses):
    out[name] = [a + b / DRAWS for a, b in zip(out.get(name, [0] * len(losses)), losses)]


def deviance(y, p):
    return float(np.mean(2 * (np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / p), 0) - y + p)))


for draw in range(DRAWS):
    x, y = rows(2 * draw * ROWS)
    xt, yt = rows((2 * draw + 1) * ROWS)
    p = [m.fit(x, y).predict(xt) for m in (HistGradientBoostingRegressor(**sk), XGBRegressor(min_child_weight=20, **xg))]
    add("squared", [float(np.sqrt(np.mean((q - yt) ** 2))) for q in p])

    p = HistGradientBoostingRegressor(loss="absolute_error", **sk).fit(x, y).predict(xt)
    add("absolute", [float(np.mean(np.abs(p - yt)))])

    p = HistGradientBoostingRegressor(loss="quantile", quantile=0.9, **sk).fit(x, y).predict(xt)
    add("quantile", [float(np.mean(np.maximum(0.9 * (yt - p), 0.1 * (p - yt))))])

    c, ct = np.floor(np.exp(y / 12)), np.floor(np.exp(yt / 12))
    p = [m.fit(x, c).predict(xt) for m in (HistGradientBoostingRegressor(loss="poisson", **sk),
                                           XGBRegressor(objective="count:poisson", min_child_weight=20, **xg))]
    add("poisson", [deviance(ct, q) for q in p])

    b, bt = y > 14, yt > 14
    p = [m.fit(x, b).predict_proba(xt) for m in (HistGradientBoostingClassifier(**sk), XGBClassifier(**xg))]
    add("logistic", [log_loss(bt, q) for q in p])

    k, kt = np.digitize(y, [11, 17]), np.digitize(yt, [11, 17])
    p = [m.fit(x, k).predict_proba(xt) for m in (HistGradientBoostingClassifier(**sk), XGBClassifier(**xg))]
    add("softmax", [log_loss(kt, q) for q in p])

print(json.dumps(out, indent=1))
