package pickle

import "strings"

// Canonical is the address that readers know a class or function by: libraries
// move their modules about, and files keep the addresses of their day.
func Canonical(g Global) Global {
	module := g.Module
	if to, ok := modules[module]; ok {
		module = to
	} else if rest, ok := strings.CutPrefix(module, "sklearn.externals.joblib."); ok {
		module = "joblib." + rest
	} else if rest, ok := strings.CutPrefix(module, "numpy._core."); ok {
		module = "numpy.core." + rest // numpy 2 calls it so
	}
	g.Module = module
	if to, ok := names[g]; ok {
		return to
	}
	return g
}

// modules are the old addresses. scikit-learn 0.22 gave every private module an
// underscore; numpy, scipy and pandas did the like.
var modules = map[string]string{ //nolint:gosec // "passive_aggressive" is no password
	"__builtin__": "builtins",
	"copy_reg":    "copyreg",
	// Compiled modules that are imported by their last name in some wheels.
	"_loss":     "sklearn._loss._loss",
	"_sgd_fast": "sklearn.linear_model._sgd_fast",

	"sklearn.cluster.affinity_propagation_":          "sklearn.cluster._affinity_propagation",
	"sklearn.cluster.bicluster":                      "sklearn.cluster._bicluster",
	"sklearn.cluster.birch":                          "sklearn.cluster._birch",
	"sklearn.cluster.dbscan_":                        "sklearn.cluster._dbscan",
	"sklearn.cluster.hierarchical":                   "sklearn.cluster._agglomerative",
	"sklearn.cluster._hierarchical":                  "sklearn.cluster._agglomerative",
	"sklearn.cluster.k_means_":                       "sklearn.cluster._kmeans",
	"sklearn.cluster.mean_shift_":                    "sklearn.cluster._mean_shift",
	"sklearn.cluster.optics_":                        "sklearn.cluster._optics",
	"sklearn.cluster.spectral":                       "sklearn.cluster._spectral",
	"sklearn.covariance.elliptic_envelope":           "sklearn.covariance._elliptic_envelope",
	"sklearn.covariance.empirical_covariance_":       "sklearn.covariance._empirical_covariance",
	"sklearn.covariance.graph_lasso_":                "sklearn.covariance._graph_lasso",
	"sklearn.covariance.robust_covariance":           "sklearn.covariance._robust_covariance",
	"sklearn.covariance.shrunk_covariance_":          "sklearn.covariance._shrunk_covariance",
	"sklearn.cross_decomposition.cca_":               "sklearn.cross_decomposition._pls",
	"sklearn.cross_decomposition._cca":               "sklearn.cross_decomposition._pls",
	"sklearn.cross_decomposition.pls_":               "sklearn.cross_decomposition._pls",
	"sklearn.decomposition.dict_learning":            "sklearn.decomposition._dict_learning",
	"sklearn.decomposition.factor_analysis":          "sklearn.decomposition._factor_analysis",
	"sklearn.decomposition.fastica_":                 "sklearn.decomposition._fastica",
	"sklearn.decomposition.incremental_pca":          "sklearn.decomposition._incremental_pca",
	"sklearn.decomposition.kernel_pca":               "sklearn.decomposition._kernel_pca",
	"sklearn.decomposition.nmf":                      "sklearn.decomposition._nmf",
	"sklearn.decomposition.online_lda":               "sklearn.decomposition._lda",
	"sklearn.decomposition._online_lda":              "sklearn.decomposition._lda",
	"sklearn.decomposition.pca":                      "sklearn.decomposition._pca",
	"sklearn.decomposition.sparse_pca":               "sklearn.decomposition._sparse_pca",
	"sklearn.decomposition.truncated_svd":            "sklearn.decomposition._truncated_svd",
	"sklearn.ensemble.bagging":                       "sklearn.ensemble._bagging",
	"sklearn.ensemble.base":                          "sklearn.ensemble._base",
	"sklearn.ensemble.forest":                        "sklearn.ensemble._forest",
	"sklearn.ensemble.gradient_boosting":             "sklearn.ensemble._gb",
	"sklearn.ensemble.iforest":                       "sklearn.ensemble._iforest",
	"sklearn.ensemble.voting":                        "sklearn.ensemble._voting",
	"sklearn.ensemble.voting_classifier":             "sklearn.ensemble._voting",
	"sklearn.ensemble.weight_boosting":               "sklearn.ensemble._weight_boosting",
	"sklearn.feature_extraction.dict_vectorizer":     "sklearn.feature_extraction._dict_vectorizer",
	"sklearn.feature_extraction.hashing":             "sklearn.feature_extraction._hash",
	"sklearn.feature_extraction._hashing":            "sklearn.feature_extraction._hash",
	"sklearn.feature_selection.from_model":           "sklearn.feature_selection._from_model",
	"sklearn.feature_selection.mutual_info_":         "sklearn.feature_selection._mutual_info",
	"sklearn.feature_selection.rfe":                  "sklearn.feature_selection._rfe",
	"sklearn.feature_selection.univariate_selection": "sklearn.feature_selection._univariate_selection",
	"sklearn.feature_selection.variance_threshold":   "sklearn.feature_selection._variance_threshold",
	"sklearn.gaussian_process.gpc":                   "sklearn.gaussian_process._gpc",
	"sklearn.gaussian_process.gpr":                   "sklearn.gaussian_process._gpr",
	"sklearn.grid_search":                            "sklearn.model_selection._search",
	"sklearn.impute":                                 "sklearn.impute._base",
	"sklearn.linear_model.base":                      "sklearn.linear_model._base",
	"sklearn.linear_model.bayes":                     "sklearn.linear_model._bayes",
	"sklearn.linear_model.coordinate_descent":        "sklearn.linear_model._coordinate_descent",
	"sklearn.linear_model.huber":                     "sklearn.linear_model._huber",
	"sklearn.linear_model.least_angle":               "sklearn.linear_model._least_angle",
	"sklearn.linear_model.logistic":                  "sklearn.linear_model._logistic",
	"sklearn.linear_model.omp":                       "sklearn.linear_model._omp",
	"sklearn.linear_model.passive_aggressive":        "sklearn.linear_model._passive_aggressive",
	"sklearn.linear_model.perceptron":                "sklearn.linear_model._perceptron",
	"sklearn.linear_model.randomized_l1":             "sklearn.linear_model._randomized_l1",
	"sklearn.linear_model.ransac":                    "sklearn.linear_model._ransac",
	"sklearn.linear_model.ridge":                     "sklearn.linear_model._ridge",
	"sklearn.linear_model.sgd_fast":                  "sklearn.linear_model._sgd_fast",
	"sklearn.linear_model.stochastic_gradient":       "sklearn.linear_model._stochastic_gradient",
	"sklearn.linear_model.theil_sen":                 "sklearn.linear_model._theil_sen",
	"sklearn.manifold.isomap":                        "sklearn.manifold._isomap",
	"sklearn.manifold.locally_linear":                "sklearn.manifold._locally_linear",
	"sklearn.manifold.mds":                           "sklearn.manifold._mds",
	"sklearn.manifold.spectral_embedding_":           "sklearn.manifold._spectral_embedding",
	"sklearn.manifold.t_sne":                         "sklearn.manifold._t_sne",
	"sklearn.metrics.classification":                 "sklearn.metrics._classification",
	"sklearn.metrics.ranking":                        "sklearn.metrics._ranking",
	"sklearn.metrics.regression":                     "sklearn.metrics._regression",
	"sklearn.metrics.scorer":                         "sklearn.metrics._scorer",
	"sklearn.metrics.cluster.supervised":             "sklearn.metrics.cluster._supervised",
	"sklearn.metrics.cluster.unsupervised":           "sklearn.metrics.cluster._unsupervised",
	"sklearn.mixture.bayesian_mixture":               "sklearn.mixture._bayesian_mixture",
	"sklearn.mixture.gaussian_mixture":               "sklearn.mixture._gaussian_mixture",
	"sklearn.neighbors.ball_tree":                    "sklearn.neighbors._ball_tree",
	"sklearn.neighbors.classification":               "sklearn.neighbors._classification",
	"sklearn.neighbors.dist_metrics":                 "sklearn.metrics._dist_metrics",
	"sklearn.neighbors._dist_metrics":                "sklearn.metrics._dist_metrics",
	"sklearn.neighbors.kd_tree":                      "sklearn.neighbors._kd_tree",
	"sklearn.neighbors.kde":                          "sklearn.neighbors._kde",
	"sklearn.neighbors.lof":                          "sklearn.neighbors._lof",
	"sklearn.neighbors.nca":                          "sklearn.neighbors._nca",
	"sklearn.neighbors.nearest_centroid":             "sklearn.neighbors._nearest_centroid",
	"sklearn.neighbors.regression":                   "sklearn.neighbors._regression",
	"sklearn.neighbors.unsupervised":                 "sklearn.neighbors._unsupervised",
	"sklearn.neural_network.multilayer_perceptron":   "sklearn.neural_network._multilayer_perceptron",
	"sklearn.neural_network.rbm":                     "sklearn.neural_network._rbm",
	"sklearn.preprocessing.data":                     "sklearn.preprocessing._data",
	"sklearn.preprocessing.imputation":               "sklearn.impute._base",
	"sklearn.preprocessing.label":                    "sklearn.preprocessing._label",
	"sklearn.semi_supervised.label_propagation":      "sklearn.semi_supervised._label_propagation",
	"sklearn.svm.classes":                            "sklearn.svm._classes",
	"sklearn.tree.tree":                              "sklearn.tree._classes",

	"imblearn.combine.smote_enn":                                            "imblearn.combine._smote_enn",
	"imblearn.combine.smote_tomek":                                          "imblearn.combine._smote_tomek",
	"imblearn.over_sampling.adasyn":                                         "imblearn.over_sampling._adasyn",
	"imblearn.over_sampling.random_over_sampler":                            "imblearn.over_sampling._random_over_sampler",
	"imblearn.over_sampling.smote":                                          "imblearn.over_sampling._smote",
	"imblearn.under_sampling.prototype_selection.edited_nearest_neighbours": "imblearn.under_sampling._prototype_selection._edited_nearest_neighbours",
	"imblearn.under_sampling.prototype_selection.nearmiss":                  "imblearn.under_sampling._prototype_selection._nearmiss",
	"imblearn.under_sampling.prototype_selection.random_under_sampler":      "imblearn.under_sampling._prototype_selection._random_under_sampler",
	"imblearn.under_sampling.prototype_selection.tomek_links":               "imblearn.under_sampling._prototype_selection._tomek_links",

	"scipy.interpolate.interpolate": "scipy.interpolate._interpolate",
	"scipy.sparse.bsr":              "scipy.sparse._bsr",
	"scipy.sparse.coo":              "scipy.sparse._coo",
	"scipy.sparse.csc":              "scipy.sparse._csc",
	"scipy.sparse.csr":              "scipy.sparse._csr",
	"scipy.sparse.dia":              "scipy.sparse._dia",
	"scipy.sparse.dok":              "scipy.sparse._dok",
	"scipy.sparse.lil":              "scipy.sparse._lil",
	"scipy.special":                 "scipy.special._ufuncs",

	"numpy._core._multiarray_umath": "numpy",
	"numpy._core.fromnumeric":       "numpy",
	"numpy._core.umath":             "numpy",
	"numpy.core._multiarray_umath":  "numpy",
	"numpy.core.fromnumeric":        "numpy",
	"numpy.core.umath":              "numpy",
	"numpy.lib._function_base_impl": "numpy",
	"numpy.lib._polynomial_impl":    "numpy.lib.polynomial",
	"numpy.lib._type_check_impl":    "numpy",
	"numpy.lib.function_base":       "numpy",
	"numpy.lib.type_check":          "numpy",
	"pathlib._local":                "pathlib",

	"pandas.core.internals":              "pandas.core.internals.managers",
	"pandas.core.indexes.api":            "pandas.core.indexes.base",
	"pandas.indexes.base":                "pandas.core.indexes.base",
	"pandas.indexes.numeric":             "pandas.core.indexes.numeric",
	"pandas.indexes.range":               "pandas.core.indexes.range",
	"pandas.core.index":                  "pandas.core.indexes.base",
	"pandas._libs.tslib":                 "pandas._libs.tslibs.nattype",
	"pandas.core.dtypes.generic":         "pandas.core.dtypes.dtypes",
	"pandas.core.arrays.integer.dtypes":  "pandas.core.arrays.integer",
	"pandas.core.arrays.floating.dtypes": "pandas.core.arrays.floating",
}

// names are classes that moved alone, after their module's renaming.
var names = map[Global]Global{
	{"sklearn.datasets.base", "Bunch"}:  {"sklearn.utils._bunch", "Bunch"},
	{"sklearn.datasets._base", "Bunch"}: {"sklearn.utils._bunch", "Bunch"},
	{"sklearn.utils", "Bunch"}:          {"sklearn.utils._bunch", "Bunch"},

	{"sklearn.impute._base", "IterativeImputer"}: {"sklearn.impute._iterative", "IterativeImputer"},
	{"sklearn.impute._base", "_ImputerTriplet"}:  {"sklearn.impute._iterative", "_ImputerTriplet"},
	{"sklearn.impute._base", "KNNImputer"}:       {"sklearn.impute._knn", "KNNImputer"},

	{"sklearn.ensemble._gb", "BinomialDeviance"}:     {"sklearn.ensemble._gb_losses", "BinomialDeviance"},
	{"sklearn.ensemble._gb", "ExponentialLoss"}:      {"sklearn.ensemble._gb_losses", "ExponentialLoss"},
	{"sklearn.ensemble._gb", "HuberLossFunction"}:    {"sklearn.ensemble._gb_losses", "HuberLossFunction"},
	{"sklearn.ensemble._gb", "LeastAbsoluteError"}:   {"sklearn.ensemble._gb_losses", "LeastAbsoluteError"},
	{"sklearn.ensemble._gb", "LeastSquaresError"}:    {"sklearn.ensemble._gb_losses", "LeastSquaresError"},
	{"sklearn.ensemble._gb", "MultinomialDeviance"}:  {"sklearn.ensemble._gb_losses", "MultinomialDeviance"},
	{"sklearn.ensemble._gb", "QuantileLossFunction"}: {"sklearn.ensemble._gb_losses", "QuantileLossFunction"},

	{"sklearn.preprocessing._data", "PolynomialFeatures"}: {"sklearn.preprocessing._polynomial", "PolynomialFeatures"},
	{"sklearn.preprocessing._data", "OneHotEncoder"}:      {"sklearn.preprocessing._encoders", "OneHotEncoder"},
	{"sklearn.preprocessing._data", "CategoricalEncoder"}: {"sklearn.preprocessing._encoders", "CategoricalEncoder"},
	{"sklearn.linear_model._base", "Perceptron"}:          {"sklearn.linear_model._perceptron", "Perceptron"},

	{"builtins", "long"}:    {"builtins", "int"},
	{"builtins", "unicode"}: {"builtins", "str"},
	{"builtins", "xrange"}:  {"builtins", "range"},

	{"numpy.matrixlib.defmatrix", "matrix"}: {"numpy", "matrix"},
	{"numpy.core.memmap", "memmap"}:         {"numpy", "memmap"},
	{"numpy.core.records", "recarray"}:      {"numpy", "recarray"},
	{"numpy.rec", "recarray"}:               {"numpy", "recarray"},
	{"numpy.core.records", "record"}:        {"numpy", "record"},
}
