package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dasier/app"
	"dasier/forge/audit"
	"dasier/forge/project"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Verify and export the audit log, from the machine's own shell",
		Long: `Verify and export the audit log, from the machine's own shell.

These commands work on the data folder itself, whether or not the server runs;
whoever may read the folder is trusted.`,
	}
	cmd.AddCommand(auditVerify(), auditExport())
	return cmd
}

func auditVerify() *cobra.Command {
	var expected string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Say whether the audit log is whole",
		Long: `Walk the chain of the audit log from its first line and say whether it is
whole: no line changed, removed, added or moved. The status is 1 when it is not.

The head that is printed stands for the whole log up to now. Keep it somewhere
else and give it with --expect-head the next time: lines that were cut off the
end, or an older copy of the log in its place, are found by it.`,
		Args: arguments(0, 0, "[--expect-head HASH]"),
		Example: `  dasier audit verify --data /srv/dasier
  dasier audit verify --expect-head "$(cat /mnt/elsewhere/head)"`,
	}
	cmd.Flags().StringVar(&expected, "expect-head", "", "a head that an earlier run printed")
	load := settingFlags(cmd, "data", "database", "secret-key-file")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		config, _, err := load()
		if err != nil {
			return err
		}
		return app.WithAudit(cmd.Context(), config, func(log *audit.Service, _ *project.Service) error {
			r, err := log.Verify(cmd.Context(), shell, strings.TrimSpace(expected))
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "lines  %d\nhead   %s\n", r.Entries, r.Head)
			if r.Problem != "" {
				return errors.New("the audit log is not whole: " + r.Problem)
			}
			fmt.Fprintln(cmd.OutOrStdout(), "whole  no line was changed, removed, added or moved")
			return nil
		})
	}
	return cmd
}

func auditExport() *cobra.Command {
	var form, of, from, to string
	var f audit.Filter
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the audit log to standard output, oldest line first",
		Args:  arguments(0, 0, "[--format csv|jsonl] [--project NAMESPACE/NAME]"),
		Example: `  dasier audit export --format csv >audit.csv
  dasier audit export --action member --from 2026-01-01T00:00:00Z`,
	}
	cmd.Flags().StringVar(&form, "format", "jsonl", "csv or jsonl")
	cmd.Flags().StringVar(&of, "project", "", "only this project's lines: namespace/name")
	cmd.Flags().StringVar(&f.Actor, "actor", "", "only this user's lines")
	cmd.Flags().StringVar(&f.Action, "action", "", "only this action, such as member.added, or all of a noun: member")
	cmd.Flags().StringVar(&from, "from", "", "not before this time, such as 2026-01-02T15:04:05Z")
	cmd.Flags().StringVar(&to, "to", "", "before this time")
	load := settingFlags(cmd, "data", "database", "secret-key-file")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if form != "csv" && form != "jsonl" {
			return fmt.Errorf("--format %q: expected csv or jsonl", form)
		}
		for name, side := range map[string]*time.Time{"from": &f.From, "to": &f.To} {
			text := map[string]string{"from": from, "to": to}[name]
			if text == "" {
				continue
			}
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return fmt.Errorf("--%s %q: expected a time such as 2026-01-02T15:04:05Z", name, text)
			}
			*side = at
		}
		config, _, err := load()
		if err != nil {
			return err
		}
		return app.WithAudit(cmd.Context(), config, func(log *audit.Service, projects *project.Service) error {
			if of != "" {
				namespace, name, _ := strings.Cut(of, "/")
				p, err := projects.ByPath(cmd.Context(), shell, namespace, name)
				if err != nil {
					return err
				}
				f.Project = int64(p.ID)
			}
			out := bufio.NewWriter(cmd.OutOrStdout())
			err := audit.WriteAll(form, func() io.Writer { return out }, func(each func(*audit.Line) error) error {
				return log.Export(cmd.Context(), shell, f, each)
			})
			return errors.Join(err, out.Flush())
		})
	}
	return cmd
}
