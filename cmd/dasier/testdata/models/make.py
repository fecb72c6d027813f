"""Makes the model files of this folder, each with the answers of its own system beside it.

Run in this folder with Python 3, scikit-learn and XGBoost. light.txt and its answers are written by hand."""

import json
import pickle

import numpy as np
import pandas as pd
import xgboost
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest, StackingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import RadiusNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

rng = np.random.RandomState(7)
rows = 24
houses = pd.DataFrame(
    {
        "area": np.round(rng.uniform(30, 150, rows), 1),
        "rooms": rng.randint(1, 6, rows).astype(float),
        "age": np.round(rng.uniform(0, 90, rows)),
    }
)
price = np.round(2 * houses.area + 15 * houses.rooms - 0.5 * houses.age + rng.normal(0, 3, rows), 1)
kind = np.where(price > price.median(), "dear", "cheap")
two = pd.DataFrame({"price": price, "rent": 0.05 * price + houses.age})

MODELS = {
    "projected": (make_pipeline(StandardScaler(), PCA(2), Ridge()), price, ["predict"]),
    "decides": (make_pipeline(StandardScaler(), LinearSVC(random_state=0)), kind, ["predict", "decision_function"]),
    "clusters": (make_pipeline(StandardScaler(), KMeans(3, n_init=3, random_state=0)), None, ["predict"]),
    "several": (LinearRegression(), two, ["predict"]),
    "odd": (
        IsolationForest(n_estimators=2, max_samples=8, random_state=0),
        None,
        ["predict", "decision_function", "score_samples"],
    ),
    "stacked": (StackingRegressor([("a", Ridge()), ("b", LinearRegression())], cv=2), price, ["predict"]),
    "near": (make_pipeline(StandardScaler(), RadiusNeighborsRegressor(radius=1.5)), price, ["predict"]),
}


def reference(name, **output):
    with open(f"{name}.ref.json", "w") as file:
        answers = {key: np.asarray(value).tolist() for key, value in output.items()}
        json.dump({"columns": list(houses.columns), "rows": houses.values.tolist(), "output": answers}, file)


houses.assign(price=price).to_csv("houses.csv", index=False)
for name, (model, target, outputs) in MODELS.items():
    model.fit(houses, target)
    with open(f"{name}.pkl", "wb") as file:
        pickle.dump(model, file, protocol=4)
    reference(name, **{output: getattr(model, output)(houses) for output in outputs})

boosted = xgboost.XGBRegressor(n_estimators=3, max_depth=2)
boosted.fit(houses, price)
boosted.save_model("boosted.json")
reference("boosted", predict=boosted.predict(houses).astype(float))
