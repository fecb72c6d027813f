#!/usr/bin/env python3
"""Cross-validated ridge beside scikit-learn's, on the same rows, folds and penalty.

Both sides impute numbers with the median of the training rows, standardise them, and one-hot encode everything
else. The mean RMSE over the folds must agree within 0.5 %; the exit status is 1 when it does not. Least squares is
shown besides: on one-hot columns, which are collinear, scikit-learn's LinearRegression may answer with errors of any
size, so it is not compared.

Needs python3-sklearn and python3-pandas, and Go.  Usage: parity_ridge.py [--alpha 10] [--folds 5] [--data FILE.csv
--target COLUMN --drop A,B --text C --missing NA --fold-file FILE.csv]
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ALLOWED = 0.005


def pipeline(model, X):
    numbers = [c for c in X.columns if X[c].dtype != object]
    texts = [c for c in X.columns if X[c].dtype == object]
    return make_pipeline(ColumnTransformer([
        ('numbers', make_pipeline(SimpleImputer(strategy='median'), StandardScaler()), numbers),
        ('texts', make_pipeline(SimpleImputer(strategy='constant', fill_value='missing'),
                                OneHotEncoder(handle_unknown='ignore', sparse_output=False)), texts),
    ]), model)


def theirs(model, X, y, fold):
    rmse, r2, seconds = [], [], 0.0
    for k in range(fold.max() + 1):
        train, test = fold != k, fold == k
        p = pipeline(model, X)
        start = time.perf_counter()
        p.fit(X[train], y[train])
        seconds += time.perf_counter() - start
        predicted = p.predict(X[test])
        rmse.append(mean_squared_error(y[test], predicted) ** 0.5)
        r2.append(r2_score(y[test], predicted))
    return {'rmse': rmse, 'r2': r2, 'seconds': seconds}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--data', default=os.path.join(ROOT, 'examples/house-prices/model/ames.csv'))
    ap.add_argument('--target', default='Sale_Price')
    ap.add_argument('--drop', default='')
    ap.add_argument('--text', default='')
    ap.add_argument('--missing', default='')
    ap.add_argument('--fold-file')
    ap.add_argument('--folds', type=int, default=5)
    ap.add_argument('--alpha', type=float, default=10.0)
    a = ap.parse_args()

    d = pd.read_csv(a.data, keep_default_na=False, na_values=['', a.missing], encoding='utf-8-sig')
    y = d[a.target].to_numpy(float)
    X = d.drop(columns=[a.target] + [c for c in a.drop.split(',') if c])
    for c in a.text.split(','):
        if c:
            X[c] = X[c].astype(str)

    with tempfile.TemporaryDirectory() as tmp:
        fold_file = a.fold_file
        if fold_file is None:
            fold = np.empty(len(y), int)
            for k, (_, test) in enumerate(KFold(a.folds, shuffle=True, random_state=42).split(y)):
                fold[test] = k
            fold_file = os.path.join(tmp, 'folds.csv')
            pd.DataFrame({'fold': fold}).to_csv(fold_file, index=False)
        fold = pd.read_csv(fold_file)['fold'].to_numpy()
        ours = json.loads(subprocess.run(
            ['go', 'run', './bench/parity', '-data', os.path.abspath(a.data), '-target', a.target, '-drop', a.drop, '-text', a.text,
             '-missing', a.missing, '-folds', os.path.abspath(fold_file), '-alpha', str(a.alpha)],
            cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)

    print(f'{len(y)} rows, {X.shape[1]} columns, {fold.max() + 1} folds')
    print(f'{"":24}{"RMSE ours":>12}{"sklearn":>14}{"difference":>12}   {"R2 ours":>8}{"sklearn":>12}   {"fit ours":>9}{"sklearn":>9}')
    for name, model in (('ridge', Ridge(alpha=a.alpha)), ('linear', LinearRegression())):
        t, o = theirs(model, X, y, fold), ours[name]
        difference = np.mean(o['rmse']) / np.mean(t['rmse']) - 1
        label = f'ridge, alpha {a.alpha:g}' if name == 'ridge' else 'least squares'
        print(f'{label:24}{np.mean(o["rmse"]):12.2f}{np.mean(t["rmse"]):14.6g}{difference:12.2e}   {np.mean(o["r2"]):8.4f}'
              f'{np.mean(t["r2"]):12.4g}   {o["seconds"]:8.3f}s{t["seconds"]:8.3f}s')
        if name == 'ridge':
            failed = not abs(difference) <= ALLOWED
    print(f'ridge differs by {"more" if failed else "less"} than {ALLOWED:.1%}: {"FAILED" if failed else "ok"}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
