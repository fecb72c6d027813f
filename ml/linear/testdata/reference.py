#!/usr/bin/env python3
"""Writes reference.json: a small design and what scikit-learn makes of it. Run it in this folder to renew the file."""
import json

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge

rng = np.random.default_rng(2)
n = 30
X = np.column_stack([rng.normal(size=n), rng.normal(3, 0.5, size=n), rng.integers(0, 2, size=n), rng.exponential(2, size=n)])
X[:, 3] += 0.9 * X[:, 0]
y = 5 + X @ np.array([2.0, -1.0, 4.0, 0.5]) + rng.normal(0, 0.3, size=n)
models = {'linear': LinearRegression()}
models.update({f'{a:g}': Ridge(alpha=a) for a in (0.01, 1, 10, 1000)})
out = {'x': X.round(6).tolist(), 'y': y.round(6).tolist(), 'models': {}}
X, y = np.array(out['x']), np.array(out['y'])
for name, m in models.items():
    m.fit(X, y)
    out['models'][name] = {'bias': float(m.intercept_), 'weights': m.coef_.tolist()}
# One column twice: scikit-learn's answer is the one of least norm, as ours.
m = LinearRegression().fit(np.column_stack([X, X[:, 0]]), y)
out['models']['linear, column 0 twice'] = {'bias': float(m.intercept_), 'weights': m.coef_.tolist()}
json.dump(out, open('reference.json', 'w'), indent=1)
