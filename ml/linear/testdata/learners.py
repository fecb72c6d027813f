"""Prints learners.json: what scikit-learn 1.2.1 learns from rows with two numbers
that depend on one another, two that do not, and a category, with and without
weights. Run: OMP_NUM_THREADS=1 python3 -W error learners.py > learners.json"""
import json

import numpy as np
from sklearn.linear_model import (ElasticNet, GammaRegressor, HuberRegressor, Lasso, LinearRegression, LogisticRegression,
                                  PoissonRegressor, QuantileRegressor, Ridge, TweedieRegressor)
from sklearn.preprocessing import StandardScaler

n = 150
random = np.random.default_rng(5)
numbers = np.round(random.normal(size=(n, 4)) * [1, 10, 0.1, 3] + [0, 100, 5, -2], 6)
numbers[:, 3] = np.round(0.3 * numbers[:, 3] + 2 * numbers[:, 0], 6)
town = random.integers(0, 3, n)
score = numbers[:, 0] + 0.05 * (numbers[:, 1] - 100) + 4 * (numbers[:, 2] - 5) + np.array([0.5, -0.5, 0])[town]
y = np.round(score + random.standard_t(3, n), 6)
positive = np.round(np.exp(0.4 * score) * random.gamma(2, 0.5, n) + 0.001, 6)
count = random.poisson(np.exp(0.4 * score)).astype(float)
amount = np.round(np.where(count > 0, positive, 0), 6)
two = (score + random.logistic(size=n) > 0).astype(int)
three = np.digitize(score + random.logistic(size=n), [-1, 1])
weights = np.round(random.uniform(0, 2, n), 3)
weights[:5] = 0

design = np.hstack([StandardScaler().fit_transform(numbers), np.eye(3)[town]])
models = {}


def fit(name, model, target, weighted=True):
    for suffix, w in [("", None), (" weighted", weights)] if weighted else [("", None)]:
        model.fit(design, target, sample_weight=w) if w is not None else model.fit(design, target)
        models[name + suffix] = {"bias": np.atleast_1d(model.intercept_).tolist(), "weights": np.atleast_2d(model.coef_).tolist()}


fit("linear", LinearRegression(), y)
fit("ridge 3", Ridge(alpha=3, solver="svd"), y)
fit("lasso 0.1", Lasso(alpha=0.1, tol=1e-14, max_iter=100000), y)
fit("elastic-net 0.1 0.3", ElasticNet(alpha=0.1, l1_ratio=0.3, tol=1e-14, max_iter=100000), y)
newton = dict(tol=1e-12, max_iter=10000)
fit("logistic 1", LogisticRegression(C=1, solver="newton-cg", tol=1e-9, max_iter=1000), two)
fit("logistic 0.1 1", LogisticRegression(C=0.1, penalty="l1", solver="saga", tol=1e-12, max_iter=100000), two)
fit("logistic 0.2 0.5", LogisticRegression(C=0.2, penalty="elasticnet", l1_ratio=0.5, solver="saga", tol=1e-12, max_iter=100000), two)
fit("multinomial 1", LogisticRegression(C=1, solver="newton-cg", tol=1e-9, max_iter=1000), three)
fit("multinomial 0.2 0.5", LogisticRegression(C=0.2, penalty="elasticnet", l1_ratio=0.5, solver="saga", tol=1e-12, max_iter=100000), three)
fit("poisson 0.1", PoissonRegressor(alpha=0.1, **newton), count)
fit("gamma 0.1", GammaRegressor(alpha=0.1, **newton), positive)
fit("tweedie 1.5 0.1", TweedieRegressor(power=1.5, alpha=0.1, link="log", **newton), amount)
fit("tweedie 3 0.1", TweedieRegressor(power=3, alpha=0.1, link="log", **newton), positive)
fit("huber 1.35 0.0001", HuberRegressor(epsilon=1.35, alpha=0.0001, tol=1e-10, max_iter=10000), y)
fit("huber 1.1 1", HuberRegressor(epsilon=1.1, alpha=1, tol=1e-10, max_iter=10000), y)
fit("quantile 0.5 0", QuantileRegressor(quantile=0.5, alpha=0, solver="highs"), y)
fit("quantile 0.9 0.02", QuantileRegressor(quantile=0.9, alpha=0.02, solver="highs"), y)
fit("quantile 0.31 1", QuantileRegressor(quantile=0.31, alpha=1, solver="highs"), y)

print(json.dumps({"numbers": numbers.tolist(), "town": town.tolist(), "weights": weights.tolist(), "y": y.tolist(), "positive": positive.tolist(),
                  "count": count.tolist(), "amount": amount.tolist(), "two": two.tolist(), "three": three.tolist(), "models": models}))
