package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"dasier/delivery/serve"
	"dasier/ml/format/mlflow"
	"dasier/model/adopt"
)

// adoption is what the flags say of a model file of another system.
type adoption struct {
	data, target, positive, object, title, unit, reference, metrics, out string
	unseen                                                               string
	level                                                                float64
	units                                                                map[string]string
	bare                                                                 bool  // neither data nor reference is needed
	memory                                                               int64 // that the model may take; 0: any number of bytes
}

func adoptionFlags(cmd *cobra.Command) *adoption {
	a := &adoption{}
	a.flags(cmd)
	return a
}

// flags adds the flags; what the adoption says already is their default.
func (a *adoption) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.data, "data", "", "of a model file: the CSV file it was trained on, for ranges and categories")
	cmd.Flags().StringVar(&a.target, "target", a.target, "of a model file: the column that it predicts")
	cmd.Flags().StringVar(&a.positive, "positive", "", "of a model file that chooses between two: the class whose probability people want (default: the second)")
	cmd.Flags().StringVar(&a.object, "object", "", "of a model file that holds several things: where the model is, like model or 0")
	cmd.Flags().StringVar(&a.title, "title", "", "of a model file: the title of the page for clients")
	cmd.Flags().StringVar(&a.unit, "unit", "", "of a model file: the target's unit")
	cmd.Flags().StringToStringVar(&a.units, "units", nil, "of a model file: units of inputs, like area=m²,age=years")
	cmd.Flags().StringVar(&a.reference, "reference", "", "of a model file: JSON with rows and the answers of its own system, which ours must equal")
	cmd.Flags().StringVar(&a.unseen, "unseen", "", "of a model file: a CSV file of rows that it was NOT trained on, with the true target: its answers get an interval, or sets of classes, that hold the truth as often as --level promises")
	cmd.Flags().Float64Var(&a.level, "level", 0.9, "with --unseen: how often")
	cmd.Flags().StringVar(&a.metrics, "metrics", "", "of a model file: JSON with its figures, like {\"accuracy\": 0.8}")
	cmd.Flags().StringVar(&a.out, "out", "", "of a model file: keep the package in this folder as well")
}

// isModelFile tells a model file of another system from a package's folder.
func isModelFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// modelFileOf is the model file in a folder that MLflow wrote for another system;
// other names stay what they are.
func modelFileOf(name string) string {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		if file := mlflow.SourceFile(os.DirFS(name)); file != "" {
			return filepath.Join(name, filepath.FromSlash(file))
		}
	}
	return name
}

// adoptFile makes a package of a model file in a folder.
func (a *adoption) adoptFile(out io.Writer, file, folder string) error {
	if a.target == "" {
		return errors.New("what does the model predict? Give --target")
	}
	r := adopt.Request{
		Name: filepath.Base(file), DataName: filepath.Base(a.data), Target: a.target, Positive: a.positive, Object: a.object, Title: a.title, Unit: a.unit, Units: a.units,
		Created: madeAt(file), Bare: a.bare, UnseenName: filepath.Base(a.unseen), Level: a.level, Memory: a.memory,
	}
	most := mlflow.Reading(a.memory)
	if info, err := os.Stat(file); err == nil && most > 0 && info.Size() > most {
		return a.unread(file, most)
	}
	for _, f := range []struct { // a file may be named for two things
		name string
		to   *[]byte
	}{{file, &r.File}, {a.data, &r.Data}, {a.reference, &r.Reference}, {a.metrics, &r.Metrics}, {a.unseen, &r.Unseen}} {
		if f.name == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Clean(f.name))
		if err != nil {
			return err
		}
		*f.to = text
	}
	p, summary, err := adopt.Adopt(r)
	if heavy, ok := errors.AsType[*mlflow.MemoryError](err); ok {
		return a.unread(file, heavy.Most)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %s\n", file, summary)
	return mlflow.Write(folder, *p)
}

// unread says of a model file what the engine says of a package.
func (a *adoption) unread(file string, reading int64) error {
	return serve.Unread(&serve.Meta{Model: folderName(file), Version: 1}, reading, 0, a.memory)
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
	file := modelFileOf(folderOf(args))
	if !isModelFile(file) {
		return file, func() {}, nil
	}
	if a.out != "" {
		return a.out, func() {}, a.adoptFile(out, file, a.out)
	}
	made, err := os.MkdirTemp("", "dasier-model-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder: %w", err)
	}
	done = func() { _ = os.RemoveAll(made) }
	if err := a.adoptFile(out, file, made); err != nil {
		done()
		return "", nil, err
	}
	return made, done, nil
}
