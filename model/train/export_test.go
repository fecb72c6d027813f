package train

import (
	"fmt"
	"maps"
	"strings"

	"dasier/ml/learn"
	"dasier/ml/predict"
)

// Keys are the keys of each section of a recipe, candidates included.
func Keys() map[string][]string {
	all := map[string][]string{"candidates[]": algorithmNames()}
	maps.Copy(all, keys)
	ranges := []string{"log", "int", "range"}
	add := func(section string, a algorithm) {
		all[section] = append(all[section], a.settingNames()...)
		for _, s := range a.settings {
			if s.kind == isNumber || s.kind == isWhole {
				all[section+"."+s.name] = ranges
			}
		}
	}
	for _, a := range algorithms {
		add("candidates[]."+a.name, a)
		if !a.composed {
			continue
		}
		of := "candidates[]." + a.name + ".of"
		all["candidates[]."+a.name] = append(all["candidates[]."+a.name], "of")
		for _, b := range algorithms {
			if !b.composed {
				all[of+"[]"] = append(all[of+"[]"], b.name)
				add(of+"[]."+b.name, b)
			}
		}
	}
	return all
}

// WithCandidates writes the candidates' section of a schema anew.
var WithCandidates = withCandidates

// Algorithms is the table of candidates as the documentation has it.
func Algorithms() string {
	var text strings.Builder
	for _, a := range algorithms {
		learns := "numbers, classes"
		switch {
		case !a.learns(predict.TaskBinary):
			learns = "numbers"
		case !a.learns(predict.TaskRegression):
			learns = "classes"
		}
		settings := a.settingNames()
		if a.composed {
			settings = append([]string{"of"}, settings...)
		}
		for i, name := range settings {
			settings[i] = "`" + name + "`"
		}
		fmt.Fprintf(&text, "| `%s` | %s | %s |\n", a.name, learns, strings.Join(settings, ", "))
	}
	return text.String()
}

// Positive is the class that a target's two words would have told, and why.
func Positive(classes []string, y []float64) (class, because string) {
	at, because := positive(&learn.Target{Classes: classes, Y: y})
	return classes[at], because
}
