#!/usr/bin/env python3
"""The peers of bench/predict: trains its models, and answers with scikit-learn's or XGBoost's predict.

    peers.py train FOLDER CALIFORNIA.csv [NAME,...]     trains what is not in FOLDER yet
    peers.py serve FOLDER NAME                          loads a model and measures, as bidden on standard input

Trained are, for each NAME: NAME.pkl (scikit-learn) or NAME.json (XGBoost), NAME.onnx, NAME.rows.f32 (100,000 rows) and
NAME.expected.f64 (its own answers to the first 1,000). All rows are float32 numbers, so that every program sees the same.
ONNX has float32 thresholds: they are rounded down, so that no float32 row goes another way.

Serving prints "ready LARGEST-DIFFERENCE MEGABYTES", then for each line "BATCH SECONDS" the median seconds of a call with
so many rows, one after the other through the rows. Every program under test does the same.

Needs Debian's python3-sklearn, python3-xgboost, python3-pandas and python3-onnx.
"""
import json
import os
import pickle
import sys
import time

import numpy as np

ROWS, CHECKED, FEATURES = 100_000, 1_000, 28
SAME = dict(learning_rate=0.1)  # leaves, bins and rows per leaf are the same for both kinds of boosting


def california(path):
    import pandas as pd
    table = pd.read_csv(path, float_precision='round_trip')
    return table.iloc[:, :8].to_numpy(np.float32).astype(float), table.iloc[:, 8].to_numpy(float)


def million(rows, seed):
    """28 columns, of which 7 are made of the others; bell-shaped, even, heavy-tailed and whole numbers."""
    r = np.random.default_rng(seed)
    X = np.empty((rows, FEATURES), np.float32)
    X[:, :8] = r.normal(size=(rows, 8))
    X[:, 8:14] = r.random((rows, 6))
    X[:, 14:18] = 1 / (0.1 + r.random((rows, 4)))
    X[:, 18:20] = np.floor(r.random((rows, 2)) * [8, 3])
    X[:, 20] = r.normal(size=rows) * r.random(rows)
    X[:, 21:28] = X[:, :7] * X[:, 7:14]
    y = X[:, 0] - 0.5 * X[:, 4] + 1.5 * X[:, 21] + 2 * (np.hypot(X[:, 2], X[:, 3]) > 1.5) + 4 * (X[:, 8] - 0.5) * (X[:, 9] - 0.5)
    y += np.where((X[:, 18] >= 3) & (X[:, 11] > 0.3), 1, -1) - 0.2 * X[:, 16] * X[:, 12] + r.normal(size=rows)
    return X.astype(float), y.astype(float)


def estimator(kind, large):
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeRegressor
    if kind == 'linear':
        return make_pipeline(StandardScaler(), LinearRegression())
    if kind == 'tree':
        return DecisionTreeRegressor(random_state=42)
    if kind == 'forest100':
        small = dict(max_samples=0.1, max_features=9, min_samples_leaf=5) if large else {}
        return RandomForestRegressor(100, random_state=42, n_jobs=-1, **small)
    if kind.startswith('histgb'):
        return HistGradientBoostingRegressor(max_iter=int(kind[6:]), max_leaf_nodes=31, min_samples_leaf=20, early_stopping=False, random_state=42, **SAME)
    from xgboost import XGBRegressor
    return XGBRegressor(n_estimators=int(kind[3:]), tree_method='hist', grow_policy='lossguide', max_leaves=31, max_depth=0, max_bin=255,
                        min_child_weight=20, reg_lambda=0, random_state=42, **SAME)


class Ensemble:
    """Collects trees for ONNX's TreeEnsembleRegressor."""

    def __init__(self):
        names = 'treeids nodeids featureids values modes truenodeids falsenodeids missing_value_tracks_true'.split()
        self.nodes = {name: [] for name in names}
        self.leaves = {name: [] for name in ('treeids', 'nodeids', 'weights')}

    def add(self, feature, threshold, left, right, leaf, value, missing, mode):
        tree = self.nodes['treeids'][-1] + 1 if self.nodes['treeids'] else 0
        single = np.asarray(threshold, np.float64).astype(np.float32)
        above = single > threshold
        single[above] = np.nextafter(single[above], np.float32(-np.inf))
        for i in range(len(feature)):
            inner = not leaf[i]
            cells = (tree, i, int(feature[i]) if inner else 0, float(single[i]) if inner else 0.0, mode if inner else 'LEAF',
                     int(left[i]) if inner else 0, int(right[i]) if inner else 0, int(inner and bool(missing[i])))
            for column, cell in zip(self.nodes.values(), cells):
                column.append(cell)
            if leaf[i]:
                for column, cell in zip(self.leaves.values(), (tree, i, float(value[i]))):
                    column.append(cell)

    def node(self, base):
        from onnx import helper
        attributes = {'nodes_' + name: column for name, column in self.nodes.items()}
        attributes.update({'target_' + name: column for name, column in self.leaves.items()})
        return helper.make_node('TreeEnsembleRegressor', ['X'], ['Y'], domain='ai.onnx.ml', n_targets=1, post_transform='NONE', base_values=[base],
                                target_ids=[0] * len(self.leaves['treeids']), **attributes)


def onnx_nodes(model):
    from onnx import helper
    kind = type(model).__name__
    if kind == 'Pipeline':
        scaler, linear = model[0], model[1]
        return [helper.make_node('Scaler', ['X'], ['S'], domain='ai.onnx.ml', offset=scaler.mean_.tolist(), scale=(1 / scaler.scale_).tolist()),
                helper.make_node('LinearRegressor', ['S'], ['Y'], domain='ai.onnx.ml', coefficients=linear.coef_.tolist(), intercepts=[float(linear.intercept_)])]
    e, base = Ensemble(), 0.0
    if kind == 'XGBRegressor':
        learner = json.loads(model.get_booster().save_raw('json'))['learner']
        base = float(learner['learner_model_param']['base_score'])
        for t in learner['gradient_booster']['model']['trees']:
            number = np.array(t['split_conditions'], np.float32).astype(float)
            e.add(t['split_indices'], number, t['left_children'], t['right_children'], np.array(t['left_children']) < 0, number, t['default_left'], 'BRANCH_LT')
    elif kind == 'HistGradientBoostingRegressor':
        base = float(np.ravel(model._baseline_prediction)[0])
        for (predictor,) in model._predictors:
            n = predictor.nodes
            e.add(n['feature_idx'], n['num_threshold'], n['left'], n['right'], n['is_leaf'].astype(bool), n['value'], n['missing_go_to_left'], 'BRANCH_LEQ')
    else:
        trees = [member.tree_ for member in getattr(model, 'estimators_', [model])]
        for t in trees:
            e.add(t.feature, t.threshold, t.children_left, t.children_right, t.children_left < 0, t.value[:, 0, 0] / len(trees), np.zeros(t.node_count), 'BRANCH_LEQ')
    return [e.node(base)]


def write_onnx(path, model, features):
    from onnx import TensorProto, helper
    graph = helper.make_graph(onnx_nodes(model), 'bench', [helper.make_tensor_value_info('X', TensorProto.FLOAT, [None, features])],
                              [helper.make_tensor_value_info('Y', TensorProto.FLOAT, [None, 1])])
    out = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 15), helper.make_opsetid('ai.onnx.ml', 3)])
    out.ir_version = 8
    with open(path, 'wb') as f:
        f.write(out.SerializeToString())


def train(folder, table, names):
    os.makedirs(folder, exist_ok=True)
    data = {}
    for name in names:
        done = f'{folder}/{name}.expected.f64'
        if os.path.exists(done):
            continue
        start, (source, kind) = time.time(), name.split('_')
        if source not in data:
            data[source] = california(table) + (None,) if source == 'california' else million(1_000_000, 1) + (million(ROWS, 2)[0],)
        X, y, test = data[source]
        model = estimator(kind, source == 'million').fit(X, y)
        if kind.startswith('xgb'):
            model.save_model(f'{folder}/{name}.json')
        with open(f'{folder}/{name}.pkl', 'wb') as f:
            pickle.dump(model, f, protocol=4)
        rows = X[np.arange(ROWS) % len(X)] if test is None else test
        rows.astype('<f4').tofile(f'{folder}/{name}.rows.f32')
        write_onnx(f'{folder}/{name}.onnx', model, X.shape[1])
        model.predict(rows[:CHECKED]).astype('<f8').tofile(done)
        print(f'trained {name} in {time.time() - start:.0f} s', flush=True)


def resident():
    with open('/proc/self/status') as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith('VmRSS'))


def serve(folder, name):
    with open(f'{folder}/{name}.pkl', 'rb') as f:
        model = pickle.load(f)
    rows = np.fromfile(f'{folder}/{name}.rows.f32', np.float32)
    expected = np.fromfile(f'{folder}/{name}.expected.f64')
    rows = rows.reshape(ROWS, -1)
    if type(model).__name__ == 'XGBRegressor':
        booster = model.get_booster()
        booster.set_param({'nthread': 1})
        predict = booster.inplace_predict
    else:
        last = model[-1] if hasattr(model, 'steps') else model
        if 'n_jobs' in last.get_params():
            last.set_params(n_jobs=1)
        predict, rows = model.predict, rows.astype(float)  # it would convert them itself
    difference = np.max(np.abs(predict(rows[:CHECKED]) - expected) / np.maximum(1, np.abs(expected)))
    print(f'ready {difference:g} {resident():.0f}', flush=True)
    for line in sys.stdin:
        batch, seconds = line.split()
        batch, times, begin, at = int(batch), [], time.perf_counter(), 0
        while not times or time.perf_counter() - begin < float(seconds):
            part = rows[at:at + batch]
            before = time.perf_counter_ns()
            predict(part)
            times.append(time.perf_counter_ns() - before)
            at += batch
            if at + batch > ROWS:
                at = 0
        print(sorted(times)[len(times) // 2] / 1e9, flush=True)


if __name__ == '__main__':
    if sys.argv[1:2] == ['train'] and len(sys.argv) == 5:
        train(sys.argv[2], sys.argv[3], sys.argv[4].split(','))
    elif sys.argv[1:2] == ['serve'] and len(sys.argv) == 4:
        serve(sys.argv[2], sys.argv[3])
    else:
        sys.exit(__doc__)
