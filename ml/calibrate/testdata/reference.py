"""Prints reference.json: scikit-learn's calibration of the same rows.

Run: OMP_NUM_THREADS=1 python3 reference.py > reference.json (scikit-learn 1.2.1)
"""
import json
import warnings

import numpy as np
from sklearn.calibration import CalibratedClassifierCV, _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")
random = np.random.default_rng(5)
out = {"scores": [], "models": []}
for weighted in (False, True):
    scores = np.round(random.normal(size=80), 1)  # with ties
    truth = (random.random(80) < 1 / (1 + np.exp(-2 * scores + 0.5))).astype(float)
    weights = np.round(random.random(80) * 3, 2) if weighted else np.ones(80)
    kept = weights > 0
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(scores[kept], truth[kept], weights[kept])
    sigmoid = _SigmoidCalibration().fit(scores, truth, weights)
    ask = np.linspace(-4, 4, 41)
    out["scores"].append({
        "scores": scores.tolist(), "truth": truth.tolist(), "weights": weights.tolist(), "ask": ask.tolist(),
        "isotonic": isotonic.predict(ask).tolist(), "sigmoid": sigmoid.predict(ask).tolist(),
    })
for classes in (2, 3):
    x = random.normal(size=(150, 3))
    y = np.clip(np.floor(x[:, 0] + 0.5 * x[:, 1] ** 2 + random.normal(size=150) * 0.7), 0, classes - 1).astype(int)
    for method in ("sigmoid", "isotonic"):
        base = make_pipeline(StandardScaler(), LogisticRegression(C=1, tol=1e-12, max_iter=10000, solver="newton-cg"))
        model = CalibratedClassifierCV(base, method=method, ensemble=False, cv=PredefinedSplit(np.arange(150) % 5)).fit(x, y)
        out["models"].append({
            "method": method, "classes": classes, "x": x.tolist(), "y": y.tolist(), "probabilities": model.predict_proba(x).tolist(),
        })
print(json.dumps(out))
