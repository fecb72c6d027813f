#!/usr/bin/env python3
"""Writes reference.json: rows, and what scikit-learn's metrics make of them. Run it in this folder to renew the file."""
import json
import warnings

import numpy as np
import sklearn.metrics as m

warnings.simplefilter('ignore')
rng = np.random.default_rng(7)
n = 60
out = {}


def case(task, y, p, w, metrics):
    out.setdefault(task, []).append({
        'y': y.tolist(), 'p': p.ravel().tolist(), 'w': None if w is None else w.tolist(),
        'want': {k: float(v) for k, v in metrics.items()}})


for weighted in (False, True):
    w = rng.integers(0, 4, size=n).astype(float) if weighted else None
    k = {'sample_weight': w}
    y = rng.gamma(2, 3, size=n).round(3)
    p = (y * np.exp(rng.normal(0, 0.3, size=n))).round(3)
    metrics = {
        'rmse': m.mean_squared_error(y, p, squared=False, **k), 'mae': m.mean_absolute_error(y, p, **k), 'r2': m.r2_score(y, p, **k),
        'explained_variance': m.explained_variance_score(y, p, **k), 'mape': m.mean_absolute_percentage_error(y, p, **k),
        'rmsle': m.mean_squared_log_error(y, p, squared=False, **k),
        'pinball_0.1': m.mean_pinball_loss(y, p, alpha=0.1, **k), 'pinball_0.9': m.mean_pinball_loss(y, p, alpha=0.9, **k),
        'poisson_deviance': m.mean_poisson_deviance(y, p, **k), 'gamma_deviance': m.mean_gamma_deviance(y, p, **k),
        'tweedie_1.5': m.mean_tweedie_deviance(y, p, power=1.5, **k),
        'd2_poisson': m.d2_tweedie_score(y, p, power=1, **k), 'd2_gamma': m.d2_tweedie_score(y, p, power=2, **k)}
    if not weighted:  # scikit-learn's weighted median takes the lower of two, and its largest error knows no weights
        metrics['median_ae'] = m.median_absolute_error(y, p)
        metrics['max_error'] = m.max_error(y, p)
    case('regression', y, p, w, metrics)

    y = (rng.random(n) < 0.4).astype(int)
    p = np.clip(0.25 + 0.4 * y + rng.normal(0, 0.25, size=n), 0.01, 0.99).round(2)  # two digits: ties
    c = (p > 0.5).astype(int)
    case('binary', y, p, w, {
        'log_loss': m.log_loss(y, p, **k), 'brier': m.brier_score_loss(y, p, **k), 'auc': m.roc_auc_score(y, p, **k),
        'average_precision': m.average_precision_score(y, p, **k), 'accuracy': m.accuracy_score(y, c, **k),
        'balanced_accuracy': m.balanced_accuracy_score(y, c, **k), 'precision': m.precision_score(y, c, **k),
        'recall': m.recall_score(y, c, **k), 'specificity': m.recall_score(y, c, pos_label=0, **k), 'f1': m.f1_score(y, c, **k),
        'mcc': m.matthews_corrcoef(y, c, **k), 'kappa': m.cohen_kappa_score(y, c, **k)})

    y = rng.choice(5, size=n, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    y[:5] = range(5)
    if weighted:
        w[:5] = 1
    p = rng.dirichlet(np.ones(5), size=n) + 0.5 * np.eye(5)[y] * rng.random((n, 1))
    p /= p.sum(axis=1, keepdims=True)
    c = p.argmax(axis=1)
    auc = m.roc_auc_score(y, p, multi_class='ovr', average='macro') if not weighted else np.mean(
        [m.roc_auc_score(y == i, p[:, i], sample_weight=w) for i in range(5)])
    case('multiclass', y, p, w, {
        'log_loss': m.log_loss(y, p, **k), 'auc': auc, 'accuracy': m.accuracy_score(y, c, **k),
        'balanced_accuracy': m.balanced_accuracy_score(y, c, **k), 'f1_macro': m.f1_score(y, c, average='macro', **k),
        'f1_weighted': m.f1_score(y, c, average='weighted', **k), 'precision_macro': m.precision_score(y, c, average='macro', **k),
        'precision_weighted': m.precision_score(y, c, average='weighted', **k), 'recall_macro': m.recall_score(y, c, average='macro', **k),
        'mcc': m.matthews_corrcoef(y, c, **k), 'kappa': m.cohen_kappa_score(y, c, **k),
        'top_3': m.top_k_accuracy_score(y, p, k=3, **k), 'top_2': m.top_k_accuracy_score(y, p, k=2, **k)})

# Curves, on the first binary case.
y, p = np.array(out['binary'][0]['y']), np.array(out['binary'][0]['p'])
fpr, tpr, _ = m.roc_curve(y, p, drop_intermediate=False)
precision, recall, _ = m.precision_recall_curve(y, p)
out['roc'] = {'x': fpr.tolist(), 'y': tpr.tolist()}
out['precision_recall'] = {'x': recall[:-1][::-1].tolist(), 'y': precision[:-1][::-1].tolist()}
json.dump(out, open('reference.json', 'w'), indent=1)
