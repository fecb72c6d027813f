package main

import (
	"fmt"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"dasier/app"
)

func configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print the effective settings and where each came from",
		Long: `Print the effective settings and where each came from.

Settings come from, each overriding the one before: defaults, the YAML file
(dasier.yaml, or --config), the environment (DASIER_LOG_LEVEL for log.level),
flags (--log-level).`,
		Args: arguments(0, 0, ""),
	}
	load := settingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		_, effective, err := load()
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 3, ' ', 0)
		fmt.Fprintln(table, "SETTING\tVALUE\tFROM")
		for _, e := range effective {
			fmt.Fprintf(table, "%s\t%s\t%s\n", e.Key, e.Value, e.Source)
		}
		return table.Flush()
	}
	return cmd
}

// settingFlags gives a command settings as flags, all of them or those named,
// and answers how to load what is in effect.
func settingFlags(cmd *cobra.Command, only ...string) func() (app.Config, []app.Effective, error) {
	file := cmd.Flags().String("config", "", "YAML file with settings (default: dasier.yaml, if it is there)")
	settings := slices.DeleteFunc(app.Settings(), func(s app.Setting) bool {
		return len(only) > 0 && !slices.Contains(only, s.Flag)
	})
	for _, s := range settings {
		about := s.About
		if s.Default != "" {
			about += fmt.Sprintf(" (default %s)", s.Default)
		}
		cmd.Flags().String(s.Flag, "", about)
	}
	return func() (app.Config, []app.Effective, error) {
		given := map[string]string{}
		for _, s := range settings {
			if f := cmd.Flags().Lookup(s.Flag); f.Changed {
				given[s.Flag] = f.Value.String()
			}
		}
		return app.Load(*file, os.Environ(), given)
	}
}
