#!/usr/bin/env python3
"""peers.py DATA LEARNER PEER THREADS FOLDER

Fits one learner of scikit-learn or XGBoost once on all rows and five times on the
rows outside a fold (of the million rows: once, judged on the test rows), and prints
a line of JSON: seconds of the one fit and of the five, the score, and the peak
memory of this process. The settings are those of ours.go.
"""
import json
import resource
import sys
import time

import numpy as np

DATA, LEARNER, PEER, THREADS, FOLDER = sys.argv[1:6]
THREADS = int(THREADS)


def estimator():
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
    from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
    from sklearn.tree import DecisionTreeRegressor
    ames = DATA == "ames"
    if LEARNER == "linear":
        return LinearRegression()
    if LEARNER == "ridge":
        return Ridge(alpha=10.0 if ames else 1.0)
    if LEARNER == "lasso":
        return Lasso(alpha=100.0 if ames else 0.01, max_iter=5000)
    if LEARNER == "logistic":
        return LogisticRegression(C=1.0, max_iter=1000)
    if LEARNER == "tree":
        return DecisionTreeRegressor(random_state=42)
    if LEARNER == "forest" and DATA == "million":
        return RandomForestRegressor(100, max_samples=0.1, max_features=9, min_samples_leaf=5, n_jobs=THREADS, random_state=42)
    if LEARNER == "forest":
        return RandomForestRegressor(100, n_jobs=THREADS, random_state=42)
    rounds = int(LEARNER[len("boosting"):])
    if PEER == "scikit-learn":
        return HistGradientBoostingRegressor(max_iter=rounds, max_leaf_nodes=31, max_bins=255, learning_rate=0.1,
                                             min_samples_leaf=20, l2_regularization=0.0, early_stopping=False, random_state=42)
    from xgboost import XGBRegressor
    return XGBRegressor(n_estimators=rounds, tree_method="hist", grow_policy="lossguide", max_leaves=31, max_depth=0, max_bin=255,
                        learning_rate=0.1, min_child_weight=20, reg_lambda=0.0, n_jobs=THREADS, random_state=42)


def pipeline(X):
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    linear = LEARNER in ("linear", "ridge", "lasso", "logistic")
    if DATA != "ames":
        return make_pipeline(StandardScaler(), estimator()) if linear else estimator()
    texts = [c for c in X.columns if X[c].dtype == object]
    numbers = [c for c in X.columns if X[c].dtype != object]
    numeric = [SimpleImputer(strategy="median")] + ([StandardScaler()] if linear else [])
    return make_pipeline(ColumnTransformer([
        ("numbers", make_pipeline(*numeric), numbers),
        ("texts", make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"),
                                OneHotEncoder(handle_unknown="ignore", sparse_output=False)), texts),
    ]), estimator())


def table():
    import pandas as pd
    if DATA == "california":
        d = pd.read_csv(f"{FOLDER}/california.csv", float_precision="round_trip")
        return d.drop(columns="MedHouseVal").values, d.MedHouseVal.values
    d = pd.read_csv(f"{FOLDER}/ames.csv", keep_default_na=False, na_values=["", "NA"])
    X = d.drop(columns=["Order", "PID", "SalePrice"])
    X["MS SubClass"] = X["MS SubClass"].astype(str)
    return X, d.SalePrice.values.astype(float)


def million(part):
    X = np.fromfile(f"{FOLDER}/million_{part}_x.f32", np.float32).reshape(-1, 28)
    return X, np.fromfile(f"{FOLDER}/million_{part}_y.f32", np.float32)


def score(model, X, y):
    from sklearn.metrics import mean_squared_error, roc_auc_score
    if LEARNER == "logistic":
        return roc_auc_score(y, model.predict_proba(X)[:, 1])
    return mean_squared_error(y, model.predict(X)) ** 0.5


def timed(model, X, y):
    start = time.perf_counter()
    model.fit(X, y)
    return time.perf_counter() - start


def main():
    from sklearn.base import clone
    out = {}
    if DATA == "million":
        X, y = million("train")
        Xt, yt = million("test")
        if LEARNER == "logistic":
            median = float(np.median(y))
            y, yt = (y > median).astype(int), (yt > median).astype(int)
        model = pipeline(X)
        out["fit"] = timed(model, X, y)
        out["score"] = score(model, Xt, yt)
    else:
        X, y = table()
        folds = np.loadtxt(f"{FOLDER}/folds_{DATA}.csv", skiprows=1, dtype=int)
        if LEARNER == "logistic":
            y = (y > np.median(y)).astype(int)
        take = (lambda rows: X.iloc[rows]) if DATA == "ames" else (lambda rows: X[rows])
        model = pipeline(X)
        timed(clone(model), take(np.arange(200)), y[:200])  # what loads late is loaded
        out["fit"] = timed(clone(model), X, y)
        scores, out["folds"] = [], 0.0
        for k in range(5):
            train, test = np.where(folds != k)[0], np.where(folds == k)[0]
            fold = clone(model)
            out["folds"] += timed(fold, take(train), y[train])
            scores.append(score(fold, take(test), y[test]))
        out["score"] = float(np.mean(scores))
    out["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(out))


main()
