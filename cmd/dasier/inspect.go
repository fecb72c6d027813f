package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"dasier/ml/format/foreign"
	"dasier/ml/predict"
)

func modelInspect() *cobra.Command {
	var object string
	cmd := &cobra.Command{
		Use:   "inspect [FOLDER|FILE]",
		Short: "Tell what a package or model file is: who wrote it, its parts, inputs and outputs",
		Long: `Tell what a package (a folder that dasier train wrote) or another system's model
file is: its algorithm and writer, its parts, the inputs that it takes and what it
answers. A file is read as data; nothing of it is run.`,
		Args: arguments(0, 1, "[FOLDER|FILE]"),
	}
	cmd.Flags().StringVar(&object, "object", "", "of a model file that holds several things: where the model is, like model or 0")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if file := modelFileOf(folderOf(args)); isModelFile(file) {
			return inspectFile(cmd.OutOrStdout(), file, object)
		}
		return inspectPackage(cmd.OutOrStdout(), folderOf(args))
	}
	return cmd
}

func inspectPackage(w io.Writer, folder string) error {
	p, err := openPackage(folder)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s of %s, made %s\n", p.Algorithm, p.Spec.Target.Name, p.Created.Format("2006-01-02 15:04:05 UTC"))
	for _, m := range p.Metrics {
		fmt.Fprintf(w, "  %-10s %.6g %s (%.0f %% interval %.6g to %.6g, %d rows)\n", m.Name, m.Value, m.Unit, 100*m.Level, m.Low, m.High, m.N)
	}
	if i := p.Spec.Interval; i != nil {
		fmt.Fprintf(w, "  its %.0f %% intervals held for %.1f %% of %d held-out rows\n", 100*i.Level, 100*i.Coverage, i.CoveredOf)
	}
	if p.Parity != nil {
		fmt.Fprintf(w, "  equal to %s within %.0e on %d rows\n", p.Parity.System, p.Parity.Within(), p.Parity.Rows)
	}
	return writeInputs(w, p.Spec.Inputs)
}

func inspectFile(w io.Writer, name, object string) error {
	m, err := readModelFile(name, object)
	if err != nil {
		return err
	}
	program, err := predict.Compile(m.Spec)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	by := ""
	if m.Writer != "" {
		by = " by " + m.Writer
	}
	fmt.Fprintf(w, "%s%s: %s\n", m.Algorithm, by, m.Spec.Task)
	fmt.Fprintf(w, "  parts: %s\n", strings.Join(m.Parts, ", "))
	fmt.Fprintf(w, "  answers: %s\n", answersOf(&m.Spec))
	if t := m.Spec.Trees; t != nil {
		fmt.Fprintf(w, "  %d trees, %d nodes\n", len(t.Roots), len(t.Feature))
	}
	fmt.Fprintf(w, "  %d features of %d inputs%s\n", len(m.Spec.Features), len(m.Spec.Inputs), stagesOf(&m.Spec))
	if !program.Explained() {
		fmt.Fprintln(w, "  its answers come without reasons: its estimator sees numbers that are made of several inputs")
	}
	if program.Wording() {
		fmt.Fprintln(w, "  its reasons tell which words of a text moved the answer")
	}
	for _, note := range m.Notes {
		fmt.Fprintf(w, "  %s\n", note)
	}
	return writeInputs(w, m.Spec.Inputs)
}

// answersOf says in words what a model gives for a row.
func answersOf(s *predict.Spec) string {
	var text string
	switch {
	case s.Task == predict.TaskVector:
		text = fmt.Sprintf("%d numbers: %s", len(s.Targets), few(s.Targets))
	case len(s.Classes) == 0:
		text = "a number"
	case s.Link == predict.Decision:
		text = fmt.Sprintf("one of %d classes, without probabilities: %s", len(s.Classes), few(s.Classes))
	default:
		text = fmt.Sprintf("one of %d classes and their probabilities: %s", len(s.Classes), few(s.Classes))
	}
	for _, o := range s.Outputs {
		text += fmt.Sprintf("; %s (%d)", o.Name, len(o.Cells))
	}
	return text
}

func few(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

func stagesOf(s *predict.Spec) string {
	if len(s.Stages) == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d operations on them", len(s.Stages))
}

func readModelFile(name, object string) (foreign.Model, error) {
	data, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return foreign.Model{}, err
	}
	m, err := foreign.Read(data, foreign.Hint{Object: object})
	if err != nil {
		return foreign.Model{}, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}
