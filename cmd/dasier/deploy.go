package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// deployment is what the API says of one.
type deployment struct {
	ID          int64  `json:"id"`
	Environment string `json:"environment"`
	Kind        string `json:"kind"`
	Title       string `json:"title"`
	Model       string `json:"model"`
	Version     int    `json:"version"`
	Status      string `json:"status"`
	Error       string `json:"error"`
	Needed      int    `json:"approvals_needed"`
	Approvals   []struct {
		User string `json:"user"`
	} `json:"approvals"`
	Comparison *struct {
		Words string `json:"words"`
	} `json:"comparison"`
}

// waitDefault is how long commands wait for a deployment.
const waitDefault = 10 * time.Minute

// deployFlags are the flags of `dasier deploy`.
type deployFlags struct {
	environment, reason, breakGlass string
	model, alias, commit, better    string
	number                          int
	service, site, dotenv           string
	wait                            time.Duration
}

func deployCommand() *cobra.Command {
	var f deployFlags
	cmd := &cobra.Command{
		Use:   "deploy --env ENVIRONMENT (--model MODEL | --service FILE | --site FILE)",
		Short: "Deploy a model's version, a service or a site to an environment and wait for it",
		Long: `Deploy to an environment, and wait until it answers.

A model is a registered version, named by --version, --alias, or --commit: the
newest version that came from that commit or its history, so that a merged branch
deploys what was trained on it without training again. With none of them it is
the latest. With --only-if-better METRIC it is deployed only if its held-out
metric beats that of the version that serves; otherwise the deployment is
skipped, which is no failure.

A service is a program that answers HTTP: its service.yaml lists the files that
are packed, and the command that runs them. A site is a folder of static files,
named by its site.yaml.

The status is 1, with the reason, when the deployment fails or is rejected; the
environment then goes on answering as before. A deployment that needs approvals
is waited for, too.`,
		Args: arguments(0, 0, "--env ENVIRONMENT (--model MODEL | --service FILE | --site FILE)"),
		Example: `  dasier deploy --env staging --model house-price --version 3
  dasier deploy --env production --model house-price --commit "$CI_COMMIT_SHA"
  dasier deploy --env development --service service.yaml
  dasier deploy --env review/new-form --site site.yaml`,
	}
	flags := cmd.Flags()
	flags.StringVar(&f.environment, "env", "", "environment (needed)")
	flags.StringVar(&f.model, "model", "", "model to deploy")
	flags.StringVar(&f.service, "service", "", "manifest of the service to deploy, such as service.yaml")
	flags.StringVar(&f.site, "site", "", "manifest of the site to deploy, such as site.yaml")
	flags.IntVar(&f.number, "version", 0, "version number")
	flags.StringVar(&f.alias, "alias", "", "alias, such as champion")
	flags.StringVar(&f.commit, "commit", "", "full name of the commit that holds the version in its history")
	flags.StringVar(&f.better, "only-if-better", "", "held-out metric by which it must beat what serves, such as rmse")
	flags.StringVar(&f.reason, "reason", "", "why, for the history")
	flags.StringVar(&f.breakGlass, "break-glass", "", "pass over the approvals, for this reason, which goes into the audit log as an alarm")
	flags.StringVar(&f.dotenv, "dotenv", "", "file to write DASIER_ADDRESS and DASIER_DEPLOYMENT to, for later commands and jobs")
	waitFlag(cmd, &f.wait)
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.environment == "" {
			return errors.New("usage: dasier deploy --env ENVIRONMENT (--model MODEL | --service FILE | --site FILE)")
		}
		if err := onlyOne(cmd, "model", "service", "site"); err != nil {
			return err
		}
		if f.model == "" && f.service == "" && f.site == "" {
			return errors.New("what? Give --model MODEL, --service FILE or --site FILE")
		}
		if err := onlyOne(cmd, "version", "alias", "commit"); err != nil {
			return err
		}
		c, err := connect()
		if err != nil {
			return err
		}
		in := map[string]any{"environment": f.environment, "reason": f.reason}
		if f.breakGlass != "" {
			in["break_glass_reason"] = f.breakGlass
		}
		if err := f.choose(cmd, c, in); err != nil {
			return err
		}
		var d deployment
		if err := c.call(cmd.Context(), "POST", c.projectPath("/deployments"), in, &d); err != nil {
			return err
		}
		if d.Comparison != nil {
			fmt.Fprintln(cmd.OutOrStdout(), d.Comparison.Words)
		}
		if d.Status == "skipped" {
			fmt.Fprintf(cmd.OutOrStdout(), "%s goes on with what it has\n", d.Environment)
			return nil
		}
		fmt.Fprintf(cmd.OutOrStdout(), "deploying %s to %s\n", d.Title, d.Environment)
		if err := tellDeployment(cmd, c, d, f.wait); err != nil || f.dotenv == "" {
			return err
		}
		return f.tellAddress(cmd.Context(), c, d)
	}
	return cmd
}

// tellAddress writes where the environment answers, as a dotenv report.
func (f *deployFlags) tellAddress(ctx context.Context, c *client, d deployment) error {
	var e struct {
		Address string `json:"address"`
		Page    string `json:"url"`
	}
	if err := c.call(ctx, "GET", c.projectPath("/environments/%s", url.PathEscape(d.Environment)), nil, &e); err != nil {
		return err
	}
	text := fmt.Sprintf("DASIER_ADDRESS=%s\nDASIER_DEPLOYMENT=%d\n", first(e.Address, e.Page), d.ID)
	if err := os.WriteFile(f.dotenv, []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", f.dotenv, err)
	}
	return nil
}

// waitFlag adds --wait, which may be given without a value.
func waitFlag(cmd *cobra.Command, wait *time.Duration) {
	cmd.Flags().DurationVar(wait, "wait", waitDefault, "how long to wait for it, as --wait=5m; 0: do not wait")
	cmd.Flags().Lookup("wait").NoOptDefVal = waitDefault.String()
}

// choose says what is deployed; the files of a service or site are packed and
// uploaded first.
func (f *deployFlags) choose(cmd *cobra.Command, c *client, in map[string]any) error {
	if f.model == "" {
		return packAndUpload(cmd, c, f, in)
	}
	in["model"], in["version"], in["alias"], in["commit"] = f.model, f.number, f.alias, f.commit
	if f.better != "" {
		in["only_if_better"] = map[string]any{"metric": f.better}
	}
	return nil
}

func rollbackCommand() *cobra.Command {
	var environment, reason string
	var to int64
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "rollback --env ENVIRONMENT --reason WHY",
		Short: "Bring back what an environment served before, and wait for it",
		Long: `Bring back what an environment served before what it serves now, or what it
served with an earlier deployment (--to), and wait until it answers. The reason
stands in the environment's history.`,
		Args: arguments(0, 0, "--env ENVIRONMENT --reason WHY"),
		Example: `  dasier rollback --env production --reason "prices of flats are too high"
  dasier rollback --env production --to 17 --reason "back to the version of May"`,
	}
	cmd.Flags().StringVar(&environment, "env", "", "environment (needed)")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the history (needed)")
	cmd.Flags().Int64Var(&to, "to", 0, "number of the deployment to bring back; the one before when absent")
	waitFlag(cmd, &wait)
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
		in := map[string]any{"reason": reason}
		if to != 0 {
			in["deployment"] = to
		}
		if err := c.call(cmd.Context(), "POST", path, in, &d); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "rolling %s back to %s\n", d.Environment, d.Title)
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
	if d.Status == "blocked" {
		fmt.Fprintf(cmd.OutOrStdout(), "it waits for approval (%d of %d): deployment %d\n", len(d.Approvals), d.Needed, d.ID)
	}
	if wait == 0 {
		return nil
	}
	d, err := awaitDeployment(cmd.Context(), c, d, wait)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s answers with %s\n", d.Environment, d.Title)
	if d.Kind == "service" || d.Kind == "site" {
		var e struct {
			Address string `json:"address"`
		}
		if err := c.call(cmd.Context(), "GET", c.projectPath("/environments/%s", url.PathEscape(d.Environment)), nil, &e); err != nil {
			return err
		}
		if e.Address != "" {
			fmt.Fprintln(cmd.OutOrStdout(), e.Address)
		}
	}
	return nil
}

func awaitDeployment(ctx context.Context, c *client, d deployment, limit time.Duration) (deployment, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		switch d.Status {
		case "success":
			return d, nil
		case "failed":
			return d, fmt.Errorf("the deployment failed: %s", d.Error)
		case "rejected", "superseded", "skipped":
			return d, fmt.Errorf("the deployment was %s: %s", d.Status, d.Error)
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
