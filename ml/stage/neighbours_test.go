package stage_test

import (
	"math"
	"slices"
	"testing"

	"dasier/ml/stage"
)

// TestDistances holds metrics to
//
//	sklearn.metrics.DistanceMetric.get_metric(name, …).pairwise([[.3, .7]], [[1, 2], [.5, 0], [3, 1]])
//	cosine_distances, euclidean_distances ** 2 and nan_euclidean_distances([[.3, nan]], …)
func TestDistances(t *testing.T) {
	var list []operation
	for _, c := range []struct {
		metric stage.Metric
		want   []float64
	}{
		{stage.Metric{Kind: stage.Euclidean}, []float64{1.47648230602334, 0.7280109889280517, 2.716615541441225}},
		{stage.Metric{Kind: stage.SqEuclidean}, []float64{2.18, 0.53, 7.380000000000001}},
		{stage.Metric{Kind: stage.SEuclidean, Scale: []float64{2, 0.5}}, []float64{1.9039432764659772, 0.9999999999999999, 1.9557607215607948}},
		{stage.Metric{Kind: stage.Mahalanobis, Form: []float64{2, 0.5, 0.5, 1}}, []float64{1.8920887928424501, 0.6557438524302001, 3.934463114581201}},
		{stage.Metric{Kind: stage.Manhattan}, []float64{2, 0.8999999999999999, 3}},
		{stage.Metric{Kind: stage.Chebyshev}, []float64{1.3, 0.7, 2.7}},
		{stage.Metric{Kind: stage.Minkowski, P: 3}, []float64{1.3644089897625868, 0.7054004063162272, 2.7012340038281106}},
		{stage.Metric{Kind: stage.Minkowski, P: 2, Scale: []float64{1, 1}}, []float64{1.47648230602334, 0.7280109889280517, 2.716615541441225}},
		{stage.Metric{Kind: stage.Cosine}, []float64{0.0017256268250039897, 0.6060807014208323, 0.3356361611700802}},
		{stage.Metric{Kind: stage.Canberra}, []float64{1.01994301994302, 1.25, 0.9946524064171124}},
		{stage.Metric{Kind: stage.BrayCurtis}, []float64{0.5, 0.6, 0.6}},
		{stage.Metric{Kind: stage.Hamming}, []float64{1, 1, 1}},
		{stage.Metric{Kind: stage.Haversine}, []float64{1.173695183954854, 0.6714612581629471, 2.609663999192579}},
	} {
		list = append(list, operation{c.metric.Kind, &stage.Distances{Metric: c.metric, Points: []float64{1, 2, 0.5, 0, 3, 1}}, []float64{0.3, 0.7}, c.want})
	}
	list = append(list,
		operation{
			"missing", &stage.Distances{Metric: stage.Metric{Kind: stage.NaNEuclidean}, Points: []float64{1, 2, 0.5, 0, 3, 1}},
			[]float64{0.3, math.NaN()},
			[]float64{0.9899494936611668, 0.28284271247461906, 3.818376618407357},
		},
		operation{"smallest", stage.Smallest{}, []float64{3, 1, 1}, []float64{1}})
	holdAll(t, list)
	refuseAll(t, []refusal{
		{"a metric", &stage.Distances{Metric: stage.Metric{Kind: "other"}, Points: make([]float64, 4)}, 2, "no metric"},
		{"points", &stage.Distances{Metric: stage.Metric{Kind: stage.Euclidean}, Points: make([]float64, 5)}, 2, "no rows of 2"},
		{"p", &stage.Distances{Metric: stage.Metric{Kind: stage.Minkowski}, Points: make([]float64, 4)}, 2, "p is 0"},
		{"a globe of three", &stage.Distances{Metric: stage.Metric{Kind: stage.Haversine}, Points: make([]float64, 6)}, 3, "haversine"},
		{"a matrix", &stage.Distances{Metric: stage.Metric{Kind: stage.Mahalanobis}, Points: make([]float64, 4)}, 2, "matrix"},
	})
}

// TestNeighbours holds neighbours to scikit-learn's, fitted on
//
//	P = [[0, 0], [1, 0], [0, 2], [3, 3]]
//	KNeighborsRegressor(3, weights='distance').fit(P, [[10, 1], [20, 2], [40, 3], [80, 4]]).predict([[.2, .1], [1, 0]])
//	KNeighborsClassifier(3, weights='distance').fit(P, [0, 1, 1, 2]).predict_proba([[.2, .1]])
//	RadiusNeighborsRegressor(1.5).fit(P, [10., 20., 40., 80.]).predict([[.2, .1], [9, 9]])
func TestNeighbours(t *testing.T) {
	points := []float64{0, 0, 1, 0, 0, 2, 3, 3}
	plain := stage.Metric{Kind: stage.Euclidean}
	two := &stage.Neighbours{Metric: plain, Points: points, Count: 3, ByDistance: true, Values: []float64{10, 1, 20, 2, 40, 3, 80, 4}, Width: 2}
	votes := &stage.Neighbours{Metric: plain, Points: points, Count: 3, ByDistance: true, Values: []float64{0, 1, 1, 2}, Width: 1, Classes: 3}
	around := &stage.Neighbours{Metric: plain, Points: points, Radius: 1.5, Values: []float64{10, 20, 40, 80}, Width: 1, Alone: []float64{math.NaN()}}
	holdAll(t, []operation{
		{"means", two, []float64{0.2, 0.1}, []float64{14.50715351100652, 1.366778258416012}},
		{"at a point", two, []float64{1, 0}, []float64{20, 2}},
		{"votes", votes, []float64{0.2, 0.1}, []float64{0.7171588342686278, 0.28284116573137214, 0}},
		{"around", around, []float64{0.2, 0.1}, []float64{15}},
		{"alone", around, []float64{9, 9}, []float64{math.NaN()}},
	})
	refuseAll(t, []refusal{
		{"too many", &stage.Neighbours{Metric: plain, Points: points, Count: 5, Values: make([]float64, 4), Width: 1}, 2, "5 neighbours"},
		{"a class", &stage.Neighbours{Metric: plain, Points: points, Count: 1, Values: []float64{0, 1, 2, 3}, Width: 1, Classes: 3}, 2, "class 3"},
		{"values", &stage.Neighbours{Metric: plain, Points: points, Count: 1, Values: make([]float64, 3), Width: 1}, 2, "3 values"},
		{"no word alone", &stage.Neighbours{Metric: plain, Points: points, Radius: 1, Values: make([]float64, 4), Width: 1}, 2, "alone"},
	})
}

// grid is nine points whose neighbours tie, and scikit-learn's trees of them:
//
//	G = [[i % 3, i // 3] for i in range(9)]
//	KNeighborsRegressor(4, algorithm='kd_tree', leaf_size=2).fit(G, 2.0 ** np.arange(9))._tree.__getstate__()
func grid(ball bool) *stage.Neighbours {
	n := &stage.Neighbours{Metric: stage.Metric{Kind: stage.Euclidean}, Count: 4, Width: 1}
	for i := range 9 {
		n.Points = append(n.Points, float64(i%3), float64(i/3))
		n.Values = append(n.Values, float64(int(1)<<i))
	}
	n.Tree = &stage.PointTree{
		Order: []int32{1, 0, 3, 6, 2, 4, 5, 7, 8}, From: []int32{0, 0, 4, 0, 2, 4, 6}, To: []int32{9, 4, 9, 2, 4, 6, 9},
		Leaf:   []bool{false, false, false, true, true, true, true},
		Radius: []float64{1.4142135623730951, 1.118033988749895, 1.118033988749895, 0.5, 0.5, 0.7071067811865476, 0.7071067811865476},
		Bounds: []float64{0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 1, 1, 2, 2, 1, 2, 2, 2, 1, 0, 0, 2, 2, 1, 2, 2},
	}
	if ball {
		n.Tree.Ball = true
		n.Tree.Radius = []float64{1.4142135623730951, 1.2747548783981961, 1.2649110640673518, 0.5, 0.5, 0.7071067811865476, 0.7453559924999299}
		n.Tree.Bounds = []float64{1, 1, 0.25, 0.75, 1.6, 1.2, 0.5, 0, 0, 1.5, 1.5, 0.5, 1.6666666666666667, 1.6666666666666667}
	}
	return n
}

// TestPointTree wants the very neighbours that scikit-learn finds where several
// are equally far: predict([[1, 1], [.5, .5], [1.5, 1.5]]) is [14.5, 6.75, 108].
func TestPointTree(t *testing.T) {
	for name, n := range map[string]*stage.Neighbours{"k-d": grid(false), "ball": grid(true)} {
		holdAll(t, []operation{
			{name + " middle", n, []float64{1, 1}, []float64{14.5}},
			{name + " low", n, []float64{0.5, 0.5}, []float64{6.75}},
			{name + " high", n, []float64{1.5, 1.5}, []float64{108}},
		})
	}
	broken := func(do func(t *stage.PointTree)) *stage.Neighbours {
		n := grid(false)
		do(n.Tree)
		return n
	}
	refuseAll(t, []refusal{
		{"a point", broken(func(t *stage.PointTree) { t.Order[0] = 9 }), 2, "point 9"},
		{"a range", broken(func(t *stage.PointTree) { t.To[3] = 10 }), 2, "node 3"},
		{"no children", broken(func(t *stage.PointTree) { t.Leaf[6] = false }), 2, "children"},
		{"fat leaves", broken(func(t *stage.PointTree) { t.From[6] = 0 }), 2, "leaves"},
		{"bounds", broken(func(t *stage.PointTree) { t.Bounds = slices.Delete(t.Bounds, 0, 1) }), 2, "bounds"},
	})
}

// TestDensity holds the local outlier factor to
//
//	LocalOutlierFactor(2, novelty=True).fit(F).score_samples([[.4, .9]])  # with its _distances_fit_X_ and _lrd
func TestDensity(t *testing.T) {
	holdAll(t, []operation{{"outlier", &stage.Density{
		Metric: stage.Metric{Kind: stage.Euclidean}, Points: []float64{0, 0, 1.1, 0, 2, 0.2, 0.3, 1, 1, 1}, Count: 2,
		Reach:   []float64{1.1, 1.004987562112089, 1.2806248474865696, 1.044030650891055, 1.004987562112089},
		Density: []float64{0.9328224850620672, 0.8750390011122584, 0.8750390011122584, 0.9501243787888362, 0.976077219378877},
	}, []float64{0.4, 0.9}, []float64{-0.9867055392366622}}})
	refuseAll(t, []refusal{{"densities", &stage.Density{Metric: stage.Metric{Kind: stage.Euclidean}, Points: make([]float64, 4), Count: 1, Reach: make([]float64, 2)}, 2, "densities"}})
}

func BenchmarkNeighbours(b *testing.B) {
	n := &stage.Neighbours{Metric: stage.Metric{Kind: stage.Euclidean}, Points: make([]float64, 20_000*10), Count: 5, Values: make([]float64, 20_000), Width: 1}
	for i := range n.Points {
		n.Points[i] = math.Mod(float64(i)*0.6180339887, 1)
	}
	in, out, work := make([]float64, 10), make([]float64, 1), make([]float64, n.Work(10))
	b.ReportAllocs()
	for b.Loop() {
		n.Apply(in, out, work)
	}
}
