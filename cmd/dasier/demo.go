package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"dasier/app"
	"dasier/forge/auth"
)

func demoCommand() *cobra.Command {
	var exit bool
	var password string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play the whole story on real data, ending with a price on a page",
		Long: `Play the whole story on real data: start a server on an empty folder, create a
project, push the house-price example with git, watch its pipeline train,
register and deploy a model, merge to production, and ask for a price. All of it
goes through the doors that people use: git over HTTP and the API.

The server stays up until you stop it (Ctrl-C), or until the check with --exit.`,
		Args:    arguments(0, 0, ""),
		Example: "  dasier demo\n  dasier demo --exit --addr 127.0.0.1:0",
	}
	data := cmd.Flags().String("data", "", "empty folder for the demo's data (default: a new one among the temporary files)")
	addr := cmd.Flags().String("addr", "127.0.0.1:8080", "host:port to listen on; port 0 takes any that is free")
	cmd.Flags().BoolVar(&exit, "exit", false, "stop with status 0 after the check")
	cmd.Flags().StringVar(&password, "password", "", "the demo user's password (default: a random one)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		folder, err := demoFolder(*data)
		if err != nil {
			return err
		}
		config, _, err := app.Load(os.DevNull, nil, map[string]string{"data": folder, "addr": *addr, "log-level": "warn"})
		if err != nil {
			return err
		}
		if password == "" {
			password = auth.NewSecret("")[:20]
		}
		return runDemo(cmd.Context(), cmd.OutOrStdout(), config, password, exit)
	}
	return cmd
}

// demoFolder finds the folder of the demo and refuses one that holds anything:
// the demo must not touch what is somebody's.
func demoFolder(wanted string) (string, error) {
	if wanted == "" {
		return os.MkdirTemp("", "dasier-demo-")
	}
	entries, err := os.ReadDir(wanted)
	if err != nil && !os.IsNotExist(err) {
		return "", fmt.Errorf("looking at the data folder: %w", err)
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("the folder %s is not empty: the demo needs an empty one (to go on with what is there: dasier server --data %s)", wanted, wanted)
	}
	return wanted, nil
}

// errShown ends the server when the story is over and nobody wants to look.
var errShown = errors.New("the demo is over")

func runDemo(ctx context.Context, out io.Writer, config app.Config, password string, exit bool) error {
	story := &story{out: out, began: time.Now(), password: password}
	story.step("start the server on %s", config.Data)
	server, err := app.Open(ctx, config, version)
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok {
			return fmt.Errorf("%w: is another program using %s? Choose another with --addr (make demo DEMO='--addr 127.0.0.1:8081')", op, config.Addr)
		}
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return server.Run(ctx) })
	group.Go(func() error {
		if err := story.play(ctx, server); err != nil {
			return fmt.Errorf("the demo failed while it did this: %s: %w", story.current, err)
		}
		if exit {
			return errShown
		}
		fmt.Fprintf(out, "\nThe server stays up until you press Ctrl-C.\n")
		return nil
	})
	err = group.Wait()
	if errors.Is(err, errShown) || errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, server.Close())
}
