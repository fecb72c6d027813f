# Prints what scikit-learn 1.2.1 answers by its nearest neighbours, for
# parity_test.go: python3 reference.py > reference.json
import json
import sys

import numpy as np
import sklearn
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

assert sklearn.__version__ == "1.2.1", sklearn.__version__
random = np.random.default_rng(20)
x = random.normal(size=(400, 4)) * [1, 10, 0.1, 3] + [0, 50, 2, -7]
y = x[:, 0] + np.sin(x[:, 1] / 10) + 5 * x[:, 2] + 0.2 * random.normal(size=400)
binary = (y > np.median(y)).astype(int)
several = np.digitize(y, np.quantile(y, [0.3, 0.7]))
train, test = x[:340], x[340:]
cases = []
for k in (1, 5, 20):
    for weights in ("uniform", "distance"):
        for metric, p in (("euclidean", 2), ("manhattan", 2), ("chebyshev", 2), ("minkowski", 3), ("cosine", 2)):
            settings = {"n_neighbors": k, "weights": weights, "metric": metric, "p": p}
            def answers(model, target, ask):
                fitted = make_pipeline(StandardScaler(), model(**settings)).fit(train, target[:340])
                return np.asarray(getattr(fitted, ask)(test)).tolist()
            cases.append({
                "k": k, "weights": weights, "metric": metric, "p": p,
                "regression": answers(KNeighborsRegressor, y, "predict"),
                "binary": [row[1] for row in answers(KNeighborsClassifier, binary, "predict_proba")],
                "multiclass": [v for row in answers(KNeighborsClassifier, several, "predict_proba") for v in row],
            })
json.dump({"x": x.tolist(), "y": y.tolist(), "binary": binary.tolist(), "several": several.tolist(), "train": 340, "cases": cases}, sys.stdout)
