package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"dasier/app"
)

func doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Tell what a server needs of this machine and does not have",
		Long: `Tell what a server with these settings needs of this machine: data folder, git,
address, rights of jobs, Docker. Nothing is changed. The status is 1 when
something is missing without which the server cannot work.`,
		Args: arguments(0, 0, ""),
	}
	load := settingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		config, _, err := load()
		if err != nil {
			return err
		}
		missing := 0
		for _, f := range app.Diagnose(cmd.Context(), config) {
			mark := "ok  "
			switch {
			case f.Fix != "" && f.Needed:
				mark = "FAIL"
				missing++
			case f.Fix != "":
				mark = "note"
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s  %-15s %s\n", mark, f.What, f.Says)
			if f.Fix != "" {
				fmt.Fprintf(cmd.OutOrStdout(), "      %-15s -> %s\n", "", f.Fix)
			}
		}
		if missing > 0 {
			return exitStatus(1)
		}
		return nil
	}
	return cmd
}
