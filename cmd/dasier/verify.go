package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"dasier/ml/format/foreign"
	"dasier/ml/format/mlflow"
	"dasier/ml/parity"
	"dasier/ml/predict"
)

// referenceSuffix is how the reference beside a model file is called:
// churn.ref.json of churn.joblib.
const referenceSuffix = ".ref.json"

func modelVerify() *cobra.Command {
	var reference, object string
	cmd := &cobra.Command{
		Use:   "verify [FOLDER|FILE...]",
		Short: "Replay a package's reference rows, or compare model files with their own system's answers",
		Long: `Of a package: replay its reference rows, and look for changed files.

Of other systems' model files: compare every answer with the one that the file's
own system gave, and print the largest difference. The answers are in a JSON file
(columns, rows, and output with predict, predict_proba, …): the one that
--reference names, or else the one beside the file, NAME.ref.json. Of a folder that
is no package, every file that has such a reference is compared.

The status is 0 only when every answer of every file is within the reference's
tolerance (or, where it has none, 1e-9 of its size; 1e-5 of models that compute in
float32).`,
		Args: arguments(0, 10_000, "[FOLDER|FILE...] [--reference REF.json]"),
		Example: `  dasier model verify model
  dasier model verify churn.joblib --reference reference.json
  dasier model verify exported/`,
	}
	cmd.Flags().StringVar(&reference, "reference", "", "of one model file: JSON with rows and the answers of its own system")
	cmd.Flags().StringVar(&object, "object", "", "of a model file that holds several things: where the model is, like model or 0")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			args = []string{modelFileOf(args[0])}
		}
		if len(args) <= 1 && isPackage(folderOf(args)) {
			return verifyPackage(cmd.OutOrStdout(), folderOf(args))
		}
		pairs, err := referencesOf(args, reference)
		if err != nil {
			return err
		}
		return verifyFiles(cmd.OutOrStdout(), pairs, object)
	}
	return cmd
}

// isPackage tells a package from a folder of model files; a folder that is not
// there is taken for one, so that its absence is told as a package's.
func isPackage(name string) bool {
	if isModelFile(name) {
		return false
	}
	_, err := os.Stat(filepath.Join(name, "MLmodel"))
	if err == nil {
		return true
	}
	beside, err := filepath.Glob(filepath.Join(name, "*"+referenceSuffix))
	return err != nil || len(beside) == 0
}

func verifyPackage(out io.Writer, folder string) error {
	p, err := openPackage(folder)
	if err != nil {
		return err
	}
	if err := p.Verify(); err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	if err := mlflow.Intact(os.DirFS(folder)); err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	fmt.Fprintf(out, "%d reference rows give the predictions that they gave in training, and no file was changed since\n", len(p.Reference))
	return nil
}

// filePair is a model file and its reference.
type filePair struct{ file, reference string }

// referencesOf finds the reference of every file, and every file of folders.
func referencesOf(args []string, reference string) ([]filePair, error) {
	if reference != "" {
		if len(args) != 1 {
			return nil, errors.New("--reference is of one model file: name one, or leave it out and keep the references beside the files")
		}
		return []filePair{{args[0], reference}}, nil
	}
	var pairs []filePair
	for _, name := range args {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			found, err := pairsIn(name)
			if err != nil {
				return nil, err
			}
			pairs = append(pairs, found...)
			continue
		}
		beside := besideOf(name)
		if beside == "" {
			return nil, fmt.Errorf("compared with what? There is no %s beside %s: give --reference", strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))+referenceSuffix, name)
		}
		pairs = append(pairs, filePair{name, beside})
	}
	return pairs, nil
}

// besideOf is the reference beside a file: of model.pkl.gz model.ref.json, or
// model.pkl.ref.json.
func besideOf(name string) string {
	for stem := name; ; {
		shorter := strings.TrimSuffix(stem, filepath.Ext(stem))
		if _, err := os.Stat(stem + referenceSuffix); err == nil {
			return stem + referenceSuffix
		}
		if shorter == stem || filepath.Base(shorter) == "" {
			return ""
		}
		stem = shorter
	}
}

// pairsIn finds the references in a folder and the files that they are of.
func pairsIn(folder string) ([]filePair, error) {
	var pairs []filePair
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, referenceSuffix) {
			return err
		}
		stem := strings.TrimSuffix(name, referenceSuffix)
		files, err := filepath.Glob(escaped(stem) + ".*")
		if err != nil {
			return err
		}
		files = slices.DeleteFunc(append(files, existing(stem)...), func(file string) bool { return file == name })
		if text, err := os.ReadFile(filepath.Clean(name)); err == nil { //nolint:gosec // the caller's own folder
			if r, err := parity.Parse(text); err == nil && r.File != "" && r.File == filepath.Base(r.File) {
				if said := existing(filepath.Join(filepath.Dir(name), r.File)); said != nil {
					files = said
				}
			}
		}
		if len(files) == 0 {
			return fmt.Errorf("%s is the reference of no file beside it", name)
		}
		pairs = append(pairs, filePair{files[0], name})
		return nil
	})
	if err == nil && len(pairs) == 0 {
		err = fmt.Errorf("%s is no package and has no file with a reference (NAME%s beside it)", folder, referenceSuffix)
	}
	return pairs, err
}

func existing(name string) []string {
	if info, err := os.Stat(name); err != nil || info.IsDir() { //nolint:gosec // the caller's own folder
		return nil
	}
	return []string{name}
}

// escaped is a path as a pattern that only it matches.
func escaped(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// verified is what became of one file.
type verified struct {
	model  foreign.Model
	result parity.Result
	err    error
}

// verifyFiles compares files and prints a table; the error says how many are not
// equal.
func verifyFiles(out io.Writer, pairs []filePair, object string) error {
	wrong := 0
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	if len(pairs) > 1 {
		fmt.Fprintln(table, "FILE\tMODEL\tROWS\tLARGEST DIFFERENCE\tRESULT")
	}
	for _, pair := range pairs {
		v := verifyFile(pair, object)
		if v.err != nil && len(pairs) == 1 {
			return v.err
		}
		if v.err != nil || !v.result.Equal() {
			wrong++
		}
		if len(pairs) == 1 {
			writeVerified(table, pair, &v)
			continue
		}
		said := "equal"
		switch {
		case v.err != nil:
			fmt.Fprintf(table, "%s\t%s\t\t\t%s\n", pair.file, v.model.Algorithm, strings.ReplaceAll(v.err.Error(), "\n", " "))
			continue
		case !v.result.Equal():
			said = "differs: " + worst(&v.result)
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%.2g\t%s\n", pair.file, v.model.Algorithm, v.result.Rows(), v.result.Largest(), said)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	switch {
	case wrong > 0 && len(pairs) == 1:
		return fmt.Errorf("%s does not answer as its own system does", pairs[0].file)
	case wrong > 0:
		return fmt.Errorf("%d of %d files do not answer as their own systems do, or are not read", wrong, len(pairs))
	case len(pairs) > 1:
		fmt.Fprintf(out, "all %d files answer as their own systems do\n", len(pairs))
	}
	return nil
}

// writeVerified tells of one file output by output.
func writeVerified(w io.Writer, pair filePair, v *verified) {
	if v.result.Equal() {
		p := mlflow.Parity{Difference: v.result.Largest()}
		fmt.Fprintf(w, "%s: equal to %.0e on %d rows (largest difference %.2g)\n", pair.file, p.Within(), v.result.Rows(), v.result.Largest())
	}
	fmt.Fprintln(w, "OUTPUT\tROWS\tLARGEST DIFFERENCE\tRESULT")
	for _, o := range v.result.Outputs {
		switch {
		case o.Skipped != "":
			fmt.Fprintf(w, "%s\t\t\tnot compared: %s\n", o.Name, o.Skipped)
		case o.Rows == 0:
			fmt.Fprintf(w, "%s\t\t\t%s\n", o.Name, map[bool]string{true: "equal", false: "differs: " + o.Worst}[o.Equal])
		case o.Equal:
			fmt.Fprintf(w, "%s\t%d\t%.2g\tequal\n", o.Name, o.Rows, o.Largest)
		default:
			fmt.Fprintf(w, "%s\t%d\t%.2g\tdiffers: %s\n", o.Name, o.Rows, o.Largest, o.Worst)
		}
	}
}

func worst(r *parity.Result) string {
	for _, o := range r.Outputs {
		if !o.Equal {
			return o.Name + ", " + o.Worst
		}
	}
	return "there is nothing to compare"
}

func verifyFile(pair filePair, object string) verified {
	text, err := os.ReadFile(filepath.Clean(pair.reference))
	if err != nil {
		return verified{err: err}
	}
	reference, err := parity.Parse(text)
	if err != nil {
		return verified{err: fmt.Errorf("%s: %w", pair.reference, err)}
	}
	data, err := os.ReadFile(filepath.Clean(pair.file))
	if err != nil {
		return verified{err: err}
	}
	if object == "" {
		object = reference.Object
	}
	hint := foreign.Hint{Columns: reference.Columns, Object: object}
	m, err := foreign.Read(data, hint)
	if err != nil && hint.Columns == nil { // old files do not say how many columns they take
		hint.Columns = reference.Places()
		if again, errAgain := foreign.Read(data, hint); errAgain == nil {
			m, err = again, nil
		}
	}
	if err != nil {
		return verified{err: fmt.Errorf("%s: %w", pair.file, err)}
	}
	program, err := predict.Compile(m.Spec)
	if err != nil {
		return verified{model: m, err: fmt.Errorf("%s: %w", pair.file, err)}
	}
	result, err := parity.Compare(program, reference, parity.Options{Columns: m.Columns, Single: m.Single, Raw: m.Raw})
	if err != nil {
		err = fmt.Errorf("%s: %w", pair.reference, err)
	}
	return verified{model: m, result: result, err: err}
}
