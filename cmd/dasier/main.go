// Command dasier is the whole product: server, runner and command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set when the binary is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := root().ExecuteContext(ctx)
	stop()
	if err != nil {
		os.Exit(report(err))
	}
}

// exitStatus is an error that has been told to the user already, and asks for
// a status.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("status %d", int(s)) }

// report tells the user what went wrong and answers the process's status: 1
// for failures, what the error asks for otherwise.
func report(err error) int {
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	fmt.Fprintln(os.Stderr, "dasier: "+err.Error())
	return 1
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dasier",
		Short: "From git push to a model that clients use",
		Long: `Dasier is one binary that holds the whole way from git push to a model that
clients use: a git and CI/CD server, model training, a registry, deployment, a
prediction API and the pages for all of it.

Try it:      dasier demo      plays the whole story on real data
Run it:      dasier server    starts everything on a data folder
In a job:    dasier train, dasier model register, dasier deploy

In a CI job the commands know server, project and token. Elsewhere give them as
DASIER_SERVER, DASIER_PROJECT (or --server, --project) and DASIER_TOKEN.
`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	cmd.SetVersionTemplate("dasier {{.Version}}\n")
	cmd.AddGroup(
		&cobra.Group{ID: "server", Title: "The server:"},
		&cobra.Group{ID: "work", Title: "At work, and in CI jobs:"},
	)
	cmd.SetFlagErrorFunc(flagError)
	for _, make := range []func() *cobra.Command{serverCommand, serveCommand, demoCommand, configCommand, doctorCommand, adminCommand, auditCommand} {
		c := make()
		c.GroupID = "server"
		cmd.AddCommand(c)
	}
	for _, make := range []func() *cobra.Command{recipeCommand, dataCommand, trainCommand, modelCommand, deployCommand, rollbackCommand, mergeRequestCommand, environmentCommand, smokeCommand, predictCommand} {
		c := make()
		c.GroupID = "work"
		cmd.AddCommand(c)
	}
	cmd.AddCommand(versionCommand())
	cmd.InitDefaultCompletionCmd()
	refuseUnknown(cmd)
	return cmd
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  arguments(0, 0, ""),
		Run:   func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "dasier "+version) },
	}
}

// refuseUnknown makes commands that only hold others fail on a word they do not
// know. Cobra prints their help with status 0, and a misspelt check in a
// pipeline would pass.
func refuseUnknown(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		refuseUnknown(c)
		if c.HasSubCommands() && !c.Runnable() {
			c.Args = knownCommand
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
}

func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
		return fmt.Errorf("unknown command %q for %q; did you mean %q?", args[0], cmd.CommandPath(), like[0])
	}
	return fmt.Errorf("unknown command %q for %q: `%s --help` lists them", args[0], cmd.CommandPath(), cmd.CommandPath())
}

// flagError says where a flag's help is, in place of how Go failed to read its
// value.
func flagError(cmd *cobra.Command, err error) error {
	text := err.Error()
	if cause := errors.Unwrap(err); cause != nil {
		text = strings.TrimSuffix(text, ": "+cause.Error())
	}
	return fmt.Errorf("%s: see `%s --help`", text, cmd.CommandPath())
}

// arguments makes cobra's complaint about the number of arguments a sentence.
func arguments(minimum, maximum int, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < minimum || len(args) > maximum {
			return errors.New(strings.TrimSpace("usage: " + cmd.CommandPath() + " " + usage))
		}
		return nil
	}
}
