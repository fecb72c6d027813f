package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dasier/ml/format/foreign"
	"dasier/ml/format/mlflow"
	"dasier/model/adopt"
)

// adoption is what the flags say of a model file of another system.
type adoption struct {
	data, target, positive, title, unit, reference, metrics, out string
	units                                                        map[string]string
}

func adoptionFlags(cmd *cobra.Command) *adoption {
	a := &adoption{}
	cmd.Flags().StringVar(&a.data, "data", "", "of a model file: the CSV file it was trained on, for ranges and categories")
	cmd.Flags().StringVar(&a.target, "target", "", "of a model file: the column that it predicts")
	cmd.Flags().StringVar(&a.positive, "positive", "", "of a model file that chooses between two: the class whose probability people want (default: the second)")
	cmd.Flags().StringVar(&a.title, "title", "", "of a model file: the title of the page for clients")
	cmd.Flags().StringVar(&a.unit, "unit", "", "of a model file: the target's unit")
	cmd.Flags().StringToStringVar(&a.units, "units", nil, "of a model file: units of inputs, like area=m²,age=years")
	cmd.Flags().StringVar(&a.reference, "reference", "", "of a model file: JSON with rows and the answers of its own system, which ours must equal")
	cmd.Flags().StringVar(&a.metrics, "metrics", "", "of a model file: JSON with its figures, like {\"accuracy\": 0.8}")
	cmd.Flags().StringVar(&a.out, "out", "", "of a model file: keep the package in this folder as well")
	return a
}

// isModelFile tells a model file of another system from a package's folder.
func isModelFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// adoptFile makes a package of a model file in a folder.
func (a *adoption) adoptFile(out io.Writer, file, folder string) error {
	if a.target == "" {
		return errors.New("what does the model predict? Give --target")
	}
	r := adopt.Request{
		Name: filepath.Base(file), DataName: filepath.Base(a.data), Target: a.target, Positive: a.positive, Title: a.title, Unit: a.unit, Units: a.units,
		Created: madeAt(file),
	}
	for name, to := range map[string]*[]byte{file: &r.File, a.data: &r.Data, a.reference: &r.Reference, a.metrics: &r.Metrics} {
		if name == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			return err
		}
		*to = text
	}
	p, summary, err := adopt.Adopt(r)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %s\n", file, summary)
	return mlflow.Write(folder, *p)
}

// madeAt is when a model was made: the commit's time in a job, so that a job
// that runs again makes the same package; or else the file's.
func madeAt(file string) time.Time {
	if at, err := time.Parse(time.RFC3339, os.Getenv("CI_COMMIT_TIMESTAMP")); err == nil {
		return at.UTC()
	}
	if info, err := os.Stat(file); err == nil {
		return info.ModTime().UTC().Truncate(time.Microsecond)
	}
	return time.Time{}
}

// packaged gives the folder of a package: the one named, or one made of a model
// file. done removes what was made only for this.
func (a *adoption) packaged(out io.Writer, args []string) (folder string, done func(), err error) {
	if !isModelFile(folderOf(args)) {
		return folderOf(args), func() {}, nil
	}
	if a.out != "" {
		return a.out, func() {}, a.adoptFile(out, args[0], a.out)
	}
	made, err := os.MkdirTemp("", "dasier-model-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder: %w", err)
	}
	done = func() { _ = os.RemoveAll(made) }
	if err := a.adoptFile(out, args[0], made); err != nil {
		done()
		return "", nil, err
	}
	return made, done, nil
}

// inspectFile tells what a model file is.
func inspectFile(out io.Writer, name string) error {
	m, err := readModelFile(name)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s by %s: %s\n", m.Algorithm, m.Writer, m.Spec.Task)
	fmt.Fprintf(out, "  parts: %s\n", strings.Join(m.Parts, ", "))
	if len(m.Spec.Classes) > 0 {
		fmt.Fprintf(out, "  classes: %s\n", strings.Join(m.Spec.Classes, ", "))
	}
	if t := m.Spec.Trees; t != nil {
		fmt.Fprintf(out, "  %d trees, %d nodes\n", len(t.Roots), len(t.Feature))
	}
	fmt.Fprintf(out, "  %d features of %d inputs\n", len(m.Spec.Features), len(m.Spec.Inputs))
	return writeInputs(out, m.Spec.Inputs)
}

func readModelFile(name string) (foreign.Model, error) {
	data, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return foreign.Model{}, err
	}
	m, err := foreign.Read(data, foreign.Hint{})
	if err != nil {
		return foreign.Model{}, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// verifyFile compares a model file with its own system's answers.
func verifyFile(out io.Writer, name, reference string) error {
	if reference == "" {
		return errors.New("compared with what? Give --reference")
	}
	m, err := readModelFile(name)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Clean(reference))
	if err != nil {
		return err
	}
	p := mlflow.Package{Spec: m.Spec}
	program, err := p.Program()
	if err != nil {
		return err
	}
	rows, largest, err := adopt.Compare(program, text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(out, "%s: equal to %s on %d rows (largest difference %.2g)\n", name, adopt.Within(largest), len(rows), largest)
	return nil
}
