// Command dasier is the whole product: server, runner and command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
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
clients use: a git and CI/CD server, model training, a registry, progressive
deployment, a prediction API and the pages for all of it.

Try it:      dasier demo      plays the whole story on real data
Run it:      dasier server    starts everything on a data folder
In a job:    dasier train, dasier model register, dasier deploy
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
	for _, make := range []func() *cobra.Command{serverCommand, demoCommand, configCommand, adminCommand} {
		c := make()
		c.GroupID = "server"
		cmd.AddCommand(c)
	}
	for _, make := range []func() *cobra.Command{recipeCommand, dataCommand, trainCommand, modelCommand, deployCommand, smokeCommand, predictCommand} {
		c := make()
		c.GroupID = "work"
		cmd.AddCommand(c)
	}
	return cmd
}

// arguments makes cobra's complaint about the number of arguments a sentence.
func arguments(minimum, maximum int, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < minimum || len(args) > maximum {
			return fmt.Errorf("usage: %s %s", cmd.CommandPath(), usage)
		}
		return nil
	}
}
