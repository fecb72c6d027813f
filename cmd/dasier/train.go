package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"dasier/ml/format/mlflow"
	"dasier/model/train"
)

func trainCommand() *cobra.Command {
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "train [RECIPE]",
		Short: "Train as a recipe says and write the model's package",
		Long: `Train as a recipe (model.yaml) says: compare the candidates by cross-validation,
refit the best, judge it on rows that it never saw, and write an MLflow model
directory. In a CI job the run is recorded on the server.

The status is 1 when a gate of the recipe does not hold; the package is written
all the same, for looking into it.`,
		Args: arguments(0, 1, "[RECIPE]"),
	}
	cmd.Flags().StringVarP(&out, "out", "o", "model", "folder to write the package to")
	cmd.Flags().BoolVar(&force, "force", false, "replace the folder if a package is there")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		recipe, folder, err := readRecipe(args)
		if err != nil {
			return err
		}
		if err := checkFolder(out, force); err != nil {
			return err
		}
		started := time.Now()
		result, err := train.Run(cmd.Context(), recipe, os.DirFS(folder), train.Config{Progress: progress(cmd.ErrOrStderr())})
		if err != nil {
			return err
		}
		fmt.Fprint(cmd.OutOrStdout(), result.Report.Text())
		run, unrecorded := recordRun(cmd.Context(), result, started)
		if err := os.RemoveAll(out); err != nil {
			return fmt.Errorf("replacing %s: %w", out, err)
		}
		if err := writePackage(result, out, run); err != nil {
			return errors.Join(err, unrecorded)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "\nwrote %s in %s\n", out, time.Since(started).Round(10*time.Millisecond))
		if unrecorded != nil { // the work of an hour is kept all the same
			return unrecorded
		}
		if !result.Report.Passed {
			return errors.New("a gate of the recipe does not hold: see above")
		}
		return nil
	}
	return cmd
}

// checkFolder makes sure that the package gets a folder of its own, before
// anything is done for it. What is there is removed only when the new package
// is ready.
func checkFolder(out string, force bool) error {
	entries, err := os.ReadDir(out)
	if os.IsNotExist(err) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s cannot be the package's folder: choose another with --out: %w", out, err)
	}
	_, err = os.Stat(filepath.Join(out, "MLmodel"))
	switch {
	case err != nil:
		return fmt.Errorf("the folder %s holds something else than a package: choose another with --out (--force does not replace it either)", out)
	case !force:
		return fmt.Errorf("the folder %s is not empty: choose another with --out, or replace it with --force", out)
	}
	return nil
}

// progress tells each stage once, and the search at every tenth.
func progress(w io.Writer) func(string, int, int) {
	last, told := "", -1
	return func(stage string, done, total int) {
		if stage != last {
			last, told = stage, 0
			fmt.Fprintf(w, "%s\n", stage)
		}
		if total > 1 && done*10/total > told {
			told = done * 10 / total
			fmt.Fprintf(w, "%s %d of %d\n", stage, done, total)
		}
	}
}

func writePackage(result *train.Result, out, run string) error {
	tags := map[string]string{}
	if commit := os.Getenv("CI_COMMIT_SHA"); commit != "" {
		tags["commit"] = commit
	}
	p, err := result.Package(createdAt(), run, tags)
	if err != nil {
		return err
	}
	return mlflow.Write(out, *p)
}

// createdAt is the commit's time in a job, so that the same commit gives the
// same bytes; otherwise now.
func createdAt() time.Time {
	if at, err := time.Parse(time.RFC3339, os.Getenv("CI_COMMIT_TIMESTAMP")); err == nil {
		return at.UTC()
	}
	return time.Now().UTC().Truncate(time.Second)
}

// recordRun tells the server of the run, in a CI job, and answers its number;
// elsewhere there is nobody to tell.
func recordRun(ctx context.Context, result *train.Result, started time.Time) (string, error) {
	if !inJob() {
		return "", nil
	}
	var unset cobra.Command
	c, err := connection(&unset)()
	if err != nil {
		return "", err
	}
	r := result.Report
	type candidate struct {
		Name       string            `json:"name"`
		Params     map[string]string `json:"params"`
		Score      float64           `json:"score"`
		ScoreLow   float64           `json:"score_low"`
		ScoreHigh  float64           `json:"score_high"`
		FitSeconds float64           `json:"fit_seconds"`
		Chosen     bool              `json:"chosen"`
		Tied       bool              `json:"tied"`
	}
	in := map[string]any{
		"name": r.Name, "status": "finished", "commit": os.Getenv("CI_COMMIT_SHA"), "started_at": started.UTC(), "params": r.Params,
	}
	candidates := make([]candidate, len(r.Candidates))
	for i, k := range r.Candidates {
		candidates[i] = candidate{k.Name, k.Params, k.Score, k.Low, k.High, k.Seconds, k.Chosen, k.Tied}
	}
	in["candidates"] = candidates
	metrics, err := metricsOf(r)
	if err != nil {
		return "", err
	}
	in["metrics"] = metrics
	if !r.Passed {
		in["status"] = "failed"
	}
	var recorded struct {
		ID int64 `json:"id"`
	}
	if err := c.call(ctx, "POST", c.projectPath("/runs"), in, &recorded); err != nil {
		return "", fmt.Errorf("recording the run: %w", err)
	}
	return strconv.FormatInt(recorded.ID, 10), nil
}

func metricsOf(r train.Report) ([]mlflow.Metric, error) {
	encoded, err := json.Marshal(r.Metrics)
	if err != nil {
		return nil, fmt.Errorf("encoding the metrics: %w", err)
	}
	var metrics []mlflow.Metric
	if err := json.Unmarshal(encoded, &metrics); err != nil {
		return nil, fmt.Errorf("encoding the metrics: %w", err)
	}
	return metrics, nil
}
