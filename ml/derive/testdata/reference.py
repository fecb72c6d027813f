"""Prints reference.json: scikit-learn's splines and polynomials of the same rows.

Run: OMP_NUM_THREADS=1 python3 reference.py > reference.json (scikit-learn 1.2.1)
"""
import json

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, SplineTransformer

random = np.random.default_rng(9)
x = np.round(random.normal(size=(120, 2)) * [3, 1] + [10, 0], 3)
y = np.sin(x[:, 0]) + x[:, 0] * x[:, 1] + 0.1 * random.normal(size=120)
ask = np.column_stack([np.linspace(-2, 25, 40), np.linspace(-4, 4, 40)])  # beyond the rows, too
out = {"x": x.tolist(), "y": y.tolist(), "ask": ask.tolist(), "splines": []}
for knots, degree in ((5, 3), (8, 2), (2, 3), (4, 4)):  # not degree 1: of several columns 1.2.1 takes the second for one of degree 2
    model = make_pipeline(SplineTransformer(n_knots=knots, degree=degree, knots="quantile", extrapolation="linear", include_bias=False), LinearRegression())
    out["splines"].append({"knots": knots, "degree": degree, "want": model.fit(x, y).predict(ask).tolist()})
polynomial = make_pipeline(PolynomialFeatures(2, include_bias=False), LinearRegression()).fit(x, y)
out["polynomial"] = polynomial.predict(ask).tolist()
print(json.dumps(out))
