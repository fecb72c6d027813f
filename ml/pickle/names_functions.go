package pickle

// sklearnFunctions are what scikit-learn's models name without calling it:
// scorers, kernels, tests of features. Here a name is a name.
var sklearnFunctions = []listing{
	{named, "sklearn.metrics._classification", "" +
		"accuracy_score balanced_accuracy_score brier_score_loss class_likelihood_ratios classification_report cohen_kappa_score confusion_matrix " +
		"confusion_matrix_at_thresholds d2_brier_score d2_log_loss_score f1_score fbeta_score hamming_loss hinge_loss jaccard_score log_loss matthews_corrcoef " +
		"multilabel_confusion_matrix precision_recall_fscore_support precision_score recall_score zero_one_loss"},
	{named, "sklearn.metrics._regression", "" +
		"d2_absolute_error_score d2_pinball_score d2_tweedie_score explained_variance_score max_error mean_absolute_error mean_absolute_percentage_error " +
		"mean_gamma_deviance mean_pinball_loss mean_poisson_deviance mean_squared_error mean_squared_log_error mean_tweedie_deviance median_absolute_error " +
		"r2_score root_mean_squared_error root_mean_squared_log_error"},
	{named, "sklearn.metrics._ranking", "" +
		"auc average_precision_score coverage_error dcg_score det_curve label_ranking_average_precision_score label_ranking_loss ndcg_score " +
		"precision_recall_curve roc_auc_score roc_curve top_k_accuracy_score"},
	{named, "sklearn.metrics.cluster._supervised", "" +
		"adjusted_mutual_info_score adjusted_rand_score completeness_score contingency_matrix entropy fowlkes_mallows_score " +
		"homogeneity_completeness_v_measure homogeneity_score mutual_info_score normalized_mutual_info_score pair_confusion_matrix rand_score v_measure_score"},
	{named, "sklearn.metrics.cluster._unsupervised", "calinski_harabasz_score davies_bouldin_score silhouette_samples silhouette_score"},
	{named, "sklearn.metrics._scorer", "_cached_call _passthrough_scorer negative_likelihood_ratio positive_likelihood_ratio"},
	{named, "sklearn.metrics.pairwise", "" +
		"additive_chi2_kernel chi2_kernel cosine_distances cosine_similarity euclidean_distances haversine_distances laplacian_kernel linear_kernel " +
		"manhattan_distances nan_euclidean_distances paired_cosine_distances paired_distances paired_euclidean_distances paired_manhattan_distances " +
		"pairwise_distances polynomial_kernel rbf_kernel sigmoid_kernel"},
	{named, "sklearn.feature_selection._univariate_selection", "chi2 f_classif f_oneway f_regression r_regression"},
	{named, "sklearn.feature_selection._mutual_info", "mutual_info_classif mutual_info_regression"},
	{named, "sklearn.base", "BaseEstimator ClassifierMixin RegressorMixin TransformerMixin clone is_classifier is_regressor"},
	{named, "sklearn.utils.validation", "check_array check_random_state"},
	{named, "sklearn.utils._set_output", "_wrap_data_with_container"},
	{named, "sklearn.utils.multiclass", "type_of_target"},
	{named, "sklearn.utils.extmath", "safe_sparse_dot softmax"},
	{named, "sklearn.preprocessing._function_transformer", "_identity"},
	{named, "sklearn.preprocessing._data", "binarize maxabs_scale minmax_scale normalize robust_scale scale"},
	{named, "sklearn.cluster._kmeans", "_kmeans_single_elkan _kmeans_single_lloyd"},
	{named, "sklearn.cluster._spectral", "discretize"},
	{named, "sklearn.decomposition._fastica", "_cube _exp _logcosh"},
}

// sklearnCompiled are classes written in Cython. What builds them anew is called
// with numbers that nobody needs: the result is an Object of the name, with its
// arguments.
var sklearnCompiled = []listing{
	{inert, "sklearn._loss._loss", "" +
		"CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss CyHalfMultinomialLoss CyHalfPoissonLoss CyHalfSquaredError CyHalfTweedieLoss " +
		"CyHalfTweedieLossIdentity CyHuberLoss CyPinballLoss __pyx_unpickle_CyAbsoluteError __pyx_unpickle_CyExponentialLoss __pyx_unpickle_CyHalfBinomialLoss " +
		"__pyx_unpickle_CyHalfGammaLoss __pyx_unpickle_CyHalfMultinomialLoss __pyx_unpickle_CyHalfPoissonLoss __pyx_unpickle_CyHalfSquaredError " +
		"__pyx_unpickle_CyHalfTweedieLoss __pyx_unpickle_CyHalfTweedieLossIdentity __pyx_unpickle_CyHuberLoss __pyx_unpickle_CyPinballLoss"},
	{inert, "sklearn.linear_model._sgd_fast", "" +
		"EpsilonInsensitive Hinge Huber Log ModifiedHuber SquaredEpsilonInsensitive SquaredHinge SquaredLoss __pyx_unpickle_EpsilonInsensitive " +
		"__pyx_unpickle_Hinge __pyx_unpickle_Huber __pyx_unpickle_Log __pyx_unpickle_ModifiedHuber __pyx_unpickle_SquaredEpsilonInsensitive " +
		"__pyx_unpickle_SquaredHinge __pyx_unpickle_SquaredLoss"},
	{inert, "sklearn.metrics._dist_metrics", "" +
		"BrayCurtisDistance BrayCurtisDistance32 BrayCurtisDistance64 CanberraDistance CanberraDistance32 CanberraDistance64 ChebyshevDistance " +
		"ChebyshevDistance32 ChebyshevDistance64 DiceDistance DiceDistance32 DiceDistance64 DistanceMetric DistanceMetric32 DistanceMetric64 EuclideanDistance " +
		"EuclideanDistance32 EuclideanDistance64 HammingDistance HammingDistance32 HammingDistance64 HaversineDistance HaversineDistance32 HaversineDistance64 " +
		"JaccardDistance JaccardDistance32 JaccardDistance64 KulsinskiDistance KulsinskiDistance32 KulsinskiDistance64 MahalanobisDistance " +
		"MahalanobisDistance32 MahalanobisDistance64 ManhattanDistance ManhattanDistance32 ManhattanDistance64 MatchingDistance MatchingDistance32 " +
		"MatchingDistance64 MinkowskiDistance MinkowskiDistance32 MinkowskiDistance64 PyFuncDistance PyFuncDistance32 PyFuncDistance64 RogersTanimotoDistance " +
		"RogersTanimotoDistance32 RogersTanimotoDistance64 RussellRaoDistance RussellRaoDistance32 RussellRaoDistance64 SEuclideanDistance SEuclideanDistance32 " +
		"SEuclideanDistance64 SokalMichenerDistance SokalMichenerDistance32 SokalMichenerDistance64 SokalSneathDistance SokalSneathDistance32 " +
		"SokalSneathDistance64 WMinkowskiDistance WMinkowskiDistance32 WMinkowskiDistance64"},
	{inert, "sklearn.neighbors._kd_tree", "BinaryTree BinaryTree32 BinaryTree64 KDTree KDTree32 KDTree64"},
	{inert, "sklearn.neighbors._ball_tree", "BallTree BallTree32 BallTree64 BinaryTree BinaryTree32 BinaryTree64"},
	{inert, "sklearn.tree._tree", "Tree"},
	{inert, "sklearn.neighbors._kd_tree", "newObj"},
	{inert, "sklearn.neighbors._ball_tree", "newObj"},
	{inert, "sklearn.metrics._dist_metrics", "newObj"},
}
