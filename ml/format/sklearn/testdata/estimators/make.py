# Writes the archive beside it: models that scikit-learn 1.2.1 fitted on invented
# rows, and what they answer. Run: python3 make.py
#
# What stands under "old" is a model whose attributes were renamed to those of the
# version that the file then says: sigma_ for var_, and so on.
import io, json, pickle, tarfile, warnings
import joblib, numpy as np, scipy.sparse as sp
from sklearn.cluster import *
from sklearn.covariance import EllipticEnvelope
from sklearn.cross_decomposition import *
from sklearn.datasets import make_blobs, make_classification, make_regression
from sklearn.discriminant_analysis import *
from sklearn.dummy import *
from sklearn.ensemble import *
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import *
from sklearn.isotonic import IsotonicRegression
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import *
from sklearn.mixture import *
from sklearn.naive_bayes import *
from sklearn.neighbors import *
from sklearn.neural_network import *
from sklearn.semi_supervised import *
from sklearn.svm import *
from sklearn.tree import *

warnings.filterwarnings('ignore')
archive = tarfile.open('models.tar.xz', 'w:xz')
METHODS = ('predict', 'predict_proba', 'decision_function', 'score_samples')


def put(name, data):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))


def plain(a):
    a = np.asarray(a)
    a = a.round(15).tolist() if a.dtype.kind == 'O' else a.tolist()
    one = lambda v: [one(x) for x in v] if isinstance(v, list) else None if v != v else v
    return one(a)


def save(name, model, rows, methods=METHODS, old=None):
    output = {k: plain(getattr(model, k)(rows)) for k in methods if hasattr(model, k)}
    if old:
        version, edit = old
        edit(model.__dict__)
        data = pickle.dumps(model, protocol=2)
        data = data.replace(b'X\x05\x00\x00\x001.2.1', b'X' + len(version).to_bytes(4, 'little') + version.encode())
    else:
        buffer = io.BytesIO()
        joblib.dump(model, buffer)
        data = buffer.getvalue()
    put(name, data)
    put(name + '.ref.json', json.dumps({'file': name, 'estimator': type(model).__name__, 'columns': None, 'rows': plain(rows), 'output': output}).encode())


def move(**names):
    def edit(d):
        d.pop('n_features_in_', None)
        for to, attribute in names.items():
            value = d.pop(attribute)
            if to != 'gone' + attribute:
                d[to] = value
    return edit


rng = np.random.RandomState(0)
X, y = make_regression(80, 6, n_informative=4, noise=5, random_state=1)
T = X[:12] * 1.1 + 0.05
Y = np.c_[y, y * 0.5 + X[:, 0] * 10 + rng.randn(80)]
X2, y2 = make_classification(90, 6, n_informative=4, random_state=3)
T2 = X2[:14] * 1.05 + 0.02
X4, y4 = make_classification(120, 6, n_informative=5, n_redundant=1, n_classes=4, n_clusters_per_class=1, class_sep=.7, random_state=4)
T4 = X4[:20] * 1.02 + 0.03
names = np.array(['alpha', 'beta', 'gamma', 'delta'])[y4]
whole = rng.randint(0, 4, size=(200, 4)).astype(float)
ties, tied = (whole[:, 0] * 3 + whole[:, 1] + rng.randint(0, 6, 200)).astype(float), rng.randint(0, 4, size=(40, 4)).astype(float)
thin = lambda a: np.where(np.abs(a) < .4, 0, a)

for m in (LassoLarsIC(), LarsCV(), OrthogonalMatchingPursuitCV(), RidgeCV(), ElasticNetCV(), SGDRegressor(max_iter=50)):
    save(type(m).__name__, m.fit(X, y), T)
for m in (MultiTaskLasso(), MultiTaskElasticNet(), Lars(), Ridge(), RANSACRegressor(random_state=0), KernelRidge(kernel='rbf'), PLSRegression(2), PLSCanonical(2),
          CCA(2), DecisionTreeRegressor(max_depth=4), RandomForestRegressor(3, max_depth=4), KNeighborsRegressor(3, weights='distance'), MLPRegressor((5, 4), max_iter=50), DummyRegressor(),
          GaussianProcessRegressor(normalize_y=True)):
    save('targets/' + type(m).__name__, m.fit(X, Y), T)
save('one column of targets', LinearRegression().fit(X, y[:, None]), T)
save('sparse coefficients', SGDRegressor(penalty='l1', alpha=.5, max_iter=50).fit(X, y).sparsify(), T)
for power in (0, 1.5):
    save(f'tweedie {power}', TweedieRegressor(power=power).fit(X, np.abs(y) + 1), T)
line, ups = np.sort(rng.rand(30)) * 10, np.arange(30) + rng.randn(30) * 4
for outside in ('nan', 'clip'):
    save('isotonic ' + outside, IsotonicRegression(out_of_bounds=outside).fit(line, ups), np.linspace(-1, 11, 20)[:, None])
for k in ('laplacian', 'cosine', 'chi2', 'additive_chi2', 'poly', 'sigmoid', 'linear'):
    save('kernel ridge ' + k, KernelRidge(kernel=k, gamma=.01 if k in ('chi2', 'sigmoid') else None, degree=2).fit(np.abs(X), y), np.abs(T))
for k in ('rbf', 'poly', 'sigmoid', 'linear'):
    save('svr ' + k, SVR(kernel=k, coef0=.5, degree=2, C=10).fit(X, y), T)
save('svr of sparse rows', SVR(C=10).fit(sp.csr_matrix(thin(X)), y), thin(T))
for name, k in dict(scales=RBF([1, 2, 3, 1, 1, 2.]), rough=Matern(nu=.5), once=Matern(nu=1.5) + WhiteKernel(.1), twice=ConstantKernel(2) * Matern(nu=2.5), smooth=Matern(nu=np.inf),
                    mixed=RationalQuadratic(), power=(DotProduct()**2) + WhiteKernel()).items():
    save('process ' + name, GaussianProcessRegressor(k, alpha=1e-1, normalize_y=name != 'scales', random_state=0).fit(X, y), T, ('predict',))

choices = (LogisticRegressionCV(cv=3), RidgeClassifierCV(), PassiveAggressiveClassifier(), LinearSVC(multi_class='crammer_singer'), Perceptron(), SGDClassifier(loss='log_loss'),
           SGDClassifier(loss='modified_huber'), LinearDiscriminantAnalysis(solver='lsqr', shrinkage='auto'), QuadraticDiscriminantAnalysis(reg_param=.1), GaussianNB(), BernoulliNB(binarize=.3),
           NearestCentroid(metric='manhattan'), SVC(probability=True, random_state=0), SVC(kernel='sigmoid', break_ties=True), SVC(kernel='poly', decision_function_shape='ovo'), SVC(kernel='linear'),
           NuSVC(probability=True, random_state=0, nu=.3), KNeighborsClassifier(4, weights='distance'), RadiusNeighborsClassifier(6., weights='distance'), MLPClassifier((6, 3), activation='logistic', max_iter=60),
           ExtraTreeClassifier(max_depth=5), RandomForestClassifier(5, max_depth=4, class_weight='balanced'), DummyClassifier(strategy='most_frequent'))
for m in choices:
    name = type(m).__name__ + (' ' + m.kernel if hasattr(m, 'kernel') else ' ' + m.loss if type(m) is SGDClassifier else '')
    save('four/' + name, m.fit(X4, names), T4)
    save('two/' + name, m.fit(X2, y2 == 1), T2)
save('outlier label', RadiusNeighborsClassifier(1.5, outlier_label='alpha').fit(X4, names), T4)
save('two softmax', LogisticRegression(multi_class='multinomial').fit(X2, y2), T2)
save('classes of sparse rows', SVC(probability=True, random_state=0).fit(sp.csr_matrix(thin(X4)), names), thin(T4))
for m in (MultinomialNB(), ComplementNB(norm=True), CategoricalNB()):
    counts = np.floor(np.abs(X4)).astype(int)
    save('four/' + type(m).__name__, m.fit(counts, names), counts[:20])
    save('two/' + type(m).__name__, m.fit(counts, y4 > 1), counts[:20])
for k in ('rbf', 'knn'):
    for m in (LabelPropagation(kernel=k, gamma=1), LabelSpreading(kernel=k, gamma=1)):
        known = y4.copy()
        known[::3] = -1
        save(type(m).__name__ + ' ' + k, m.fit(X4, known), T4)

for algorithm in ('kd_tree', 'ball_tree', 'brute'):
    for metric in ('euclidean', 'manhattan', 'chebyshev', 'minkowski'):
        save(f'ties {algorithm} {metric}', KNeighborsRegressor(4, algorithm=algorithm, metric=metric, p=3, leaf_size=7).fit(whole, ties), tied)
for metric, more in dict(canberra={}, braycurtis={}, hamming={}, cosine={}, seuclidean=dict(V=X.var(0)), mahalanobis=dict(VI=np.diag(np.arange(1, 7.)))).items():
    save('by ' + metric, KNeighborsRegressor(3, metric=metric, metric_params=more or None, weights='distance', algorithm='brute').fit(X, y), T)
globe = np.radians(rng.rand(60, 2) * 80)
save('by haversine', KNeighborsRegressor(3, metric='haversine', algorithm='ball_tree').fit(globe, y[:60]), globe[:20] + .01)

many = np.c_[y4 * 10, (X4[:, 1] > 0) * 1 + (X4[:, 1] > 1) * 1]
both = np.c_[y4 % 2, y4 > 1].astype(int)
for m in (DecisionTreeClassifier(max_depth=4), RandomForestClassifier(3, max_depth=4), KNeighborsClassifier(3), RadiusNeighborsClassifier(2., outlier_label=[0, 0])):
    save('choices/' + type(m).__name__, m.fit(X4, many), T4, ('predict',))
save('choices/MLPClassifier', MLPClassifier((5,), max_iter=50).fit(X4, both), T4, ('predict',))

for k, m in enumerate((IsolationForest(n_estimators=5, max_features=.5, random_state=0), IsolationForest(n_estimators=3, max_samples=1), LocalOutlierFactor(novelty=True, n_neighbors=7),
                       LocalOutlierFactor(novelty=True, metric='manhattan', contamination=.05), EllipticEnvelope(random_state=0), SGDOneClassSVM(random_state=0), OneClassSVM(nu=.2))):
    save(f'outliers/{k} {type(m).__name__}', m.fit(X), T)
B, _ = make_blobs(80, 4, centers=5, random_state=2)
for k, m in enumerate((KMeans(5, n_init=2), KMeans(2, n_init=2), MiniBatchKMeans(4), BisectingKMeans(6), MeanShift(), AffinityPropagation(), Birch(n_clusters=4), Birch(n_clusters=None))):
    save(f'clusters/{k} {type(m).__name__}', m.fit(B), B[:20] + .1, ('predict',) + (('transform',) if hasattr(m, 'cluster_centers_') and 'KMeans' in type(m).__name__ else ()))
for kind in ('full', 'tied', 'diag', 'spherical'):
    save('mixture ' + kind, GaussianMixture(3, covariance_type=kind).fit(B), B[:20] + .1)
    prior = 'dirichlet_process' if kind in ('full', 'diag') else 'dirichlet_distribution'
    save('bayesian mixture ' + kind, BayesianGaussianMixture(n_components=4, covariance_type=kind, weight_concentration_prior_type=prior).fit(B), B[:20] + .1)

support = dict(n_support_='_n_support', probA_='_probA', probB_='_probB')
save('old/0.24 GaussianNB', GaussianNB().fit(X4, names), T4, old=('0.24.2', move(sigma_='var_')))
save('old/0.21 SVC', SVC(probability=True, random_state=0).fit(X4, names), T4, old=('0.21.3', move(**support)))
save('old/0.20 SVC of two', SVC(probability=True, random_state=0).fit(X2, y2), T2, old=('0.20.4', move(**support)))
save('old/0.19 OneClassSVM', OneClassSVM().fit(X), T, ('predict', 'decision_function'), old=('0.19.1', move(goneoffset_='offset_')))
save('old/0.20 KNeighborsClassifier', KNeighborsClassifier(5).fit(X4, names), T4, old=('0.20.4', move(goneeffective_metric_='effective_metric_', goneeffective_metric_params_='effective_metric_params_')))
save('old/0.22 IsotonicRegression', IsotonicRegression(out_of_bounds='clip').fit(line, ups), np.linspace(-1, 11, 20)[:, None], old=('0.22.2', move(_necessary_X_='X_thresholds_', _necessary_y_='y_thresholds_', gonef_='f_')))
save('old/0.20 DummyRegressor', DummyRegressor().fit(X, y), T, old=('0.20.4', move()))
save('old/0.20 RandomForestClassifier', RandomForestClassifier(3, max_depth=4).fit(X4, names), T4, old=('0.20.4', move()))


def pls(d):
    move(x_mean_='_x_mean', x_std_='_x_std', y_mean_='_y_mean', y_std_='_y_std', coef_='_coef_', goneintercept_='intercept_')(d)
    d['coef_'] = d['coef_'].T


def log(d):
    d['loss'] = 'log'


save('old/0.23 PLSRegression', PLSRegression(2).fit(X, Y), T, old=('0.23.2', pls))
save('old/0.23 SGDClassifier', SGDClassifier(loss='log_loss').fit(X4, names), T4, old=('0.23.2', log))
archive.close()
