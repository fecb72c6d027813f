package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// environment is what the API says of one.
type environment struct {
	Name    string      `json:"name"`
	Kind    string      `json:"kind"`
	Health  string      `json:"health"`
	Problem string      `json:"problem"`
	Address string      `json:"address"`
	URL     string      `json:"url"`
	Stopped bool        `json:"stopped"`
	Current *deployment `json:"current"`
}

func environmentCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "environment",
		Short: "List, stop and open environments, and read their services' logs",
	}
	cmd.AddCommand(environmentListCommand(), environmentStopCommand(), environmentLogsCommand(), environmentOpenCommand())
	return cmd
}

func environmentListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List the project's environments, what serves there and where", Args: arguments(0, 0, ""),
		Example: "  dasier environment list --project house-prices/api",
	}
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := connect()
		if err != nil {
			return err
		}
		var list struct {
			Items []environment `json:"items"`
		}
		if err := c.call(cmd.Context(), http.MethodGet, c.projectPath("/environments"), nil, &list); err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "ENVIRONMENT\tHEALTH\tSERVES\tADDRESS")
		for _, e := range list.Items {
			health, serves := e.Health, "-"
			if e.Stopped {
				health = "stopped"
			}
			if e.Current != nil {
				serves = e.Current.Title
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Name, health, serves, first(e.Address, e.URL))
		}
		return w.Flush()
	}
	return cmd
}

func environmentStopCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "stop ENVIRONMENT", Short: "Stop an environment until the next deployment", Args: arguments(1, 1, "ENVIRONMENT"),
		Example: "  dasier environment stop review/new-form",
	}
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := connect()
		if err != nil {
			return err
		}
		if err := c.call(cmd.Context(), http.MethodPost, c.environmentPath(args[0], "/stop"), nil, nil); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s is being stopped\n", args[0])
		return nil
	}
	return cmd
}

func environmentOpenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "open ENVIRONMENT", Short: "Print an address that opens an environment's service or site in a browser", Args: arguments(1, 1, "ENVIRONMENT"),
		Long: `Print an address that opens an environment's service or site in a browser. For a
private one it works for a minute, and lets the browser in that opens it.`,
		Example: "  dasier environment open review/new-form",
	}
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := connect()
		if err != nil {
			return err
		}
		var at struct {
			URL string `json:"url"`
		}
		if err := c.call(cmd.Context(), http.MethodPost, c.environmentPath(args[0], "/open"), nil, &at); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), at.URL)
		return nil
	}
	return cmd
}

func environmentLogsCommand() *cobra.Command {
	var lines int
	var follow bool
	cmd := &cobra.Command{
		Use: "logs ENVIRONMENT", Short: "Print the end of what an environment's service wrote", Args: arguments(1, 1, "ENVIRONMENT"),
		Example: "  dasier environment logs production --follow",
	}
	cmd.Flags().IntVar(&lines, "lines", 100, "how many lines")
	cmd.Flags().BoolVar(&follow, "follow", false, "go on with what it writes")
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := connect()
		if err != nil {
			return err
		}
		if follow {
			return c.followLog(cmd.Context(), cmd.OutOrStdout(), c.environmentPath(args[0], fmt.Sprintf("/logs/stream?lines=%d", lines)))
		}
		var log struct {
			Text string `json:"text"`
		}
		if err := c.call(cmd.Context(), http.MethodGet, c.environmentPath(args[0], fmt.Sprintf("/logs?lines=%d", lines)), nil, &log); err != nil {
			return err
		}
		_, err = io.WriteString(cmd.OutOrStdout(), log.Text)
		return err
	}
	return cmd
}

func (c *client) environmentPath(name, rest string) string {
	return c.projectPath("/environments/%s", url.PathEscape(name)) + rest
}

// followLog prints a stream of server-sent events until it ends.
func (c *client) followLog(ctx context.Context, out io.Writer, path string) (err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server+path, nil)
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the server %s cannot be reached: %w", c.server, err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return refusal(response)
	}
	scanner := bufio.NewScanner(response.Body)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		data, ok := strings.CutPrefix(scanner.Text(), "data: ")
		if !ok {
			continue
		}
		var part struct {
			Text string `json:"text"`
		}
		if err := json.Unmarshal([]byte(data), &part); err != nil {
			return fmt.Errorf("reading the log: %w", err)
		}
		if _, err := io.WriteString(out, part.Text); err != nil {
			return err
		}
	}
	if err := scanner.Err(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("reading the log: %w", err)
	}
	return nil
}
