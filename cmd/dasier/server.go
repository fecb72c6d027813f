package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"dasier/app"
)

func serverCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Start everything on a data folder",
		Long: `Start everything on a data folder: git, pipelines with an embedded runner, the
registry, predictions and the pages, on one port.

On an empty folder the server prints a one-time link that makes the first
administrator. There is no default password.`,
		Args: arguments(0, 0, ""),
	}
	load := settingFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		config, _, err := load()
		if err != nil {
			return err
		}
		server, err := app.Open(cmd.Context(), config, version)
		if err != nil {
			return err
		}
		if link := server.SetupLink(); link != "" {
			fmt.Fprintf(cmd.OutOrStdout(), "Make the first administrator here (the link works once, for a day):\n\n    %s\n\n"+
				"or from this machine's shell: dasier admin user create NAME --email ADDRESS --admin --data %s\n\n", link, config.Data)
		}
		err = server.Run(cmd.Context())
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return errors.Join(err, server.Close())
	}
	return cmd
}
