"""Makes the files of made/: what people save around their models.

Run with Python 3 and scikit-learn, pandas and joblib; the files that it writes are committed."""

import collections
import datetime
import functools
import os
import pathlib
import pickle
import sys
import types

import joblib
import numpy as np
import pandas as pd
import scipy.sparse as sp
import scipy.stats
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectKBest, mutual_info_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, LabelEncoder, OneHotEncoder, StandardScaler

into = os.path.join(os.path.dirname(os.path.abspath(__file__)), "made")
os.makedirs(into, exist_ok=True)
rng = np.random.RandomState(0)
table = pd.DataFrame({"area": rng.rand(12) * 100, "rooms": rng.randint(1, 6, 12), "zone": pd.Series(["a", "b", "c"] * 4)})
table["sold"] = pd.date_range("2020-01-01", periods=12)
table["kind"] = pd.Categorical(["x", "y"] * 6)
table["new"] = pd.array([True, None] * 6, dtype="boolean")
table["floors"] = pd.array([1, None, 2] * 4, dtype="Int64")
table["word"] = pd.array(["s", None, "t"] * 4, dtype="string")
y = table["area"] * 2 + table["rooms"] + 1
X = table[["area", "rooms"]]
model = LinearRegression().fit(X, y)


def module(name, **content):
    """A module that the reader does not know, for the time of writing."""
    made = types.ModuleType(name)
    for key, value in content.items():
        if isinstance(value, (type, types.FunctionType)):
            value.__module__, value.__qualname__ = name, key
        setattr(made, key, value)
    sys.modules[name] = made
    return made


class Space:
    def __init__(self, low, high):
        self.low, self.high, self.at = low, high, datetime.datetime(2020, 1, 1)

    def rvs(self, random_state=None):
        return self.low


def rmsle(truth, guess):
    return float(np.abs(truth - guess).mean())


class Encoder(LabelEncoder):
    pass


def twice(x):
    return 2 * x


module("someones")
other = module("someones.tuning", Space=Space, rmsle=rmsle)
module("__main__", Encoder=Encoder, twice=twice)


def save(name, value, protocol=4):
    path = os.path.join(into, name)
    if ".joblib" in name:
        joblib.dump(value, path, compress=3 if name.endswith(".z") else 0)
    else:
        with open(path, "wb") as f:
            pickle.dump(value, f, protocol=protocol)


# Bundles: tables, columns, dates and paths beside the model.
bundle = {
    "model": model, "columns": X.columns, "train": table, "target": y, "features": list(X.columns), "index": table.set_index(["zone", "rooms"]).index,
    "trained": datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone.utc), "stamp": pd.Timestamp("2024-05-01"), "path": pathlib.PurePosixPath("/data/x"),
    "metrics": collections.defaultdict(float, mae=1.5), "counts": collections.Counter("abca"), "ordered": collections.OrderedDict(a=1),
    "space": types.SimpleNamespace(a=1), "dtypes": X.dtypes, "version": np.float64(1.5), "when": np.datetime64("2020-01-01"), "range": range(3),
    "none": None, "kinds": table.dtypes.to_dict(), "complex": 1 + 2j, "mask": np.ma.masked_array([1, 2], [True, False]), "wide": np.array([1 + 2j]),
    "queue": collections.deque([1, 2], 5), "nested": {"inner": [model, ("a", model)]}, "sparse": sp.csc_matrix(np.eye(3)), "coo": sp.coo_matrix(np.eye(2)),
    "rng": np.random.default_rng(0), "legacy": np.random.RandomState(0),
}
for protocol in (0, 2, 4, 5):
    save(f"bundle_p{protocol}.pkl", bundle, protocol)
save("bundle.joblib", bundle)
save("bundle.joblib.z", bundle)
save("bundle_foreign.pkl", {"model": model, "explainer": Space(1, 2), "list": [Space(3, 4), model]})
save("bundle_only_foreign.pkl", {"explainer": Space(1, 2), "columns": ["a"]})
save("tuple.pkl", (model, StandardScaler().fit(X), ["area", "rooms"]))

# Searches: what they tried and how they scored is of no use to predictions.
search = RandomizedSearchCV(Ridge(), {"alpha": Space(1.0, 2.0)}, n_iter=2, cv=KFold(2), scoring=make_scorer(rmsle), random_state=np.random.RandomState(1)).fit(X, y)
save("search_foreign.pkl", search)
search = RandomizedSearchCV(Ridge(), {"alpha": scipy.stats.uniform(1, 2)}, n_iter=2, cv=2, random_state=1).fit(X, y)
save("search_scipy.joblib", search)
save("search_main_scorer.pkl", GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=2, scoring=make_scorer(twice)).__class__(Ridge(), {"alpha": [1.0]}, cv=2).fit(X, y))
save("select_partial.pkl", Pipeline([("k", SelectKBest(functools.partial(mutual_info_regression, random_state=0), k=1)), ("m", Ridge())]).fit(X, y))
save("select_foreign.pkl", Pipeline([("k", SelectKBest(k=1)), ("m", Ridge())]).fit(X, y).set_params(k__score_func=rmsle))

# Sparse matrices inside models.
onehot = Pipeline([("o", ColumnTransformer([("z", OneHotEncoder(), ["zone"])])), ("n", KNeighborsRegressor(2))])
save("sparse_knn.pkl", onehot.fit(table[["zone"]], y))
labels = LabelEncoder().fit(["a", "b"])
save("labels.pkl", {"model": LogisticRegression().fit(X, y > y.median()), "label_encoder": labels})
mixed = ColumnTransformer([("n", Pipeline([("i", SimpleImputer()), ("s", StandardScaler())]), ["area", "rooms"]), ("c", OneHotEncoder(), ["zone"]), ("w", "passthrough", pd.Index(["rooms"]))])
save("columns.pkl", Pipeline([("p", mixed), ("m", Ridge())]).fit(table[["area", "rooms", "zone"]], y))

# What is refused by name.
save("refused_main_class.pkl", Pipeline([("e", Encoder()), ("m", model)]))
save("refused_main_function.pkl", Pipeline([("e", FunctionTransformer(twice)), ("m", model)]))
