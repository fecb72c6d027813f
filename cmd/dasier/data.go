package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"dasier/ml/profile"
	"dasier/model/dataset"
)

func dataCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "Describe data, compare versions, and hold them to a contract",
	}
	cmd.AddCommand(dataCheck(), dataProfile(), dataDiff(), dataContract())
	return cmd
}

func dataCheck() *cobra.Command {
	var contract, asJSON string
	cmd := &cobra.Command{
		Use:   "check TABLE",
		Short: "Hold a table to its contract",
		Long: `Hold a table to its contract: kinds, ranges, levels, missing values. The status
is 1 when a demand is not met, and every such demand is listed with the first
offending rows and what stands there.

` + places,
		Args: arguments(1, 1, "TABLE [--contract contract.yaml]"),
		Example: `  dasier data check houses.csv
  dasier data check houses.parquet --contract contract.yaml --json report.json
  dasier data check 'postgres://reader:${PASSWORD}@db/houses' --query sales`,
	}
	cmd.Flags().StringVarP(&contract, "contract", "c", "contract.yaml", "the contract")
	cmd.Flags().StringVar(&asJSON, "json", "", "write the report as JSON to this file")
	flags := tableFlagsOf(cmd, 1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := dataset.ReadContract(contract)
		if _, absent := os.Stat(contract); os.IsNotExist(absent) {
			return fmt.Errorf("%w: begin with `dasier data contract %s >%s`", err, args[0], contract)
		}
		if err != nil {
			return err
		}
		f, err := flags.read(0, args[0], c.Reading)
		if err != nil {
			return err
		}
		report := dataset.Check(c, f)
		fmt.Fprintln(cmd.OutOrStdout(), report)
		if err := writeJSON(asJSON, report); err != nil {
			return err
		}
		if !report.OK() {
			return fmt.Errorf("%s does not keep to %s: see above", args[0], contract)
		}
		return nil
	}
	return cmd
}

func dataProfile() *cobra.Command {
	var config profile.Config
	var html, asJSON string
	cmd := &cobra.Command{
		Use:   "profile TABLE",
		Short: "Describe a table: warnings first, then every column",
		Long: `Describe a table: what would leak, mislead or break a model first, then every
column, what goes with what, and what drifts with time. The page needs nothing
else: no script, nothing from anywhere.

` + places,
		Args: arguments(1, 1, "TABLE [--html profile.html] [--json profile.json]"),
		Example: `  dasier data profile houses.csv --target price --html profile.html
  dasier data profile sales.xlsx --sheet 2024 --time sold_on
  dasier data profile https://example.com/houses.csv.gz --sha256 9f86d081…`,
	}
	cmd.Flags().StringVar(&html, "html", "", "write a page to this file")
	cmd.Flags().StringVar(&asJSON, "json", "", "write JSON to this file")
	cmd.Flags().StringVar(&config.Target, "target", "", "the column to be predicted")
	cmd.Flags().StringVar(&config.Time, "time", "", "a column that orders the rows, to see what drifts (default: the only column of dates)")
	cmd.Flags().StringVar(&config.Title, "title", "", "heading of the page")
	flags := tableFlagsOf(cmd, 1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f, err := flags.read(0, args[0], nil)
		if err != nil {
			return err
		}
		p, err := profile.New(f, config)
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %d rows, %d columns, %d cells missing, %d rows that repeat another\n", args[0], p.Rows, p.Columns, p.Missing, p.Duplicates)
		for _, w := range p.Warnings {
			fmt.Fprintf(cmd.OutOrStdout(), "  %s: %s%s\n", w.Severity, w.Title, columnsOf(w))
		}
		return errors.Join(writeJSON(asJSON, p), writePage(html, func(w io.Writer) error { return profile.WriteHTML(w, p) }))
	}
	return cmd
}

// columnsOf names the columns that a warning is about, the first of them where
// they are many.
func columnsOf(w profile.Warning) string {
	const shown = 8
	var names []string
	for _, item := range w.Items {
		if item.Column != "" && !slices.Contains(names, item.Column) {
			names = append(names, item.Column)
		}
	}
	if len(names) == 0 {
		return ""
	}
	more := ""
	if hidden := len(names) + w.More - shown; hidden > 0 {
		names, more = names[:min(shown, len(names))], fmt.Sprintf(" and %d more", hidden)
	}
	return " (" + strings.Join(names, ", ") + more + ")"
}

// writeJSON writes what was found to a file, if one is named.
func writeJSON(name string, found any) error {
	if name == "" {
		return nil
	}
	encoded, err := json.Marshal(found)
	if err != nil {
		return fmt.Errorf("encoding what was found: %w", err)
	}
	return os.WriteFile(name, append(encoded, '\n'), 0o644) //nolint:gosec // a report is for everyone
}

// writePage writes a page to a file, if one is named.
func writePage(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

func dataContract() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "contract TABLE",
		Short: "Print a contract that a table keeps to, as a start",
		Long: `Print a contract that a table keeps to, as a start: read it, and widen what the
next version may do.

` + places,
		Args:    arguments(1, 1, "TABLE"),
		Example: "  dasier data contract houses.csv >contract.yaml",
	}
	flags := tableFlagsOf(cmd, 1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f, err := flags.read(0, args[0], nil)
		if err != nil {
			return err
		}
		text, err := dataset.Infer(f).YAML()
		if err != nil {
			return err
		}
		_, err = cmd.OutOrStdout().Write(text)
		return err
	}
	return cmd
}
