"""Makes the files of made/: one object as a pickle and as a skops file, in pairs.

Run with Python 3, scikit-learn and pandas: `make.py` writes the committed pairs, `make.py FOLDER FILE...` makes
pairs of joblib files that others wrote. The skops files follow the layout that skops documents and are written here
without it, each kind of node as its readers expect it."""

import functools
import io
import json
import os
import pickle
import sys
import zipfile

import joblib
import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree._tree import Tree
from sklearn.utils import Bunch

PROTOCOL = 2


class Writer:
    def __init__(self, path, method=zipfile.ZIP_STORED):
        self.zip = zipfile.ZipFile(path, "w", method)
        self.kept = {}
        self.names = set()

    def head(self, loader, cls, module, **more):
        return {"__class__": cls, "__module__": module, "__loader__": loader, **more}

    def of(self, loader, value, **more):
        return self.head(loader, type(value).__name__, type(value).__module__, **more)

    def member(self, value, suffix, content):
        name = f"{id(value)}{suffix}"
        self.kept[id(value)] = value
        if name not in self.names:
            self.names.add(name)
            self.zip.writestr(name, content)
        return name

    def node(self, value):
        self.kept[id(value)] = value
        made = self.plain(value)
        made["__id__"] = id(value)
        return made

    def plain(self, v):
        if v is None or isinstance(v, (bool, int, float, str)) and type(v).__module__ == "builtins":
            return self.head("JsonNode", "str", "builtins", content=json.dumps(v), is_json=True)
        if isinstance(v, np.ma.MaskedArray):
            return self.of("MaskedArrayNode", v, content={"data": self.node(v.data), "mask": self.node(v.mask)})
        if isinstance(v, (np.ndarray, np.generic)):
            return self.array(v)
        if isinstance(v, dict):
            keys = self.node([type(k) for k in v])
            content = {(k.item() if hasattr(k, "item") else k): self.node(x) for k, x in v.items()}
            return self.of("DictNode", v, content=content, key_types=keys)
        if isinstance(v, (list, set)):
            return self.of("ListNode" if isinstance(v, list) else "SetNode", v, content=[self.node(x) for x in v])
        if isinstance(v, tuple):
            return self.of("TupleNode", v, content=[self.node(x) for x in v])
        if isinstance(v, (bytes, bytearray)):
            return self.of("BytesNode" if isinstance(v, bytes) else "BytearrayNode", v, file=self.member(v, ".bin", bytes(v)))
        if isinstance(v, slice):
            return self.of("SliceNode", v, content={"start": v.start, "stop": v.stop, "step": v.step})
        if isinstance(v, np.ufunc):
            return self.head("FunctionNode", v.__name__, "numpy")
        if isinstance(v, type):
            return self.head("TypeNode", v.__name__, v.__module__)
        if isinstance(v, np.dtype):
            return self.head("DTypeNode", "dtype", "numpy", content=self.node(np.ndarray(0, dtype=v)))
        if isinstance(v, functools.partial):
            func, args, kwds, namespace = v.__reduce__()[2]
            parts = {"func": func, "args": args, "kwds": kwds, "namespace": namespace}
            return self.of("PartialNode", v, content={k: self.node(x) for k, x in parts.items()})
        if callable(v) and hasattr(v, "__name__"):
            return self.head("FunctionNode", v.__name__, v.__module__)
        if isinstance(v, (np.random.RandomState, np.random.Generator)):
            state = v.get_state(legacy=False) if isinstance(v, np.random.RandomState) else v.bit_generator.state
            content = self.node(state) if isinstance(v, np.random.RandomState) else {"bit_generator": self.node(state), "seed_seq": self.node({})}
            return self.of("RandomStateNode" if isinstance(v, np.random.RandomState) else "RandomGeneratorNode", v, content=content)
        if sp.issparse(v):
            buffer = io.BytesIO()
            sp.save_npz(buffer, v)
            return self.of("SparseMatrixNode", v, type="scipy", file=self.member(v, ".npz", buffer.getvalue()))
        return self.object(v)

    def array(self, v):
        if v.dtype == object:
            shape = self.node(v.shape)
            return self.of("NdArrayNode", v, content=self.node(v.tolist())["content"], type="json", shape=shape)
        buffer = io.BytesIO()
        np.save(buffer, v, allow_pickle=False)
        return self.of("NdArrayNode", v, type="numpy", file=self.member(v, ".npy", buffer.getvalue()))

    def object(self, v):
        reduced = v.__reduce__()
        loss = type(v).__module__.endswith("_sgd_fast") or type(v).__module__.endswith("_loss._loss")
        if isinstance(v, Tree) or loss:
            state = reduced[2] if len(reduced) == 3 else {}
            return self.of("TreeNode" if isinstance(v, Tree) else "LossNode", v, __reduce__={"args": self.node(reduced[1])}, content=self.node(state))
        if len(reduced) == 2 and reduced[0] is type(v):
            return self.of("ConstructorFromReduceNode", v, content=self.node(reduced[1]))
        state = v.__getstate__() if hasattr(v, "__getstate__") else v.__dict__
        return self.of("ObjectNode", v, content=self.node(state))


def write(value, path, method=zipfile.ZIP_STORED):
    w = Writer(path, method)
    schema = w.node(value)
    schema["protocol"] = PROTOCOL
    schema["_skops_version"] = "0.11.0"
    w.zip.writestr("schema.json", json.dumps(schema, indent=2))
    w.zip.close()


def pair(folder, name, value, method=zipfile.ZIP_STORED):
    with open(os.path.join(folder, name + ".pkl"), "wb") as f:
        pickle.dump(value, f, protocol=4)
    write(value, os.path.join(folder, name + ".skops"), method)


def committed(folder):
    os.makedirs(folder, exist_ok=True)
    rng = np.random.RandomState(0)
    table = pd.DataFrame({"area": rng.rand(30) * 100, "rooms": rng.randint(1, 6, 30).astype(float), "zone": ["a", "b", None] * 10})
    y = table["area"] * 2 + table["rooms"]
    kind = np.where(y > y.median(), "dear", "cheap")
    X = table[["area", "rooms"]]
    parts = ColumnTransformer(
        [("n", Pipeline([("i", SimpleImputer()), ("s", StandardScaler())]), ["area", "rooms"]), ("c", OneHotEncoder(handle_unknown="ignore"), ["zone"]), ("l", FunctionTransformer(np.log1p), slice(0, 1)), ("d", "drop", [1])]
    )
    pair(folder, "pipeline", Pipeline([("p", parts), ("m", Ridge())]).fit(table, y))
    pair(folder, "forest", RandomForestRegressor(3, max_depth=3, random_state=rng).fit(X, y))
    pair(folder, "boosting", GradientBoostingClassifier(n_estimators=2, max_depth=2).fit(X, kind))
    pair(folder, "histogram", HistGradientBoostingRegressor(max_iter=2, max_leaf_nodes=4, min_samples_leaf=3).fit(X, y), zipfile.ZIP_DEFLATED)
    pair(folder, "neighbours", KNeighborsRegressor(2).fit(sp.csr_matrix(X), y))
    pair(folder, "search", GridSearchCV(Ridge(), {"alpha": [1.0, 2.0]}, cv=2).fit(X, y))
    pair(folder, "sgd", SGDClassifier(max_iter=5, tol=None).fit(X, kind))
    bins = KBinsDiscretizer(3, encode="ordinal", subsample=None).fit(X)
    extra = {"wide": 2**80, "nan": float("nan"), "inf": float("-inf"), "text": "é\n\"", "bytes": b"\x00\xff", "array": bytearray(b"ab"), 7: (1, [2, {3}]), 1.5: Bunch(a=1)}
    extra.update({"f": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "b": np.array([True]), "u": np.array(["é", "ab"]), "s": np.float32(1.5), "type": np.float32, "dtype": np.dtype("<f4")})
    extra.update({"partial": functools.partial(np.clip, 1), "coo": sp.coo_matrix(np.eye(2)), "grid": np.array([[1, "a"], [None, 2.5]], dtype=object), "none": None})
    pair(folder, "bundle", {"model": LogisticRegression().fit(X, kind), "bins": bins, "ordinal": OrdinalEncoder().fit(table[["zone"]].fillna("?")), "extra": extra})


if len(sys.argv) > 1:
    for file in sys.argv[2:]:
        try:
            pair(sys.argv[1], os.path.basename(file), joblib.load(file))
        except Exception as problem:  # noqa: BLE001 what cannot be written is told and passed by
            print(os.path.basename(file), type(problem).__name__, problem)
else:
    committed(os.path.join(os.path.dirname(os.path.abspath(__file__)), "made"))
