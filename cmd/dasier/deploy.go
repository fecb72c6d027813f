package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// deployment is what the API says of one.
type deployment struct {
	ID          int64  `json:"id"`
	Environment string `json:"environment"`
	Model       string `json:"model"`
	Version     int    `json:"version"`
	Status      string `json:"status"`
	Error       string `json:"error"`
}

func deployCommand() *cobra.Command {
	var environment, model, alias, commit, reason string
	var number int
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "deploy --env ENVIRONMENT --model MODEL",
		Short: "Deploy a registered version to an environment and wait for it",
		Long: `Deploy a registered version of a model to an environment, and wait until it
answers. Name the version by --version, --alias, or --commit: the newest version
that came from that commit or its history, so that a merged branch deploys what
was trained on it without training again. With none of them it is the latest.

The status is 1, with the reason, when the deployment fails; the environment
then goes on answering with the version that it had.`,
		Args: arguments(0, 0, "--env ENVIRONMENT --model MODEL"),
		Example: `  dasier deploy --env staging --model house-price --version 3
  dasier deploy --env production --model house-price --commit "$CI_COMMIT_SHA"`,
	}
	cmd.Flags().StringVar(&environment, "env", "", "environment (needed)")
	cmd.Flags().StringVar(&model, "model", "", "model (needed)")
	cmd.Flags().IntVar(&number, "version", 0, "version number")
	cmd.Flags().StringVar(&alias, "alias", "", "alias, such as champion")
	cmd.Flags().StringVar(&commit, "commit", "", "full name of the commit that holds the version in its history")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the history")
	cmd.Flags().DurationVar(&wait, "wait", 2*time.Minute, "how long to wait for it; 0: do not wait")
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if environment == "" || model == "" {
			return errors.New("usage: dasier deploy --env ENVIRONMENT --model MODEL")
		}
		if err := onlyOne(cmd, "version", "alias", "commit"); err != nil {
			return err
		}
		c, err := connect()
		if err != nil {
			return err
		}
		in := map[string]any{"environment": environment, "model": model, "version": number, "alias": alias, "commit": commit, "reason": reason}
		var d deployment
		if err := c.call(cmd.Context(), "POST", c.projectPath("/deployments"), in, &d); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "deploying %s version %d to %s\n", d.Model, d.Version, d.Environment)
		return tellDeployment(cmd, c, d, wait)
	}
	return cmd
}

func rollbackCommand() *cobra.Command {
	var environment, reason string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "rollback --env ENVIRONMENT --reason WHY",
		Short: "Bring back what an environment served before, and wait for it",
		Long: `Bring back the version that an environment served before the one it serves now,
and wait until it answers. The reason stands in the environment's history.`,
		Args:    arguments(0, 0, "--env ENVIRONMENT --reason WHY"),
		Example: `  dasier rollback --env production --reason "prices of flats are too high"`,
	}
	cmd.Flags().StringVar(&environment, "env", "", "environment (needed)")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the history (needed)")
	cmd.Flags().DurationVar(&wait, "wait", 2*time.Minute, "how long to wait for it; 0: do not wait")
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if environment == "" || reason == "" {
			return errors.New("usage: dasier rollback --env ENVIRONMENT --reason WHY")
		}
		c, err := connect()
		if err != nil {
			return err
		}
		var d deployment
		path := c.projectPath("/environments/%s/rollback", url.PathEscape(environment))
		if err := c.call(cmd.Context(), "POST", path, map[string]any{"reason": reason}, &d); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "rolling %s back to %s version %d\n", d.Environment, d.Model, d.Version)
		return tellDeployment(cmd, c, d, wait)
	}
	return cmd
}

// onlyOne refuses flags that contradict each other: which of them would win is
// nobody's guess.
func onlyOne(cmd *cobra.Command, names ...string) error {
	var given []string
	for _, name := range names {
		if cmd.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 1 {
		return fmt.Errorf("give only one of %s", strings.Join(given, " and "))
	}
	return nil
}

// tellDeployment waits for a deployment, if it should, and says that it answers.
func tellDeployment(cmd *cobra.Command, c *client, d deployment, wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	d, err := awaitDeployment(cmd.Context(), c, d, wait)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s answers with %s version %d\n", d.Environment, d.Model, d.Version)
	return nil
}

func awaitDeployment(ctx context.Context, c *client, d deployment, limit time.Duration) (deployment, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		switch d.Status {
		case "success":
			return d, nil
		case "failed":
			return d, fmt.Errorf("the deployment failed: %s", d.Error)
		}
		select {
		case <-ctx.Done():
			return d, fmt.Errorf("deployment %d is still %s after %s: look at the environment's page", d.ID, d.Status, limit)
		case <-time.After(pause):
		}
		if err := c.call(ctx, "GET", c.projectPath("/deployments/%d", d.ID), nil, &d); err != nil {
			return d, err
		}
	}
}
