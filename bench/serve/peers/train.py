"""usage: train.py SPEC CSV PICKLE

Trains scikit-learn's likeness of a model of ours: imputation, scaling, one-hot encoding and ridge, on the same file with the
same inputs, which SPEC (the package's dasier.json) names.
"""
import json
import pickle
import sys

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

spec = json.load(open(sys.argv[1], encoding="utf-8"))
table = pd.read_csv(sys.argv[2], keep_default_na=False)
numbers = [i["name"] for i in spec["inputs"] if i["kind"] == "number"]
others = [i["name"] for i in spec["inputs"] if i["kind"] != "number"]

ridge = make_pipeline(
    ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        ("categories", OneHotEncoder(handle_unknown="ignore"), others),
    ]),
    Ridge(alpha=10),
)
model = TransformedTargetRegressor(ridge, func=np.log, inverse_func=np.exp) if spec["target"].get("log") else ridge
model.fit(table[numbers + others], table[spec["target"]["name"]])
with open(sys.argv[3], "wb") as f:
    pickle.dump(model, f)
