"""Trains a logistic regression that tells which credits go bad.

Writes model.joblib, metrics.json (held-out figures) and reference.json (rows
with the model's own answers).
"""
import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

HERE = Path(__file__).parent
TARGET = "Status"


def load():
    """The inputs, and what is predicted."""
    data = pd.read_csv(HERE / "loan.csv")
    return data.drop(columns=TARGET), data[TARGET]


def split(inputs, outcome):
    return train_test_split(inputs, outcome, test_size=0.25, random_state=20, stratify=outcome)


# Amounts spread over orders of magnitude: their logarithms are what matters.
AMOUNTS = ["Income", "Assets", "Debt", "Amount", "Price"]
NUMBERS = ["Seniority", "Time", "Age", "Expenses"]
CATEGORIES = ["Home", "Marital", "Records", "Job"]


def pipeline():
    # The encoders are fitted on the training rows and live in the model: a
    # category that they have never seen is none of those they know.
    preparation = ColumnTransformer([
        ("amounts", make_pipeline(SimpleImputer(strategy="median"), FunctionTransformer(np.log1p, feature_names_out="one-to-one"), StandardScaler()), AMOUNTS),
        ("numbers", StandardScaler(), NUMBERS),
        ("categories", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), CATEGORIES),
    ])
    return Pipeline([("preparation", preparation), ("model", LogisticRegression(max_iter=2000))])


def interval(figure, truth, probability, rounds=500, seed=0):
    """The figure on the held-out rows, with a 95 percent bootstrap interval."""
    truth, probability = np.asarray(truth), np.asarray(probability)
    generator, draws = np.random.default_rng(seed), []
    while len(draws) < rounds:
        rows = generator.integers(0, len(truth), len(truth))
        if len(set(truth[rows])) == 2:
            draws.append(figure(truth[rows], probability[rows]))
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"value": float(figure(truth, probability)), "low": float(low), "high": float(high), "level": 0.95, "n": len(truth)}


def measure(truth, probability):
    """Figures of the probability of "bad"."""
    figures = {
        "roc_auc": roc_auc_score,
        "log_loss": log_loss,
        "accuracy": lambda y, p: accuracy_score(y, p > 0.5),
    }
    return [{"name": name, **interval(figure, truth, probability)} for name, figure in figures.items()]


def reference(model, rows, most=200):
    """Rows with this model's own answers: who serves it must give the same."""
    rows = rows.head(most)
    cells = rows.astype(object).where(rows.notna(), None)
    return {
        "columns": list(rows.columns),
        "rows": cells.values.tolist(),
        "output": {"predict": model.predict(rows).tolist(), "predict_proba": model.predict_proba(rows).tolist()},
    }


def main():
    inputs, outcome = load()
    train, test, train_outcome, test_outcome = split(inputs, outcome)
    model = pipeline().fit(train, train_outcome)
    figures = measure(test_outcome == "bad", model.predict_proba(test)[:, list(model.classes_).index("bad")])
    joblib.dump(model, HERE / "model.joblib")
    (HERE / "metrics.json").write_text(json.dumps(figures, indent=2))
    (HERE / "reference.json").write_text(json.dumps(reference(model, test)))
    for figure in figures:
        print(f"{figure['name']:10} {figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f}, {figure['n']} held-out rows)")


if __name__ == "__main__":
    main()
