package main

import (
	"bufio"
	"bytes"
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

	"dasier/ml/frame"
	"dasier/ml/predict"
	"dasier/ml/rowjson"
)

func predictCommand() *cobra.Command {
	var level float64
	cmd := &cobra.Command{
		Use:   "predict FOLDER ROWS",
		Short: "Predict rows with a package, without a server",
		Long: `Predict the rows of a file (CSV, or JSON: one object or a list; - reads JSON from
standard input) with a package, without a server. The answers are CSV:
prediction, and the bounds of its interval where the model promises one.

Columns of a CSV file that are no inputs of the model are left aside. Where a
usual spelling of a missing value, such as None, is a category of the model, it
is read as that category.`,
		Args: arguments(2, 2, "FOLDER ROWS.csv|ROWS.json|-"),
		Example: `  dasier predict model houses.csv
  echo '{"Gr_Liv_Area": 1500, "Neighborhood": "North_Ames", "Year_Built": 1970}' | dasier predict model -`,
	}
	cmd.Flags().Float64Var(&level, "level", 0, "level of the interval, such as 0.8 (default: the model's)")
	reading := readingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p, err := openPackage(args[0])
		if err != nil {
			return err
		}
		if err := p.Verify(); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		program, err := p.Program()
		if err != nil {
			return err
		}
		if !cmd.Flags().Changed("level") {
			level = program.DefaultLevel()
		} else if err := checkLevel(program, level); err != nil {
			return err
		}
		read, err := reading()
		if err != nil {
			return err
		}
		scores, err := scoreRows(cmd, program, args[1], read)
		if err != nil {
			return err
		}
		return writeAnswers(cmd.OutOrStdout(), program, scores, level)
	}
	return cmd
}

// checkLevel refuses a level whose interval the model cannot promise.
func checkLevel(program *predict.Program, level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("--level %v: expected a level between 0 and 1, such as 0.9", level)
	}
	interval := program.Spec().Interval
	if interval == nil {
		return errors.New("this model promises no interval: leave --level out")
	}
	if _, _, ok := program.Interval(0, level); !ok {
		n := len(interval.Residuals)
		return fmt.Errorf("--level %v: the interval rests on %d calibration rows, which allow a level up to %.6g", level, n, float64(n)/float64(n+1))
	}
	return nil
}

func scoreRows(cmd *cobra.Command, program *predict.Program, file string, read frame.CSVConfig) ([]float64, error) {
	if strings.EqualFold(filepath.Ext(file), ".csv") {
		return scoreCSV(program, file, read)
	}
	text, err := readAll(cmd, file)
	if file == "-" {
		file = "standard input"
	}
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, fmt.Errorf("%s is empty: expected JSON, one object of inputs or a list of them", file)
	}
	value, err := fastjson.ParseBytes(text)
	if err != nil {
		return nil, fmt.Errorf("%s is no JSON (one object of inputs, or a list of them; CSV is read from a file whose name ends in .csv): %w", file, err)
	}
	rows := []*fastjson.Value{value}
	if list, err := value.Array(); err == nil {
		rows = list
	}
	row, scores := program.NewRow(), make([]float64, len(rows))
	for i, v := range rows {
		row.Reset()
		if err := rowjson.Decode(v, program, row, nil); err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
		scores[i] = program.Score(row)
	}
	return scores, nil
}

// scoreCSV scores the rows of a table. The spellings of missing values that the
// training data had are not in the package, but its categories are: what was a
// category then is one now.
func scoreCSV(program *predict.Program, file string, read frame.CSVConfig) ([]float64, error) {
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
		return nil, err
	}
	for _, in := range program.Inputs() {
		column, ok := f.Column(in.Name)
		for i := 0; ok && in.Required && i < f.Rows(); i++ {
			if column.Missing(i) {
				return nil, fmt.Errorf("%s: row %d: %s has no value, and the model requires one", file, i+1, in.Name)
			}
		}
	}
	scores, err := program.ScoreFrame(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return scores, nil
}

func readAll(cmd *cobra.Command, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	return os.ReadFile(file)
}

func writeAnswers(out io.Writer, program *predict.Program, scores []float64, level float64) error {
	w := bufio.NewWriter(out)
	_, _, promises := program.Interval(0, level)
	header := "prediction"
	if promises {
		header += ",low,high"
	}
	fmt.Fprintln(w, header)
	for _, score := range scores {
		fmt.Fprint(w, decimal(program.Answer(score)))
		if promises {
			low, high, _ := program.Interval(score, level)
			fmt.Fprint(w, ",", decimal(low), ",", decimal(high))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
