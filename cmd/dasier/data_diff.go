package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"dasier/ml/drift"
	"dasier/model/dataset"
)

func dataDiff() *cobra.Command {
	var config drift.Config
	var asJSON, fail string
	cmd := &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: "Tell how two versions of a table differ",
		Long: `Tell how two versions of a table differ: columns, levels, and how each column is
distributed. The effect of a column is the share of its rows that would have to
change for both versions to be distributed alike, with an interval; it means the
same for a hundred rows and for a million. With --id rows are matched, too: which
came, which went, and which cells were edited.

With --fail changed (or much) the status is 1 when a column changed (or changed
much), or came or went.`,
		Args: arguments(2, 2, "BEFORE AFTER [--id COLUMN]"),
	}
	cmd.Flags().StringVar(&config.ID, "id", "", "a column that names rows, to match them by")
	cmd.Flags().Float64Var(&config.Small, "small", 0.05, "share of rows below which a change is negligible")
	cmd.Flags().Float64Var(&config.Large, "large", 0.2, "share of rows from which a change is large")
	cmd.Flags().StringVar(&asJSON, "json", "", "write JSON to this file")
	cmd.Flags().StringVar(&fail, "fail", "", "changed or much: what makes the status 1")
	reading := readingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if fail != "" && fail != "changed" && fail != "much" {
			return fmt.Errorf("--fail %q: expected changed or much", fail)
		}
		read, err := reading()
		if err != nil {
			return err
		}
		before, _, err := dataset.Open(args[0], read)
		if err != nil {
			return err
		}
		after, _, err := dataset.Open(args[1], read)
		if err != nil {
			return err
		}
		r, err := drift.Compare(before, after, config)
		if err != nil {
			return err
		}
		if err := r.WriteText(cmd.OutOrStdout()); err != nil {
			return err
		}
		if asJSON != "" {
			encoded, err := json.Marshal(r)
			if err != nil {
				return fmt.Errorf("encoding the comparison: %w", err)
			}
			if err := os.WriteFile(asJSON, append(encoded, '\n'), 0o644); err != nil { //nolint:gosec // a report is for everyone
				return err
			}
		}
		return changed(r, fail)
	}
	return cmd
}

// changed is the error of a comparison that found what the caller fails on.
func changed(r *drift.Report, fail string) error {
	if fail == "" {
		return nil
	}
	for _, c := range r.Columns {
		if c.Verdict == drift.Strong || c.Verdict == drift.Moderate && fail == "changed" {
			return fmt.Errorf("the column %q %s: see above", c.Name, c.Verdict)
		}
	}
	if len(r.Added)+len(r.Removed) > 0 {
		return errors.New("columns came or went: see above")
	}
	return nil
}
