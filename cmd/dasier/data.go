package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"dasier/ml/frame"
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
	var contract string
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Hold a CSV file to its contract",
		Long: `Hold a CSV file to its contract: kinds, ranges, levels, missing values. The
status is 1 when a demand is not met, and every such demand is listed with the
first offending rows.`,
		Args: arguments(1, 1, "FILE [--contract contract.yaml]"),
	}
	cmd.Flags().StringVarP(&contract, "contract", "c", "contract.yaml", "the contract")
	reading := readingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := dataset.ReadContract(contract)
		if _, absent := os.Stat(contract); os.IsNotExist(absent) {
			return fmt.Errorf("%w: begin with `dasier data contract %s >%s`", err, args[0], contract)
		}
		if err != nil {
			return err
		}
		config, err := reading()
		if err != nil {
			return err
		}
		f, _, err := dataset.Open(args[0], c.Reading(config))
		if err != nil {
			return err
		}
		report := dataset.Check(c, f)
		fmt.Fprintln(cmd.OutOrStdout(), report)
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
		Use:   "profile FILE",
		Short: "Describe a CSV file: warnings first, then every column",
		Args:  arguments(1, 1, "FILE [--html profile.html] [--json profile.json]"),
	}
	cmd.Flags().StringVar(&html, "html", "", "write a page to this file")
	cmd.Flags().StringVar(&asJSON, "json", "", "write JSON to this file")
	cmd.Flags().StringVar(&config.Target, "target", "", "the column to be predicted")
	cmd.Flags().StringVar(&config.Time, "time", "", "a column that orders the rows")
	cmd.Flags().StringVar(&config.Title, "title", "", "heading of the page")
	reading := readingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		read, err := reading()
		if err != nil {
			return err
		}
		f, _, err := dataset.Open(args[0], read)
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
		return errors.Join(writeProfileJSON(asJSON, p), writeProfilePage(html, p))
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

func writeProfileJSON(name string, p *profile.Profile) error {
	if name == "" {
		return nil
	}
	encoded, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encoding the profile: %w", err)
	}
	return os.WriteFile(name, append(encoded, '\n'), 0o644) //nolint:gosec // a report is for everyone
}

func writeProfilePage(name string, p *profile.Profile) error {
	if name == "" {
		return nil
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(profile.WriteHTML(file, p), file.Close())
}

func dataContract() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "contract FILE",
		Short: "Print a contract that a CSV file keeps to, as a start",
		Args:  arguments(1, 1, "FILE"),
	}
	reading := readingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		read, err := reading()
		if err != nil {
			return err
		}
		f, _, err := dataset.Open(args[0], read)
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

// readingFlags lets a command say how its CSV file is to be read.
func readingFlags(cmd *cobra.Command) func() (frame.CSVConfig, error) {
	missing := cmd.Flags().StringSlice("missing", nil, `spellings of a missing value (default: the usual ones; "" for none but the empty field)`)
	delimiter := cmd.Flags().String("delimiter", ",", `the character between fields, such as ";"; tab for the tabulator`)
	return func() (frame.CSVConfig, error) {
		var config frame.CSVConfig
		if cmd.Flags().Changed("missing") {
			config.Missing = append([]string{}, *missing...)
		}
		character := strings.NewReplacer("tab", "\t", `\t`, "\t").Replace(*delimiter)
		if utf8.RuneCountInString(character) != 1 {
			return config, fmt.Errorf("--delimiter %q: expected one character, such as ; or tab", *delimiter)
		}
		config.Delimiter, _ = utf8.DecodeRuneInString(character)
		return config, nil
	}
}
