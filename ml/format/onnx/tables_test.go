package onnx

import (
	"maps"
	"math/rand/v2"
	"slices"

	"dasier/ml/tensor"
)

// tables are trials of ai.onnx.ml.
func tables(r *rand.Rand) (list []trial) {
	const ml = "ai.onnx.ml."
	x := random(r, tensor.Float, 4, 3)
	holes := floats([]int{2, 3}, nan32, 1, 0, -1, nan32, 0)
	list = append(list,
		one(ml+"Scaler", 1, 1, attributes{"offset": []float32{1, 2, 3}, "scale": []float32{2, 0.5, 0.1}}, x), one(ml+"Scaler", 1, 1, attributes{"offset": []float32{1}, "scale": []float32{3}}, random(r, tensor.Int64, 4, 3)),
		one(ml+"Scaler", 1, 1, attributes{"offset": []float32{1, 2, 3}, "scale": []float32{2, 0.5, 0.1}}, random(r, tensor.Double, 4, 3)), one(ml+"Scaler", 1, 1, attributes{"offset": []float32{1, 2}, "scale": []float32{2, 1}}, x),
		one(ml+"Imputer", 1, 1, attributes{"imputed_value_floats": []float32{7, 8, 9}, "replaced_value_float": nan}, holes), one(ml+"Imputer", 1, 1, attributes{"imputed_value_floats": []float32{7}, "replaced_value_float": nan}, holes),
		one(ml+"Imputer", 1, 1, attributes{"imputed_value_floats": []float32{7, 8, 9}, "replaced_value_float": 0.0}, holes), one(ml+"Imputer", 1, 1, attributes{"imputed_value_int64s": []int64{7}, "replaced_value_int64": 1}, random(r, tensor.Int64, 3, 3)),
		one(ml+"Binarizer", 1, 1, attributes{"threshold": 0.5}, x), one(ml+"ArrayFeatureExtractor", 1, 1, nil, x, ints([]int{2}, 2, 0)), one(ml+"ArrayFeatureExtractor", 1, 1, nil, texts([]int{3}, "a", "b", "c"), ints([]int{1, 2}, 2, 0)),
		one(ml+"ArrayFeatureExtractor", 1, 1, nil, x, ints([]int{1}, 3)), one(ml+"FeatureVectorizer", 1, 1, attributes{"inputdimensions": []int64{3, 2}}, x, random(r, tensor.Float, 4, 2)),
		one(ml+"OneHotEncoder", 1, 1, attributes{"cats_strings": []string{"a", "b"}}, texts([]int{3, 1}, "b", "", "a")), one(ml+"OneHotEncoder", 1, 1, attributes{"cats_strings": []string{"a", "b"}, "zeros": 0}, texts([]int{2}, "b", "x")),
		one(ml+"OneHotEncoder", 1, 1, attributes{"cats_int64s": []int64{1, -2, 0}}, x), one(ml+"OneHotEncoder", 1, 1, attributes{"cats_int64s": []int64{1, 2, 0}}, random(r, tensor.Int64, 5)),
		one(ml+"LabelEncoder", 1, 1, attributes{"classes_strings": []string{"a", "b"}}, texts([]int{3}, "b", "x", "a")), one(ml+"LabelEncoder", 1, 1, attributes{"classes_strings": []string{"a", "b"}, "default_string": "?"}, ints([]int{3}, 1, 5, 0)),
		one(ml+"LabelEncoder", 2, 1, attributes{"keys_strings": []string{"a", "b"}, "values_int64s": []int64{5, 6}, "default_int64": 9}, texts([]int{3}, "b", "x", "a")),
		one(ml+"LabelEncoder", 2, 1, attributes{"keys_strings": []string{"a", "b"}, "values_floats": []float32{5, 6}}, texts([]int{3}, "b", "x", "a")), one(ml+"LabelEncoder", 2, 1, attributes{"keys_floats": []float32{1, nan32}, "values_floats": []float32{5, 6}, "default_float": 4.0}, floats([]int{3}, nan32, 1, 2)),
		one(ml+"LabelEncoder", 2, 1, attributes{"keys_int64s": []int64{1, 2}, "values_strings": []string{"one", "two"}}, ints([]int{3}, 2, 1, 7)), one(ml+"LabelEncoder", 2, 1, attributes{"keys_strings": []string{"a", "a"}, "values_int64s": []int64{5, 6}}, texts([]int{2}, "b", "a")),
		one(ml+"LabelEncoder", 4, 1, attributes{"keys_tensor": texts([]int{2}, "a", "b"), "values_tensor": floats([]int{2}, 0.5, 0.25), "default_tensor": floats([]int{1}, -3)}, texts([]int{3}, "b", "x", "a")),
		one(ml+"LabelEncoder", 4, 1, attributes{"keys_tensor": doubleTensor([]int{2}, 1, nan), "values_tensor": doubleTensor([]int{2}, 0.5, 0.25), "default_tensor": doubleTensor([]int{1}, 7)}, doubleTensor([]int{3}, nan, 1, 2)),
		one(ml+"CategoryMapper", 1, 1, attributes{"cats_strings": []string{"a", "b"}, "cats_int64s": []int64{5, 6}}, texts([]int{3}, "b", "x", "a")),
		one("com.microsoft.CDist", 1, 1, attributes{"metric": "euclidean"}, x, random(r, tensor.Float, 2, 3)), one("com.microsoft.CDist", 1, 1, attributes{"metric": "sqeuclidean"}, random(r, tensor.Double, 4, 3), random(r, tensor.Double, 2, 3)),
	)
	for _, norm := range []string{"MAX", "L1", "L2"} {
		list = append(list, one(ml+"Normalizer", 1, 1, attributes{"norm": norm}, x), one(ml+"Normalizer", 1, 1, attributes{"norm": norm}, floats([]int{3, 2}, -1, -3, 0, 0, 0, -2)), one(ml+"Normalizer", 1, 1, attributes{"norm": norm}, random(r, tensor.Int64, 3, 2)))
	}
	for _, end := range []string{"NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"} {
		list = append(list, linears(r, end)...)
		list = append(list, trees(r, end)...)
		list = append(list, vectors(r, end)...)
	}
	for i := range list {
		if list[i].graph.Nodes[0].Attributes["post_transform"].Text == "PROBIT" {
			list[i].within = 1e-4 // an approximation of constants with six digits
		}
	}
	return list
}

func linears(r *rand.Rand, end string) []trial {
	x := random(r, tensor.Float, 5, 3)
	unit := floats([]int{3, 1}, 0.25, 0.5, 0.9) // PROBIT takes probabilities
	weights := func(n int) []float32 { return random(r, tensor.Float, n).Float }
	return []trial{
		one("ai.onnx.ml.LinearRegressor", 1, 1, attributes{"coefficients": weights(3), "intercepts": []float32{0.5}, "post_transform": skip(end, "PROBIT")}, x),
		one("ai.onnx.ml.LinearRegressor", 1, 1, attributes{"coefficients": []float32{1}, "post_transform": end}, unit),
		one("ai.onnx.ml.LinearRegressor", 1, 1, attributes{"coefficients": weights(6), "targets": 2, "intercepts": weights(2), "post_transform": skip(end, "PROBIT")}, x),
		one("ai.onnx.ml.LinearClassifier", 1, 2, attributes{"coefficients": weights(3), "intercepts": []float32{0.5}, "classlabels_ints": []int64{4, 5}, "post_transform": skip(end, "PROBIT")}, x),
		one("ai.onnx.ml.LinearClassifier", 1, 2, attributes{"coefficients": weights(3), "intercepts": []float32{0.5}, "classlabels_strings": []string{"no", "yes"}, "post_transform": skip(end, "PROBIT")}, random(r, tensor.Double, 5, 3)),
		one("ai.onnx.ml.LinearClassifier", 1, 2, attributes{"coefficients": weights(6), "intercepts": weights(2), "classlabels_ints": []int64{0, 1}, "post_transform": skip(end, "PROBIT")}, x),
		one("ai.onnx.ml.LinearClassifier", 1, 2, attributes{"coefficients": weights(9), "intercepts": weights(3), "classlabels_strings": []string{"a", "b", "c"}, "post_transform": skip(end, "PROBIT")}, random(r, tensor.Int64, 5, 3)),
	}
}

func skip(end, what string) string {
	if end == what {
		return "NONE"
	}
	return end
}

// trees are ensembles of two stumps and a single leaf, with every kind of node.
func trees(r *rand.Rand, end string) (list []trial) {
	x := random(r, tensor.Float, 9, 2)
	x.Float[3] = nan32
	x.Float[8] = nan32
	base := attributes{
		"nodes_treeids": []int64{7, 7, 7, 7, 7, 8, 8, 8, 9}, "nodes_nodeids": []int64{0, 3, 4, 5, 6, 0, 1, 2, 0}, "nodes_featureids": []int64{0, 1, 0, 0, 0, 1, 0, 0, 0},
		"nodes_values": []float32{0.5, -1, 0, 0, 0, 1, 0, 0, 0}, "nodes_truenodeids": []int64{3, 4, 0, 0, 0, 2, 0, 0, 0}, "nodes_falsenodeids": []int64{6, 5, 0, 0, 0, 1, 0, 0, 0},
		"post_transform": end,
	}
	at := attributes{"treeids": []int64{7, 7, 7, 8, 8, 9}, "nodeids": []int64{4, 5, 6, 1, 2, 0}}
	with := func(prefix string, ids []int64, weights []float32, more attributes) attributes {
		out := attributes{}
		for _, from := range []attributes{base, more} {
			maps.Copy(out, from)
		}
		for name, v := range at {
			out[prefix+"_"+name] = v
		}
		out[prefix+"_ids"], out[prefix+"_weights"] = ids, weights
		return out
	}
	mixed, small := []float32{1.5, -0.25, 0.5, -1, 0.75, 0.125}, []float32{0.25, 0.1, 0.05, 0.3, 0.2, 0.05}
	if end == "PROBIT" {
		mixed = small
	}
	modes := func(inner string) attributes {
		return attributes{"n_targets": 1, "nodes_modes": []string{inner, inner, "LEAF", "LEAF", "LEAF", inner, "LEAF", "LEAF", "LEAF"}}
	}
	zero := make([]int64, 6)
	for _, mode := range []string{"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"} {
		list = append(list, one("ai.onnx.ml.TreeEnsembleRegressor", 1, 1, with("target", zero, mixed, modes(mode)), x))
		missing := modes(mode)
		missing["nodes_missing_value_tracks_true"] = []int64{1, 0, 0, 0, 0, 1, 0, 0, 0}
		list = append(list, one("ai.onnx.ml.TreeEnsembleRegressor", 1, 1, with("target", zero, mixed, missing), x))
	}
	for _, how := range []string{"SUM", "AVERAGE", "MIN", "MAX"} {
		for _, bases := range [][]float32{nil, {0.125}, {0.125, 0.25}} {
			more := modes("BRANCH_LEQ")
			more["aggregate_function"] = how
			if bases != nil {
				more["base_values"] = bases
			}
			if len(bases) < 2 {
				list = append(list, one("ai.onnx.ml.TreeEnsembleRegressor", 1, 1, with("target", zero, mixed, more), x))
			}
			more["n_targets"] = 2
			if end != "PROBIT" {
				list = append(list, one("ai.onnx.ml.TreeEnsembleRegressor", 3, 1, with("target", []int64{0, 1, 0, 1, 0, 0}, mixed, more), x))
			}
			list = append(list, one("ai.onnx.ml.TreeEnsembleRegressor", 3, 1, with("target", []int64{0, 1, 0, 1, 0, 0}, mixed, more), random(r, tensor.Double, 4, 2)))
		}
	}
	for _, weights := range [][]float32{mixed, small} {
		for _, ids := range [][]int64{zero, {1, 1, 1, 1, 1, 1}, {0, 1, 0, 1, 0, 1}, {1, 0, 1, 0, 1, 0}} {
			for _, bases := range [][]float32{nil, {0.125}, {0.125, 0.25}} {
				if mixedIDs := ids[0] != ids[1]; end == "PROBIT" || mixedIDs && len(bases) == 1 {
					continue // the runtime leaves a score as it found the memory
				}
				for _, labels := range []attributes{{"classlabels_int64s": []int64{0, 1}}, {"classlabels_int64s": []int64{10, 20}}, {"classlabels_strings": []string{"no", "yes"}}} {
					more := modes("BRANCH_LEQ")
					delete(more, "n_targets")
					maps.Copy(more, labels)
					if bases != nil {
						more["base_values"] = bases
					}
					list = append(list, one("ai.onnx.ml.TreeEnsembleClassifier", 3, 2, with("class", ids, weights, more), x))
				}
			}
		}
		for _, bases := range [][]float32{nil, {0.125, 0.25, 0.5}} {
			more := modes("BRANCH_LEQ")
			delete(more, "n_targets")
			more["classlabels_strings"] = []string{"a", "b", "c"}
			if bases != nil {
				more["base_values"] = bases
			}
			list = append(list, one("ai.onnx.ml.TreeEnsembleClassifier", 1, 2, with("class", []int64{0, 1, 2, 0, 1, 2}, weights, more), x))
		}
	}
	return append(list, numberedTrees(x, end)...)
}

// numberedTrees are of version 5.
func numberedTrees(x tensor.Tensor, end string) (list []trial) {
	number := int64(slices.Index([]string{"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"}, end))
	for how := range 4 {
		for _, mode := range []uint8{0, 1, 2, 3, 4, 5, 6} {
			a := attributes{
				"n_targets": 2, "aggregate_function": how, "post_transform": int(number), "tree_roots": []int64{0, 2}, "nodes_featureids": []int64{0, 1, 1},
				"nodes_splits": floats([]int{3}, 0.5, -1, 1), "nodes_modes": tensor.Tensor{Type: tensor.Uint8, Shape: []int{3}, Uint8: []uint8{mode, 0, mode}},
				"nodes_truenodeids": []int64{1, 0, 3}, "nodes_trueleafs": []int64{0, 1, 1}, "nodes_falsenodeids": []int64{2, 1, 4}, "nodes_falseleafs": []int64{1, 1, 1},
				"leaf_targetids": []int64{0, 1, 0, 1, 0}, "leaf_weights": floats([]int{5}, 0.5, 0.25, 0.75, 0.5, 0.125),
			}
			if mode == 6 {
				a["membership_values"] = floats([]int{5}, 0, 1, nan32, 2, nan32)
			}
			if end == "PROBIT" && how > 0 {
				continue
			}
			c := one("ai.onnx.ml.TreeEnsemble", 5, 1, a, x)
			if mode == 6 { // categories are whole numbers
				c = one("ai.onnx.ml.TreeEnsemble", 5, 1, a, floats([]int{4, 2}, 0, 1, 1, 2, 2, 2, 3, 0))
			}
			if end == "PROBIT" {
				c.within = 1e-4
			}
			list = append(list, c)
		}
	}
	return list
}

func vectors(r *rand.Rand, end string) (list []trial) {
	x := random(r, tensor.Float, 5, 3)
	if end == "PROBIT" {
		return nil // of decisions there are no probits
	}
	for _, kernel := range []string{"LINEAR", "POLY", "RBF", "SIGMOID"} {
		vectors := random(r, tensor.Float, 15).Float
		params := []float32{0.25, 0.5, 3}
		list = append(list,
			one("ai.onnx.ml.SVMRegressor", 1, 1, attributes{"kernel_type": kernel, "kernel_params": params, "support_vectors": vectors, "n_supports": 5, "coefficients": random(r, tensor.Float, 5).Float, "rho": []float32{0.3}}, x),
			one("ai.onnx.ml.SVMRegressor", 1, 1, attributes{"kernel_type": kernel, "kernel_params": params, "support_vectors": vectors, "n_supports": 5, "coefficients": random(r, tensor.Float, 5).Float, "rho": []float32{0.3}, "one_class": 1}, x))
		for _, platt := range []bool{false, true} {
			two := attributes{"kernel_type": kernel, "kernel_params": params, "support_vectors": vectors, "vectors_per_class": []int64{2, 3}, "coefficients": random(r, tensor.Float, 5).Float, "rho": []float32{0.3}, "classlabels_ints": []int64{3, 4}, "post_transform": end}
			three := attributes{"kernel_type": kernel, "kernel_params": params, "support_vectors": vectors, "vectors_per_class": []int64{2, 1, 2}, "coefficients": random(r, tensor.Float, 10).Float, "rho": []float32{0.3, -0.1, 0.2}, "classlabels_strings": []string{"a", "b", "c"}, "post_transform": end}
			if platt {
				two["prob_a"], two["prob_b"] = []float32{-1.5}, []float32{0.1}
				three["prob_a"], three["prob_b"] = []float32{-1.5, -1, -0.5}, []float32{0.1, 0.2, 0}
			}
			for _, a := range []attributes{two, three} {
				c := one("ai.onnx.ml.SVMClassifier", 1, 2, a, x)
				c.within = 1e-5 // the coupling of probabilities goes on and on
				list = append(list, c)
			}
		}
	}
	return append(list,
		one("ai.onnx.ml.SVMRegressor", 1, 1, attributes{"coefficients": random(r, tensor.Float, 3).Float, "rho": []float32{0.3}, "kernel_params": []float32{0, 0, 0}}, x),
		one("ai.onnx.ml.SVMClassifier", 1, 2, attributes{"coefficients": random(r, tensor.Float, 6).Float, "rho": []float32{0.3}, "kernel_params": []float32{0, 0, 0}, "classlabels_ints": []int64{0, 1}, "post_transform": end}, x),
		one("ai.onnx.ml.SVMClassifier", 1, 2, attributes{"coefficients": random(r, tensor.Float, 9).Float, "rho": []float32{0.3}, "kernel_params": []float32{0, 0, 0}, "classlabels_ints": []int64{0, 1, 2}, "post_transform": end}, x))
}
