package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
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
prediction, and the bounds of its interval where the model promises one.`,
		Args: arguments(2, 2, "FOLDER ROWS.csv|ROWS.json|-"),
	}
	cmd.Flags().Float64Var(&level, "level", 0, "level of the interval (default: the model's)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p, err := openPackage(args[0])
		if err != nil {
			return err
		}
		if err := p.Verify(); err != nil {
			return err
		}
		program, err := p.Program()
		if err != nil {
			return err
		}
		scores, err := scoreRows(cmd, program, args[1])
		if err != nil {
			return err
		}
		if level == 0 {
			level = program.DefaultLevel()
		}
		return writeAnswers(cmd.OutOrStdout(), program, scores, level)
	}
	return cmd
}

func scoreRows(cmd *cobra.Command, program *predict.Program, file string) ([]float64, error) {
	if strings.HasSuffix(file, ".csv") {
		kinds := map[string]frame.Kind{}
		for _, in := range program.Inputs() {
			kinds[in.Name] = in.Kind
		}
		f, err := frame.ReadCSVFile(file, frame.CSVConfig{Kinds: kinds})
		if err != nil {
			return nil, err
		}
		return program.ScoreFrame(f)
	}
	text, err := readAll(cmd, file)
	if err != nil {
		return nil, err
	}
	value, err := fastjson.ParseBytes(text)
	if err != nil {
		if file == "-" {
			file = "standard input"
		}
		return nil, fmt.Errorf("%s is no JSON: %w", file, err)
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
