package linear

import (
	"fmt"
	"strings"

	"dasier/ml/predict"
	"dasier/ml/prep"
)

// namedColumns is how many columns a sentence about collinear ones names.
const namedColumns = 4

// Collinear says, a sentence each, which features others determine, across
// columns: within the indicators of one category that is so by construction.
func Collinear(d *Decomposition, p *prep.Preparation) []string {
	return sentences(d.Dependencies(p.References()...), p.Features())
}

func sentences(dependencies []Dependency, features []predict.Feature) []string {
	var warnings []string
	for _, dependency := range dependencies {
		name := features[dependency.Column].Name
		if len(dependency.On) == 0 {
			warnings = append(warnings, fmt.Sprintf("the feature %q does not vary", name))
			continue
		}
		var names []string
		for _, j := range dependency.On[:min(namedColumns, len(dependency.On))] {
			names = append(names, features[j].Name)
		}
		if more := len(dependency.On) - len(names); more > 0 {
			names = append(names, fmt.Sprintf("%d more", more))
		}
		verb := "do"
		if len(dependency.On) == 1 {
			verb = "does"
		}
		warnings = append(warnings, fmt.Sprintf("the feature %q says nothing that %s %s not: their weights are shared out, not measured",
			name, strings.Join(names, ", "), verb))
	}
	return warnings
}
