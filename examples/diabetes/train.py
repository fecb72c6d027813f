"""Trains a random forest that tells who has diabetes.

Writes model.joblib, metrics.json (held-out figures) and reference.json (rows
with the model's own answers).
"""
import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

HERE = Path(__file__).parent
TARGET = "diabetes"


def load():
    """The inputs, and what is predicted."""
    data = pd.read_csv(HERE / "diabetes.csv")
    return data.drop(columns=TARGET), data[TARGET]


def split(inputs, outcome):
    return train_test_split(inputs, outcome, test_size=0.25, random_state=20, stratify=outcome)


def pipeline():
    # What is missing is filled in, and a column says that it was: an insulin
    # value that nobody measured is a fact of its own.
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        RandomForestClassifier(n_estimators=200, max_depth=8, min_samples_leaf=3, random_state=20, n_jobs=1),
    )


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
    """Figures of the probability of "pos"."""
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
    figures = measure(test_outcome == "pos", model.predict_proba(test)[:, list(model.classes_).index("pos")])
    joblib.dump(model, HERE / "model.joblib", compress=3)
    (HERE / "metrics.json").write_text(json.dumps(figures, indent=2))
    (HERE / "reference.json").write_text(json.dumps(reference(model, test)))
    for figure in figures:
        print(f"{figure['name']:10} {figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f}, {figure['n']} held-out rows)")


if __name__ == "__main__":
    main()
