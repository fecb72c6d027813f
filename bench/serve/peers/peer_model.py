"""The model that the Python peers answer with: $MODEL is a pickle of a scikit-learn estimator, $COLUMNS its columns as JSON.

$FRAME is set where the estimator finds its columns by name: then a row becomes a DataFrame, as its authors would do it.
Otherwise it becomes an array, which is much faster.
"""
import json
import os
import pickle

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

COLUMNS = json.loads(os.environ["COLUMNS"])
with open(os.environ["MODEL"], "rb") as f:
    model = pickle.load(f)

if os.environ.get("FRAME"):
    import pandas as pd

    def predict(row):
        return float(model.predict(pd.DataFrame([row], columns=list(COLUMNS)))[0])
else:
    def predict(row):
        return float(model.predict(np.array([[row[name] for name in COLUMNS]], dtype=np.float64))[0])
