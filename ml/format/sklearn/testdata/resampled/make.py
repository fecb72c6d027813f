"""Makes the files of this folder: models of imbalanced-learn, whose resamplers do
nothing when predicting and whose ensembles predict as scikit-learn's do.

Run with Python 3, scikit-learn and imbalanced-learn; what it writes is committed."""

import json
import os
import pickle

import numpy as np
import pandas as pd
from imblearn import FunctionSampler
from imblearn.combine import SMOTEENN
from imblearn.ensemble import BalancedBaggingClassifier, BalancedRandomForestClassifier, EasyEnsembleClassifier, RUSBoostClassifier
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import ClusterCentroids, OneSidedSelection, RandomUnderSampler
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.RandomState(0)
n = 120
table = pd.DataFrame({"age": rng.randint(18, 80, n) * 1.0, "fare": np.round(rng.rand(n) * 100, 2), "port": rng.choice(["S", "C", "Q"], n)})
y = np.where((table.age > 60) & (table.fare > 20) | (rng.rand(n) < 0.1), "yes", "no")
numbers = table[["age", "fare"]]


def keep(X, y):
    return X[::2], y[::2]


def save(name, model, rows, value=None):
    with open(os.path.join(here, name + ".pkl"), "wb") as f:
        pickle.dump(value or model, f)
    output = {"predict": model.predict(rows).tolist(), "predict_proba": model.predict_proba(rows).tolist()}
    with open(os.path.join(here, name + ".ref.json"), "w") as f:
        json.dump({"file": name + ".pkl", "columns": list(rows.columns), "rows": rows.values.tolist(), "output": output}, f)


def pipeline(sampler):
    return Pipeline([("scale", StandardScaler()), ("sample", sampler), ("model", LogisticRegression())]).fit(numbers, y)


tree = DecisionTreeClassifier(max_depth=3, random_state=0)
save("forest", BalancedRandomForestClassifier(4, max_depth=4, random_state=0).fit(numbers, y), numbers)
save("easy", EasyEnsembleClassifier(2, random_state=0).fit(numbers, y), numbers)
save("bagging", BalancedBaggingClassifier(tree, n_estimators=3, random_state=0).fit(numbers, y), numbers)
save("boost", RUSBoostClassifier(tree, n_estimators=3, random_state=0).fit(numbers, y), numbers)
save("boost_samme", RUSBoostClassifier(tree, n_estimators=3, algorithm="SAMME", random_state=0).fit(numbers, y), numbers)
save("centroids", pipeline(ClusterCentroids(random_state=0)), numbers)
save("one_sided", pipeline(OneSidedSelection(random_state=0)), numbers)
save("own_function", pipeline(FunctionSampler(func=keep)), numbers)
columns = ColumnTransformer([("n", StandardScaler(), ["age", "fare"]), ("c", OneHotEncoder(), ["port"])])
search = Pipeline([("c", columns), ("s", SMOTEENN(random_state=0)), ("m", LogisticRegression())])
save("search", GridSearchCV(search, {"m__C": [0.5, 1]}, cv=2).fit(table, y), table)
beside = LogisticRegression().fit(*SMOTE(random_state=0).fit_resample(numbers, y))
save("beside", beside, numbers, {"lr": beside, "smote": SMOTE(), "under": RandomUnderSampler()})
