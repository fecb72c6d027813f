#!/usr/bin/env python3
"""The first trees of scikit-learn's HistGradientBoosting on rows of peers_test.go, node by node: what each node
asks, how many rows came to it and what it answers.

    OMP_NUM_THREADS=1 python3 splits.py > splits.json

scikit-learn 1.2.1, numpy 1.24. In "missing" every seventh value of a column is, in "ties" values have one digit
behind the point, in "zeros" most of them are 0. The side of missing values is null
where a column has some, but not in the node: scikit-learn sends them right, we with the larger side.
"""
import json
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

text = open(__file__.replace("splits.py", "reference.py")).read()
exec(text[:text.index("DRAWS = 4")].replace("10_000", "3_000"))


def walk(nodes, at, x):
    n = nodes[at]
    if n["is_leaf"]:
        return [[int(n["count"]), float(n["value"])]]
    column, missing = x[:, n["feature_idx"]], np.isnan(x[:, n["feature_idx"]])
    goes = bool(n["missing_go_to_left"])
    here = [int(n["feature_idx"]), float(n["num_threshold"]), goes if missing.any() or not hollow else None, int(n["count"])]
    left = np.where(missing, goes, column <= n["num_threshold"])
    return [here] + walk(nodes, n["left"], x[left]) + walk(nodes, n["right"], x[~left])


out = {}
for name in ("numbers", "missing", "ties", "zeros"):
    x, y = rows(0)
    i, j = np.indices(x.shape)
    if name == "missing":
        x = np.where((i + j) % 7 == 0, np.nan, x)
    if name == "ties":
        x = np.floor(x * 10)
    if name == "zeros":
        x = np.where(x < 0.6, 0, x)
    hollow = np.isnan(x).any()
    model = HistGradientBoostingRegressor(max_iter=5, max_leaf_nodes=31, max_bins=255, learning_rate=0.1, min_samples_leaf=20,
                                          l2_regularization=0.0, early_stopping=False, random_state=0).fit(x, y)
    out[name] = [walk(trees[0].nodes, 0, x) for trees in model._predictors]
print(json.dumps(out).replace("]], [", "]],\n["))
