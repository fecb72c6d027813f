package sklearn

// refusedFamily are estimators that are known and not read: each is told what to
// use in its place.
func (r *reader) refusedFamily(class string) estimator {
	advice := ""
	switch class {
	case "DBSCAN", "HDBSCAN", "OPTICS", "AgglomerativeClustering", "SpectralClustering", "SpectralBiclustering", "SpectralCoclustering",
		"TSNE", "MDS":
		advice = "It only labels the rows that it was fitted on and knows no others: use KMeans, or a classifier fitted on its labels"
	case "NearestNeighbors":
		advice = "It finds rows and predicts nothing: use KNeighborsRegressor or KNeighborsClassifier"
	case "KernelDensity":
		advice = "It gives a density and predicts nothing: use GaussianMixture, whose score_samples is one"
	case "GaussianProcessClassifier":
		advice = "Its probabilities need a system of equations solved for every row: use SVC(probability=True) or LogisticRegression"
	default:
		return nil
	}
	return func(p part, _ *design) (answer, error) { return answer{}, p.unsupported(advice) }
}
