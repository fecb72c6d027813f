# Writes the files of this folder with scikit-learn 1.2.1, after ../text/make.py:
#   OMP_NUM_THREADS=1 python3 make.py
# What each word of a text adds to the score of the class chosen: its coefficient
# times the number that the vectorizer makes of it, summed over the columns of one
# name. The base is the score of the empty text.
import json

import joblib
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import murmurhash3_32

some = [0, 1, 2, 3, 5, 11, 15, 17, 19]


def linear(model):
    """Weights and biases, a row per class, or one of two classes and of a number."""
    if isinstance(model, (MultinomialNB, ComplementNB)):
        w, b = model.feature_log_prob_, np.zeros(len(model.classes_))
        if isinstance(model, MultinomialNB):
            b = model.class_log_prior_
    elif isinstance(model, BernoulliNB):
        absent = np.log(1 - np.exp(model.feature_log_prob_))
        w, b = model.feature_log_prob_ - absent, model.class_log_prior_ + absent.sum(axis=1)
    else:
        return np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    return (w, b) if len(b) > 2 else (w[1:] - w[:1], b[1:] - b[:1])


def terms(step, text):
    """The columns of a vectorizer that a text has: name, place, share of the number there."""
    if isinstance(step, FeatureUnion):
        at = 0
        for _, inner in step.transformer_list:
            for name, j, share in terms(inner, text):
                yield name, at + j, share
            at += len(inner.vocabulary_)
        return
    found = step.build_analyzer()(text)
    if not isinstance(step, HashingVectorizer):
        for name in sorted(set(found)):
            if name in step.vocabulary_:
                yield name, step.vocabulary_[name], 1.0
        return
    counts = {}
    for name in found:
        h = murmurhash3_32(name, 0)
        sign = -1.0 if step.alternate_sign and h < 0 else 1.0
        counts.setdefault(abs(h) % step.n_features, {}).setdefault(name, []).append(sign)
    for j, names in counts.items():
        total = sum(sum(signs) for signs in names.values())
        for name, signs in names.items():
            yield name, j, sum(signs) / total if total else 1 / len(names)


def explain(vectorizer, rest, text, first=0):
    """Of one text: the numbers behind all steps but the estimator are linear in its own."""
    model = rest[-1]
    w, b = linear(model)
    x = vectorizer.transform([text])
    for step in rest[:-1]:
        name = type(step).__name__
        if name == "TfidfTransformer":
            x = step.transform(x)
        elif name == "MaxAbsScaler" or name == "StandardScaler" and not step.with_mean:
            w = w / step.scale_
        elif name == "SelectKBest":
            all = np.zeros((w.shape[0], x.shape[1]))
            all[:, step.get_support()] = w
            w = all
    if isinstance(model, BernoulliNB):
        x = (x > 0).astype(float)
    x = np.asarray(x.todense())[0]
    w = w[:, first:first + len(x)]
    scores = w @ x + b
    k = int(np.argmax(scores)) if len(b) > 1 else 0
    words = {}
    for name, j, share in terms(vectorizer, text):
        words[name] = words.get(name, 0.0) + share * float(w[k, j] * x[j])
    return {"base": float(b[k]), "score": float(scores[k]), "words": {t: e for t, e in words.items() if e != 0}}


def save(name, rows):
    with open(name + ".json", "w") as f:
        json.dump({"file": name + ".pkl", "rows": rows}, f, separators=(",", ":"))


def read(name):
    with open("../text/" + name + ".ref.json") as f:
        return joblib.load("../text/" + name + ".pkl"), json.load(f)["rows"]


for name in ("count_bayes", "count_bernoulli", "count_complement", "tfidf_bayes", "apart_descent", "apart_logistic", "sublinear_svm", "char", "char_within",
             "union", "hashed", "hashed_weighed", "selected", "scaled", "scaled_ridge", "ascii", "pattern_dash", "single", "given"):
    model, rows = read(name)
    steps = [s for _, s in model.steps]
    save(name, [{"row": i, **explain(steps[0], steps[1:], rows[i][0])} for i in some])

# Behind a projection: what the estimator's weights are of the words' numbers.
model, rows = read("projected")
vectorizer, svd, scaler, logistic = [s for _, s in model.steps]
slopes = (logistic.coef_ / scaler.scale_) @ svd.components_
base = logistic.intercept_ - (logistic.coef_ / scaler.scale_) @ scaler.mean_
out = []
for i in some:
    x = np.asarray(vectorizer.transform(rows[i]).todense())[0]
    words = {t: float(slopes[0, j] * x[j]) for t, j, _ in terms(vectorizer, rows[i][0])}
    out.append({"row": i, "base": float(base[0]), "score": float(slopes[0] @ x + base[0]), "words": words})
save("projected", out)

# In a table, beside other columns, and read twice.
for name in ("table", "table_twice"):
    model, rows = read(name)
    columns, estimator = model.steps[0][1], model.steps[1][1]
    frame = pd.DataFrame(rows, columns=["text", "length", "source"])
    scores = estimator.decision_function(columns.transform(frame)) if name == "table" else estimator.predict(columns.transform(frame))
    out = []
    for i in [j for j in some if j < len(rows)]:
        words = {}
        for _, inner, column in columns.transformers_:
            if column == "text":
                first = columns.output_indices_[_].start
                for t, e in explain(inner, [estimator], rows[i][0], first)["words"].items():
                    words[t] = words.get(t, 0.0) + e
        out.append({"row": i, "base": float(estimator.intercept_[0]), "score": float(scores[i]), "words": words})
    save(name, out)
