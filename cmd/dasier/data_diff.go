package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"dasier/ml/drift"
)

func dataDiff() *cobra.Command {
	var config drift.Config
	var html, asJSON, fail string
	cmd := &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: "Tell how two versions of a table differ",
		Long: `Tell how two versions of a table differ: columns, levels, and how each column is
distributed. The effect of a column is the share of its rows that would have to
change for both versions to be distributed alike, with an interval; it means the
same for a hundred rows and for a million. With --id rows are matched, too: which
came, which went, and which cells were edited.

With --fail changed (or much) the status is 1 when a column changed (or changed
much), or came or went.

` + places,
		Args: arguments(2, 2, "BEFORE AFTER [--id COLUMN]"),
		Example: `  dasier data diff houses-2023.csv houses-2024.parquet --html diff.html
  dasier data diff old.csv new.csv --id house --fail much
  dasier data diff sqlite:old.db sqlite:new.db --query sales`,
	}
	cmd.Flags().StringVar(&config.ID, "id", "", "a column that names rows, to match them by")
	cmd.Flags().Float64Var(&config.Small, "small", 0.05, "share of rows below which a change is negligible")
	cmd.Flags().Float64Var(&config.Large, "large", 0.2, "share of rows from which a change is large")
	cmd.Flags().StringVar(&html, "html", "", "write a page to this file")
	cmd.Flags().StringVar(&asJSON, "json", "", "write JSON to this file")
	cmd.Flags().StringVar(&fail, "fail", "", "changed or much: what makes the status 1")
	flags := tableFlagsOf(cmd, 2)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if fail != "" && fail != "changed" && fail != "much" {
			return fmt.Errorf("--fail %q: expected changed or much", fail)
		}
		before, err := flags.read(0, args[0], nil)
		if err != nil {
			return err
		}
		after, err := flags.read(1, args[1], nil)
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
		title := drift.Title{Before: filepath.Base(args[0]), After: filepath.Base(args[1])}
		err = errors.Join(writeJSON(asJSON, r), writePage(html, func(w io.Writer) error { return drift.WriteHTML(w, r, title) }))
		if err != nil {
			return err
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
