package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"dasier/ml/format/mlflow"
	"dasier/model/train"
	"dasier/model/train/page"
)

// trainFlags are the flags of `dasier train`.
type trainFlags struct {
	out, report, compare string
	force, quick         bool
}

func trainCommand() *cobra.Command {
	var flags trainFlags
	cmd := &cobra.Command{
		Use:   "train [RECIPE]",
		Short: "Train as a recipe says and write the model's package",
		Long: `Train as a recipe (model.yaml) says: compare the candidates by cross-validation,
refit the best, judge it on rows that it never saw, and write an MLflow model
directory. In a CI job the run is recorded on the server, and the model is
compared with the one in production on the same rows.

On a terminal the training is shown live; elsewhere there is a line per candidate.
Ctrl-C stops it and tells what is known.

The status is 1 when a gate of the recipe does not hold; the package is written
all the same, for looking into it.`,
		Args: arguments(0, 1, "[RECIPE]"),
		Example: `  dasier train
  dasier train model.yaml --quick
  dasier train model.yaml --out package --report report.html --compare production-package`,
	}
	cmd.Flags().StringVarP(&flags.out, "out", "o", "model", "folder to write the package to")
	cmd.Flags().BoolVar(&flags.force, "force", false, "replace the folder if a package is there")
	cmd.Flags().StringVar(&flags.report, "report", "", "also write the report as a page to this file (.html)")
	cmd.Flags().StringVar(&flags.compare, "compare", "", "a package's folder, or env:NAME for what serves in that environment (default: env:production in a CI job; none: no comparison)")
	cmd.Flags().BoolVar(&flags.quick, "quick", false, "finish in seconds: fewer rows, folds, candidates and trees; the report says what was left out")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runTraining(cmd, args, flags) }
	return cmd
}

func runTraining(cmd *cobra.Command, args []string, flags trainFlags) error {
	debug.SetGCPercent(25) // the rows are most of what is in memory, and little is allocated beside them
	recipe, folder, err := readRecipe(args)
	if err != nil {
		return err
	}
	if err := checkFolder(flags.out, flags.force); err != nil {
		return err
	}
	present, err := presentModel(cmd, flags.compare)
	if err != nil {
		return err
	}
	started := time.Now()
	shown := newDisplay(cmd.ErrOrStderr())
	var result *train.Result
	err = shown.run(func(watch func(train.Event)) error {
		var err error
		result, err = train.Run(cmd.Context(), recipe, os.DirFS(folder), train.Config{Watch: watch, Tables: tables(folder), Present: present, Quick: flags.quick})
		return err
	})
	if errors.Is(err, context.Canceled) {
		return stopped(cmd, shown)
	}
	if err != nil {
		return err
	}
	fmt.Fprint(cmd.OutOrStdout(), result.Report.Text())
	run, unrecorded := recordRun(cmd.Context(), result, started)
	if err := os.RemoveAll(flags.out); err != nil {
		return fmt.Errorf("replacing %s: %w", flags.out, err)
	}
	if err := writePackage(result, flags.out, run); err != nil {
		return errors.Join(err, unrecorded)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "\nwrote %s in %s\n", flags.out, time.Since(started).Round(10*time.Millisecond))
	if flags.report != "" {
		if err := writeReport(result.Report, flags.report); err != nil {
			return errors.Join(err, unrecorded)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "wrote %s\n", flags.report)
	}
	if unrecorded != nil { // the work of an hour is kept all the same
		return unrecorded
	}
	return conclude(cmd, recipe, result.Report, flags.out)
}

// conclude says what to do next, and fails when a gate does not hold.
func conclude(cmd *cobra.Command, recipe *train.Recipe, report train.Report, out string) error {
	switch {
	case !report.Passed && report.Quick == nil:
		return errors.New("a gate of the recipe does not hold: see above")
	case report.Quick != nil:
		fmt.Fprintln(cmd.OutOrStdout(), "next: dasier train without --quick, for a model to use")
	case !inJob():
		fmt.Fprintf(cmd.OutOrStdout(), "next: dasier predict %s ROWS.csv, or dasier model register %s --name %s\n", out, out, recipe.Name)
	}
	return nil
}

// stopped tells what a training that was stopped found out.
func stopped(cmd *cobra.Command, shown *display) error {
	if known := shown.known(); known != "" {
		fmt.Fprintf(cmd.OutOrStdout(), "stopped; these candidates were through:\n%s", known)
	}
	return errors.New("stopped before the training was through: no package was written")
}

func writeReport(report train.Report, file string) error {
	var text bytes.Buffer
	if err := page.Write(&text, report); err != nil {
		return err
	}
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
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
	candidates := []candidate{}
	for _, k := range r.Candidates {
		if k.Score != nil && k.Low != nil && k.High != nil { // the others have no place on a board
			candidates = append(candidates, candidate{k.Name, k.Params, *k.Score, *k.Low, *k.High, k.Seconds, k.Chosen, k.Tied})
		}
	}
	in["candidates"] = candidates
	metrics, err := metricsOf(r)
	if err != nil {
		return "", err
	}
	in["metrics"] = metrics
	if !r.Passed && r.Quick == nil {
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
