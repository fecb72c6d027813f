"""Makes the files of this folder: estimators made of estimators, and bundles.

Run with scikit-learn 1.2.1: python3 made.py. What an older version would have
called the attributes is written for the files whose names begin with "old_".
"""

import json
import os
import warnings

import joblib
import numpy as np
import pandas as pd
import sklearn.base
import sklearn.calibration
import sklearn.isotonic
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (AdaBoostClassifier, AdaBoostRegressor, BaggingClassifier, BaggingRegressor,
                              GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor, StackingClassifier,
                              StackingRegressor, VotingClassifier, VotingRegressor)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (FunctionTransformer, MaxAbsScaler, MinMaxScaler, OneHotEncoder, PowerTransformer,
                                   QuantileTransformer, RobustScaler, StandardScaler)
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

warnings.filterwarnings("ignore")
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "1.2.1")
random = np.random.RandomState(7)
n = 120
X = random.randn(n, 5) * [1, 5, 100, 1, 2] + [0, 10, 1000, 5, -3]
s = X[:, 0] + (X[:, 1] - 10) / 5 + (X[:, 2] - 1000) / 200 + random.randn(n) * .3
price = np.exp(s / 4) * 100
two = np.c_[price, 3 * s + 1]
flags = np.c_[s > 0, s > 1, X[:, 3] > 5].astype(int)
texts = np.array(["cheap", "mid", "dear"])[np.digitize(s, [-.7, .7])]
labels = {"texts": texts, "numbers": np.array([5, 1, 2])[np.digitize(s, [-.7, .7])], "two": np.where(s > 0, "yes", "no"), "truths": s > 0}
numbers = ["f%d" % i for i in range(5)]
table = pd.DataFrame(X.copy(), columns=numbers)
table["kind"] = np.array(["a", "b", "c"])[random.randint(0, 3, n)]
table.loc[::7, "f1"] = np.nan


def plain(v):
    if isinstance(v, (list, tuple, np.ndarray)):
        return [plain(x) for x in v]
    if isinstance(v, (bool, np.bool_)):
        return bool(v)
    if isinstance(v, (int, np.integer)):
        return int(v)
    if isinstance(v, (float, np.floating)):
        return None if np.isnan(v) else float(v)
    return str(v)


def keep(name, model, known=X, whole=None):
    rows = known[:12]
    outputs = {}
    for method in ["predict", "predict_proba", "decision_function"]:
        try:
            outputs[method] = getattr(model, method)(rows)
        except AttributeError:
            continue
        if isinstance(outputs[method], list):  # of several targets
            del outputs[method]
    classes = getattr(model, "classes_", None)
    if classes is not None and not isinstance(classes, list):
        outputs["classes_"] = classes
    joblib.dump(model if whole is None else whole, os.path.join(here, name + ".joblib"), compress=3)
    columns = list(known.columns) if hasattr(known, "columns") else None
    said = {"file": name + ".joblib", "estimator": type(model).__name__, "by": {"scikit-learn": "1.2.1"}, "columns": columns,
            "rows": plain(np.asarray(rows)), "output": {k: plain(v) for k, v in outputs.items()}}
    with open(os.path.join(here, name + ".ref.json"), "w") as f:
        json.dump(said, f)
        f.write("\n")


def fit(name, model, y, known=X):
    keep(name, model.fit(known, y), known)


def scaled(model):
    return make_pipeline(StandardScaler(), model)


def logistic():
    return LogisticRegression(max_iter=200)


def forest():
    return RandomForestClassifier(n_estimators=3, max_depth=2, random_state=0)


three = [("a", scaled(logistic())), ("b", forest()), ("c", GaussianNB())]
stump = DecisionTreeClassifier(max_depth=2)
for kind, y in labels.items():
    fit("hard_" + kind, VotingClassifier(three, weights=[1, 1.5, 1.2]), y)
    fit("soft_" + kind, VotingClassifier(three, voting="soft", weights=[1, 2, .5]), y)
    fit("stack_" + kind, StackingClassifier(three, cv=3), y)
    fit("stack_decisions_" + kind, StackingClassifier([("a", scaled(LinearSVC()))], cv=3, passthrough=True, final_estimator=scaled(logistic())), y)
    fit("stack_choices_" + kind, StackingClassifier(three, cv=3, stack_method="predict", final_estimator=stump), y)
    fit("samme_" + kind, AdaBoostClassifier(stump, n_estimators=4, algorithm="SAMME", random_state=1), y)
    fit("sammer_" + kind, AdaBoostClassifier(stump, n_estimators=4, algorithm="SAMME.R", random_state=1), y)
    fit("samme_linear_" + kind, AdaBoostClassifier(logistic(), n_estimators=3, algorithm="SAMME", random_state=1), y)
    fit("rest_" + kind, OneVsRestClassifier(scaled(logistic())), y)
    fit("rest_forest_" + kind, OneVsRestClassifier(forest()), y)
    fit("pairs_" + kind, OneVsOneClassifier(forest()), y)
    fit("pairs_linear_" + kind, OneVsOneClassifier(scaled(logistic())), y)
    fit("codes_" + kind, OutputCodeClassifier(scaled(logistic()), random_state=0, code_size=2.5), y)
    fit("bag_some_classes_" + kind, BaggingClassifier(DecisionTreeClassifier(), n_estimators=5, max_samples=4, random_state=3), y)
    fit("bag_trees_" + kind, BaggingClassifier(stump, n_estimators=4, bootstrap_features=True, random_state=3), y)
    fit("bag_votes_" + kind, BaggingClassifier(RidgeClassifier(), n_estimators=3, max_features=3, random_state=3), y)
    fit("sigmoid_" + kind, CalibratedClassifierCV(scaled(SVC()), cv=2), y)
    fit("isotonic_" + kind, CalibratedClassifierCV(GaussianNB(), cv=2, method="isotonic"), y)
    fit("sigmoid_boosting_" + kind, CalibratedClassifierCV(GradientBoostingClassifier(n_estimators=2), cv=2, ensemble=False), y)
    fit("deep_" + kind, VotingClassifier([
        ("s", StackingClassifier(three, cv=2)), ("b", BaggingClassifier(VotingClassifier([("l", logistic()), ("f", forest())], voting="soft"), n_estimators=2, random_state=0)),
        ("c", CalibratedClassifierCV(scaled(LinearSVC()), cv=2))], voting="soft"), y)
fit("hard_dropped", VotingClassifier(three, weights=[1, 2, 3]).set_params(b="drop"), texts)
fit("stack_dropped", StackingClassifier(three, cv=2).set_params(b="drop"), texts)
fit("self", SelfTrainingClassifier(scaled(logistic())), np.where(np.arange(n) % 3 == 0, -1, s > 0))

several = [("r", scaled(Ridge())), ("f", RandomForestRegressor(n_estimators=3, max_depth=3, random_state=0))]
fit("mean", VotingRegressor(several, weights=[1, 2]), price)
fit("stack", StackingRegressor(several, cv=2, passthrough=True, final_estimator=RandomForestRegressor(n_estimators=3, max_depth=3, random_state=0)), price)
fit("bag", BaggingRegressor(DecisionTreeRegressor(max_depth=3), n_estimators=4, max_features=3, random_state=0), price)
fit("bag_scaled", BaggingRegressor(scaled(Ridge()), n_estimators=3, max_features=3, random_state=0), price)
fit("median", AdaBoostRegressor(DecisionTreeRegressor(max_depth=3), n_estimators=9, random_state=0), price)
fit("median_linear", AdaBoostRegressor(scaled(Ridge()), n_estimators=4, random_state=0), price)
fit("targets", MultiOutputRegressor(scaled(Ridge())), two)
fit("chain", RegressorChain(scaled(Ridge()), order=[1, 0]), two)
fit("flags", MultiOutputClassifier(forest()), flags)
fit("flags_chain", ClassifierChain(scaled(logistic()), order=[2, 0, 1]), flags)
fit("flags_rest", OneVsRestClassifier(scaled(logistic())), flags)
always = flags.copy()
always[:, 1] = 1
fit("flags_always", OneVsRestClassifier(scaled(logistic())), always)
transformers = {
    "standard": StandardScaler(), "minmax": MinMaxScaler((-1, 2)), "robust": RobustScaler(), "maxabs": MaxAbsScaler(),
    "boxcox": PowerTransformer("box-cox"), "power": PowerTransformer(standardize=False), "quantiles": QuantileTransformer(n_quantiles=20),
    "normal": QuantileTransformer(n_quantiles=20, output_distribution="normal"), "log1p": FunctionTransformer(np.log1p, np.expm1),
    "log": FunctionTransformer(np.log, np.exp), "pipeline": make_pipeline(FunctionTransformer(np.log, np.exp), StandardScaler()),
}
for kind, t in transformers.items():
    fit("target_" + kind, TransformedTargetRegressor(scaled(Ridge()), transformer=t), price)
    fit("target_trees_" + kind, TransformedTargetRegressor(RandomForestRegressor(n_estimators=3, max_depth=3, random_state=0), transformer=t), price)
fit("targets_standard", TransformedTargetRegressor(scaled(Ridge()), transformer=StandardScaler()), two)
fit("targets_quantiles", TransformedTargetRegressor(scaled(Ridge()), transformer=QuantileTransformer(n_quantiles=20)), two)
fit("target_counts", TransformedTargetRegressor(scaled(PoissonRegressor()), transformer=MinMaxScaler((1, 2))), price)

prepared = ColumnTransformer([("n", make_pipeline(SimpleImputer(), StandardScaler()), numbers), ("k", OneHotEncoder(handle_unknown="ignore"), ["kind"])])
fit("table_soft", VotingClassifier([("a", make_pipeline(clone(prepared), logistic())), ("b", make_pipeline(clone(prepared), forest()))], voting="soft"), texts, table)
fit("table_search", GridSearchCV(make_pipeline(prepared, StackingRegressor(several, cv=2)), {"stackingregressor__passthrough": [True]}, cv=2), price, table)

ridge, scaler = Ridge().fit(X, price), StandardScaler().fit(X)
keep("bundle", ridge, whole={"scaler": scaler, "model": ridge, "columns": pd.Index(numbers), "metrics": {"r2": .9}, "rows": table.head(3)})
keep("bundle_within", ridge, whole={"artifacts": {"regressor": ridge, "scaler": scaler}, "notes": ["a"]})
keep("bundle_list", ridge, whole=[scaler, ridge])

# What versions before 0.24 wrote: other names of the same attributes.
older = {"BaggingClassifier": {"_estimator": "base_estimator_", "estimator": "base_estimator"}, "GaussianNB": {"var_": "sigma_"},
         "IsotonicRegression": {"X_thresholds_": "_necessary_X_", "y_thresholds_": "_necessary_y_"}, "StackingClassifier": {"_label_encoder": "_le"},
         "_CalibratedClassifier": {"estimator": "base_estimator", "calibrators": "calibrators_", "classes": "classes_"},
         "CalibratedClassifierCV": {"estimator": "base_estimator"}}


def old_state(self):
    state = dict(self.__dict__)
    if type(self).__name__ == "BaggingClassifier":
        state["n_features_"] = state["n_features_in_"]
    for name in ["n_features_in_", "feature_names_in_", "f_"]:
        state.pop(name, None)
    for now, then in older.get(type(self).__name__, {}).items():
        if now in state:
            state[then] = state.pop(now)
    state["_sklearn_version"] = "0.22.1"
    return state


sklearn.base.BaseEstimator.__getstate__ = old_state
sklearn.isotonic.IsotonicRegression.__getstate__ = old_state
sklearn.calibration._CalibratedClassifier.__getstate__ = old_state
fit("old_isotonic", CalibratedClassifierCV(GaussianNB(), cv=2, method="isotonic"), texts)
fit("old_bag", BaggingClassifier(KNeighborsClassifier(3), n_estimators=3, max_features=3, random_state=0), texts)
fit("old_stack", StackingClassifier(three, cv=2), texts)
fit("old_first_step", make_pipeline(FunctionTransformer(np.abs), Ridge()), price)
