#!/usr/bin/env python3
"""How well scikit-learn does on the rows of peers_test.go, at the settings of that test; forests: the mean of three seeds.

    OMP_NUM_THREADS=1 python3 reference.py > reference.json

scikit-learn 1.2.1, numpy 1.24.
"""
import json
import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

ROWS, COLUMNS, TREES = 4_000, 10, 100


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


x, y = rows(0)
xt, yt = rows(ROWS)
out = {}


def numbers(name, make, seeds, y=y, loss=lambda p: np.sqrt(np.mean((p - yt) ** 2))):
    out[name] = float(np.mean([loss(make(s).fit(x, y).predict(xt)) for s in range(seeds)]))


def classes(name, make, seeds, cuts):
    c, ct = np.digitize(y, cuts), np.digitize(yt, cuts)
    onehot = np.eye(len(cuts) + 1)[ct]
    out[name] = float(np.mean([np.mean(np.sum((make(s).fit(x, c).predict_proba(xt) - onehot) ** 2, 1)) for s in range(seeds)]))


numbers("tree", lambda s: DecisionTreeRegressor(max_depth=7, min_samples_leaf=5, random_state=s), 1)
numbers("tree of 30 leaves", lambda s: DecisionTreeRegressor(max_leaf_nodes=30, random_state=s), 1)
numbers("pruned tree", lambda s: DecisionTreeRegressor(ccp_alpha=0.05, min_samples_leaf=5, random_state=s), 1)
numbers("forest", lambda s: RandomForestRegressor(TREES, random_state=s), 3)
numbers("forest of thirds", lambda s: RandomForestRegressor(TREES, max_features=0.33, min_samples_leaf=3, max_samples=0.5, random_state=s), 3)
numbers("extra trees", lambda s: ExtraTreesRegressor(TREES, random_state=s), 3)
count, countt = np.floor(np.exp(y / 12)), np.floor(np.exp(yt / 12))
numbers("poisson tree", lambda s: DecisionTreeRegressor(criterion="poisson", max_depth=6, min_samples_leaf=5, random_state=s), 1, count,
        lambda p: np.mean(p - countt * np.log(p)))
for name, cuts in ("two", [14]), ("four", [10, 14, 18]):
    classes(name + " tree", lambda s: DecisionTreeClassifier(max_depth=6, min_samples_leaf=5, random_state=s), 1, cuts)
    classes(name + " entropy tree", lambda s: DecisionTreeClassifier(criterion="entropy", max_depth=6, min_samples_leaf=5, random_state=s), 1, cuts)
    classes(name + " forest", lambda s: RandomForestClassifier(TREES, random_state=s), 3, cuts)
    classes(name + " extra trees", lambda s: ExtraTreesClassifier(TREES, random_state=s), 3, cuts)
print(json.dumps(out, indent=1))
