"""The Flask server that bench/serve compares with: a scikit-learn pipeline
(imputation, scaling, one-hot encoding, ridge) trained on the same file with the
same inputs, behind the web framework that its tutorials use.

usage: flask_app.py SPEC CSV PORT   (SPEC: the package's dasier.json)
"""
import json
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import logging

import numpy as np
import pandas as pd
from flask import Flask, jsonify, request
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

spec = json.load(open(sys.argv[1], encoding="utf-8"))
table = pd.read_csv(sys.argv[2], keep_default_na=False)
numbers = [i["name"] for i in spec["inputs"] if i["kind"] == "number"]
others = [i["name"] for i in spec["inputs"] if i["kind"] != "number"]
columns = numbers + others

ridge = make_pipeline(
    ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        ("categories", OneHotEncoder(handle_unknown="ignore"), others),
    ]),
    Ridge(alpha=10),
)
model = TransformedTargetRegressor(ridge, func=np.log, inverse_func=np.exp) if spec["target"].get("log") else ridge
model.fit(table[columns], table[spec["target"]["name"]])

app = Flask(__name__)
logging.getLogger("werkzeug").setLevel(logging.ERROR)


@app.route("/predict", methods=["POST"])
def predict():
    row = request.get_json()
    return jsonify(prediction=float(model.predict(pd.DataFrame([row], columns=columns))[0]))


app.run(host="127.0.0.1", port=int(sys.argv[3]), debug=False)
