package lightgbm

import (
	"slices"
	"strconv"
	"strings"

	"dasier/fault"
)

// Output is how the scores become the answer.
type Output string

// The outputs.
const (
	Plain    Output = ""         // the scores are the answer
	Exp      Output = "exp"      // exp(score): poisson, gamma, tweedie
	Square   Output = "square"   // the score squared, with its sign: a regression on the root
	Sigmoid  Output = "sigmoid"  // 1/(1+exp(-sigmoid*score)), a probability of the second class
	Share    Output = "share"    // the same of a target between 0 and 1: cross_entropy
	Softplus Output = "softplus" // log(1+exp(score)): cross_entropy_lambda
	Softmax  Output = "softmax"  // multiclass
	Sigmoids Output = "sigmoids" // multiclassova: the sigmoid of each, which are not made to add up to 1
)

// outputs by the objective's first word, with the names of older versions.
var outputs = map[string]Output{
	"": Plain, "none": Plain, "null": Plain, "custom": Plain, "na": Plain,
	"regression": Plain, "regression_l2": Plain, "regression_l1": Plain, "huber": Plain, "fair": Plain, "quantile": Plain, "mape": Plain,
	"lambdarank": Plain, "rank_xendcg": Plain, "xendcg": Plain,
	"poisson": Exp, "gamma": Exp, "tweedie": Exp,
	"binary":        Sigmoid,
	"cross_entropy": Share, "xentropy": Share,
	"cross_entropy_lambda": Softplus, "xentlambda": Softplus,
	"multiclass": Softmax, "softmax": Softmax,
	"multiclassova": Sigmoids, "multiclass_ova": Sigmoids, "ova": Sigmoids, "ovr": Sigmoids,
}

// outputOf reads "binary sigmoid:1" or "regression sqrt".
func outputOf(objective string) (Output, float64, error) {
	words := strings.Fields(objective)
	name := ""
	if len(words) > 0 {
		name, words = words[0], words[1:]
	}
	output, ok := outputs[name]
	if !ok {
		return "", 0, fault.Errorf(fault.Invalid, "the LightGBM model has the objective %.60q, which is not known", name)
	}
	if output == Plain && slices.Contains(words, "sqrt") {
		output = Square
	}
	sigmoid := 1.0
	for _, word := range words {
		value, found := strings.CutPrefix(word, "sigmoid:")
		if !found {
			continue
		}
		x, err := strconv.ParseFloat(value, 64)
		if err != nil || !(x > 0 && x < 1e6) {
			return "", 0, fault.Errorf(fault.Invalid, "the LightGBM model's objective has the sigmoid %.40q, which must be above 0", value)
		}
		sigmoid = x
	}
	return output, sigmoid, nil
}
