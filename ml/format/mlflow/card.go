package mlflow

import (
	"bytes"
	"fmt"
	"strings"

	"dasier/ml/frame"
)

// card is README.md: what the model is, how good, and how to use it, in the
// spirit of Mitchell et al. 2019, "Model cards for model reporting".
func card(p *Package, portable bool) []byte {
	var text bytes.Buffer
	unit := ""
	if p.Spec.Target.Unit != "" {
		unit = " (" + p.Spec.Target.Unit + ")"
	}
	fmt.Fprintf(&text, "# %s%s\n\n", p.Spec.Target.Name, unit)
	algorithm := p.Algorithm
	if algorithm == "" {
		algorithm = "linear"
	}
	if len(p.Spec.Classes) > 0 {
		fmt.Fprintf(&text, "It tells %s apart.\n\n", strings.Join(p.Spec.Classes, ", "))
	}
	fmt.Fprintf(&text, "A %s model (%s) of %d inputs and %d features, trained %s.\n",
		p.Spec.Task, algorithm, len(p.Spec.Inputs), len(p.Spec.Features), p.Created.UTC().Format("2006-01-02"))
	switch {
	case p.Spec.Target.Log:
		text.WriteString("It predicts the logarithm of the target; answers are given in the target's unit.\n")
	case p.Spec.Target.Power != nil:
		text.WriteString("It predicts a power of the target (Yeo and Johnson's); answers are given in the target's unit.\n")
	}
	if len(p.Spec.Target.Smear) > 0 {
		text.WriteString("Answers are corrected to the mean of the target (Duan's smearing).\n")
	}
	if len(p.Metrics) > 0 {
		text.WriteString("\n## How good\n\n| metric | value | interval | rows |\n|---|---|---|---|\n")
		for _, m := range p.Metrics {
			fmt.Fprintf(&text, "| %s | %.6g %s | %.6g to %.6g (%g %%) | %d |\n", m.Name, m.Value, m.Unit, m.Low, m.High, 100*m.Level, m.N)
		}
	}
	if in := p.Spec.Interval; in != nil {
		fmt.Fprintf(&text, "\nIts %g %% prediction intervals covered %.1f %% of %d held-out rows.\n", 100*in.Level, 100*in.Coverage, in.CoveredOf)
	}
	text.WriteString("\n## Inputs\n\n| input | kind | required | trained on |\n|---|---|---|---|\n")
	for i := range p.Spec.Inputs {
		in := &p.Spec.Inputs[i]
		seen := in.Format(in.Min) + " to " + in.Format(in.Max)
		switch in.Kind {
		case frame.Category:
			if in.Text {
				seen = "free text"
				break
			}
			seen = fmt.Sprintf("%d categories", len(in.Levels))
		case frame.Bool:
			seen = "yes, no"
		}
		required := "no"
		if in.Required {
			required = "yes"
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", in.Name, in.Kind, required, seen)
	}
	if p.Source != nil {
		fmt.Fprintf(&text, "\n## Use\n\n`%s` is the model as its own system wrote it, for that system. Opening a pickle runs what is in it: do so"+
			" only where you trust its origin. `reference.json` has rows with the answers they must give.\n", p.Source.Name)
		return text.Bytes()
	}
	if !portable {
		text.WriteString("\n## Use\n\nThere is no `model.onnx`: ONNX has no operators for a part of this model. `reference.json` has rows with the answers" +
			" they must give.\n")
		return text.Bytes()
	}
	text.WriteString("\n## Use\n\n`model.onnx` runs in any ONNX runtime: one tensor of shape [N, 1] per input, numbers as double (NaN is missing)," +
		" categories as string (\"\" is missing). `reference.json` has rows with the answers they must give.\n")
	return text.Bytes()
}
