package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/valyala/fastjson"

	"dasier/ml/explain"
	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/rowjson"
)

func predictCommand() *cobra.Command {
	var level float64
	var object string
	var reasons bool
	cmd := &cobra.Command{
		Use:   "predict FOLDER|FILE ROWS",
		Short: "Predict rows with a package or a model file, without a server",
		Long: `Predict the rows of a file (CSV, or JSON: one object or a list; - reads JSON from
standard input) with a package, or with another system's model file, without a
server. The answers are CSV: the prediction, and the bounds of its interval where
the model promises one; of a classifier the label and every class's probability;
of a model of several numbers all of them. With --explain there follow what the
score would be without knowing the row, and what each input adds to it.

Columns of a CSV file that are no inputs of the model are left aside. Where a
usual spelling of a missing value, such as None, is a category of the model, it
is read as that category. A model file that knows its inputs by place only calls
them x0, x1, …`,
		Args: arguments(2, 2, "FOLDER|FILE ROWS.csv|ROWS.json|-"),
		Example: `  dasier predict model houses.csv
  dasier predict churn.joblib customers.csv
  echo '{"Gr_Liv_Area": 1500, "Neighborhood": "North_Ames", "Year_Built": 1970}' | dasier predict model -`,
	}
	cmd.Flags().Float64Var(&level, "level", 0, "level of the interval, such as 0.8 (default: the model's)")
	cmd.Flags().StringVar(&object, "object", "", "of a model file that holds several things: where the model is, like model or 0")
	cmd.Flags().BoolVar(&reasons, "explain", false, "say what each input adds to the score, and which words of a text do")
	reading := readingFlags(cmd, "the comma")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		program, err := programOf(args[0], object)
		if err != nil {
			return err
		}
		if !cmd.Flags().Changed("level") {
			level = program.DefaultLevel()
			if set := program.Spec().Set; set != nil {
				level = set.Level
			}
		} else if err := checkLevel(program, level); err != nil {
			return err
		}
		read, err := reading()
		if err != nil {
			return err
		}
		if reasons && !program.Explained() {
			return errors.New("--explain: this model gives no reasons, because its estimator sees numbers that are made of several inputs: leave it out")
		}
		w := newAnswersWriter(cmd.OutOrStdout(), program, level, reasons)
		if err := eachOutcome(cmd, program, args[1], read, w.write); err != nil {
			return err
		}
		return w.flush()
	}
	return cmd
}

// programOf compiles a package, whose reference rows it replays first, or a
// model file.
func programOf(name, object string) (*predict.Program, error) {
	if name = modelFileOf(name); isModelFile(name) {
		m, err := readModelFile(name, object)
		if err != nil {
			return nil, err
		}
		return predict.Compile(m.Spec)
	}
	p, err := openPackage(name)
	if err != nil {
		return nil, err
	}
	if err := p.Verify(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p.Program()
}

// checkLevel refuses a level whose interval the model cannot promise.
func checkLevel(program *predict.Program, level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("--level %v: expected a level between 0 and 1, such as 0.9", level)
	}
	n := program.Calibrated()
	if n == 0 {
		return errors.New("this model promises no interval: leave --level out")
	}
	if !program.Promises(level) {
		return fmt.Errorf("--level %v: the interval rests on %d calibration rows, which allow a level up to %.6g", level, n, float64(n)/float64(n+1))
	}
	return nil
}

// eachOutcome answers the rows of a file, one after the other.
func eachOutcome(cmd *cobra.Command, program *predict.Program, file string, read frame.CSVConfig, visit func(*predict.Row, predict.Outcome)) error {
	if strings.EqualFold(filepath.Ext(file), ".csv") {
		return eachOfCSV(program, file, read, visit)
	}
	text, err := readAll(cmd, file)
	if file == "-" {
		file = "standard input"
	}
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return fmt.Errorf("%s is empty: expected JSON, one object of inputs or a list of them", file)
	}
	value, err := fastjson.ParseBytes(text)
	if err != nil {
		return fmt.Errorf("%s is no JSON (one object of inputs, or a list of them; CSV is read from a file whose name ends in .csv): %w", file, err)
	}
	rows := []*fastjson.Value{value}
	if list, err := value.Array(); err == nil {
		rows = list
	}
	row := program.NewRow()
	for i, v := range rows { // all are checked before the first answer is written
		if err := rowjson.Decode(v, program, row, nil); err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
	}
	for i, v := range rows {
		if err := rowjson.Decode(v, program, row, nil); err != nil {
			return fmt.Errorf("row %d: %w", i+1, err)
		}
		visit(row, program.Outcome(row))
	}
	return nil
}

// eachOfCSV answers the rows of a table. The spellings of missing values that the
// training data had are not in the package, but its categories are: what was a
// category then is one now.
func eachOfCSV(program *predict.Program, file string, read frame.CSVConfig, visit func(*predict.Row, predict.Outcome)) error {
	read.Kinds = map[string]frame.Kind{}
	known := map[string]bool{}
	for _, in := range program.Inputs() {
		read.Kinds[in.Name] = in.Kind
		for _, level := range in.Levels {
			known[level] = true
		}
	}
	if read.Missing == nil {
		read.Missing = slices.DeleteFunc(slices.Clone(frame.UsualMissing), func(spelling string) bool { return known[spelling] })
	}
	f, err := frame.ReadCSVFile(file, read)
	if err != nil {
		return err
	}
	for _, in := range program.Inputs() {
		column, ok := f.Column(in.Name)
		for i := 0; ok && in.Required && i < f.Rows(); i++ {
			if column.Missing(i) {
				return fmt.Errorf("%s: row %d: %s has no value, and the model requires one", file, i+1, in.Name)
			}
		}
	}
	if err := program.EachRow(f, func(row *predict.Row) { visit(row, program.Outcome(row)) }); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func readAll(cmd *cobra.Command, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	return os.ReadFile(file)
}

// answersWriter writes answers as CSV.
type answersWriter struct {
	program  *predict.Program
	level    float64
	interval bool
	sets     bool
	set      []int
	reasons  bool
	effects  []explain.Contribution
	out      *csv.Writer
	header   []string // until it is written: before the first answer, or at the end
	record   []string
}

func newAnswersWriter(out io.Writer, program *predict.Program, level float64, reasons bool) *answersWriter {
	w := &answersWriter{program: program, level: level, reasons: reasons, out: csv.NewWriter(out)}
	w.interval, w.sets = program.Spec().Interval != nil && program.Promises(level), program.Spec().Set != nil && program.Promises(level)
	header := []string{"prediction"}
	switch spec := program.Spec(); {
	case spec.Task == predict.TaskVector:
		header = spec.Targets
	case spec.Link == predict.Decision:
		header = []string{"label", "score"}
	case program.Classifies():
		header = []string{"label"}
		for _, class := range program.Classes() {
			header = append(header, "probability of "+class)
		}
		if w.sets {
			header = append(header, "set")
		}
	case w.interval:
		header = append(header, "low", "high")
	}
	if reasons {
		header = append(slices.Clone(header), "base")
		for _, in := range program.Inputs() {
			header = append(header, "effect of "+in.Name)
		}
		header = append(header, wordHeader(program)...)
	}
	w.header = header
	return w
}

// write adds an answer; what goes wrong is told at the end, by the flush.
func (w *answersWriter) write(row *predict.Row, o predict.Outcome) {
	w.begin()
	w.record = w.record[:0]
	switch {
	case o.Values != nil:
		w.numbers(o.Values...)
	case o.Class < 0:
		w.numbers(o.Prediction)
		if w.interval {
			low, high, _ := w.program.Interval(row, o.Score, w.level)
			w.numbers(low, high)
		}
	default:
		w.record = append(w.record, w.program.Classes()[o.Class])
		if o.Probabilities == nil {
			w.numbers(o.Score)
		}
		w.numbers(o.Probabilities...)
		if w.sets {
			w.record = append(w.record, w.setOf(o.Probabilities))
		}
	}
	if w.reasons {
		w.explain(row, o.Class)
	}
	_ = w.out.Write(w.record) // csv.Writer keeps the first error
}

// explain adds the reasons of an answer, in the order of the inputs.
func (w *answersWriter) explain(row *predict.Row, class int) {
	w.effects = explain.Contributions(w.program, row, w.effects)
	byInput := make([]float64, len(w.effects))
	for _, e := range w.effects {
		byInput[e.Input] = e.Effect
	}
	w.numbers(w.program.BaseOf(max(class, 0)))
	w.numbers(byInput...)
	w.words(row)
}

// setOf is the classes of a set, with a bar between them.
func (w *answersWriter) setOf(probabilities []float64) string {
	w.set, _ = w.program.Set(w.set[:0], probabilities, w.level)
	classes := make([]string, len(w.set))
	for n, k := range w.set {
		classes[n] = w.program.Classes()[k]
	}
	return strings.Join(classes, "|")
}

func (w *answersWriter) numbers(list ...float64) {
	for _, x := range list {
		w.record = append(w.record, decimal(x))
	}
}

// begin writes the header: nothing is written when a row is refused first.
func (w *answersWriter) begin() {
	if w.header != nil {
		_ = w.out.Write(w.header) // csv.Writer keeps the first error
		w.header = nil
	}
}

func (w *answersWriter) flush() error {
	w.begin()
	w.out.Flush()
	return w.out.Error()
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
