"""Prints what scikit-learn 1.2.1 makes of a few columns: reference.json.

    OMP_NUM_THREADS=1 python3 reference.py > reference.json
"""
import json
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (MinMaxScaler, OneHotEncoder, PowerTransformer, QuantileTransformer, RobustScaler,
                                   StandardScaler)

random = np.random.default_rng(5)
columns = {
    "skewed": np.exp(random.normal(size=200)),
    "both": random.standard_t(5, size=150) * 10 + 3,
    "negative": -random.gamma(2.0, 3.0, size=120),
    "normal": random.normal(size=100) * 4 + 50,
    "few": np.round(random.exponential(2, size=80)),
}
out = {"numbers": [], "imputed": [], "categories": []}
for name, x in columns.items():
    made = {}
    X = x[:, None]
    power = PowerTransformer().fit(X)
    made["yeo-johnson"] = power.transform(X)[:, 0].tolist()
    for key, scaler in {"scale": StandardScaler(), "robust": RobustScaler(), "min-max": MinMaxScaler(),
                        "normal": QuantileTransformer(n_quantiles=len(x), output_distribution="normal")}.items():
        if key == "normal" and len(set(x)) < len(x):
            continue  # it puts the least value at its cut-off, however many rows have it; we at their middle rank
        made[key] = scaler.fit_transform(X)[:, 0].tolist()
    out["numbers"].append({"name": name, "x": x.tolist(), "lambda": power.lambdas_[0], "made": made})

gaps = np.array([3, np.nan, 1, 1, 8, np.nan, 2.5, 1, 40, -2])
for strategy, fill in {"median": "median", "mean": "mean", "mode": "most_frequent", "constant": "constant"}.items():
    imputer = SimpleImputer(strategy=fill, fill_value=7.5)
    out["imputed"].append({"fill": strategy, "x": [None if np.isnan(v) else v for v in gaps],
                           "made": imputer.fit_transform(gaps[:, None])[:, 0].tolist()})

towns = np.array(list("aaabbbbccdaabe"))
asked = np.array(list("abcdez"))
for rare, most in [(3, None), (2, None), (1, 3)]:
    encoder = OneHotEncoder(min_frequency=rare, max_categories=most, handle_unknown="infrequent_if_exist", sparse_output=False)
    encoder.fit(towns[:, None])
    out["categories"].append({"rare": rare, "most": 0 if most is None else most - 1, "train": towns.tolist(), "asked": asked.tolist(),
                              "made": encoder.transform(asked[:, None]).tolist()})
print(json.dumps(out))
