package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dasier/app"
	"dasier/forge/auth"
)

func adminCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "admin",
		Short: "Users and tokens, from the machine's own shell",
		Long: `Users and tokens, from the machine's own shell: for scripts and recovery.

These commands work on the data folder itself, whether or not the server runs;
whoever may read the folder is trusted.`,
	}
	user := &cobra.Command{Use: "user", Short: "Create, list and block users, and set passwords"}
	user.AddCommand(adminUserCreate(), adminUserList(), adminUserPassword(), adminUserBlock(true), adminUserBlock(false))
	token := &cobra.Command{Use: "token", Short: "Make access tokens"}
	token.AddCommand(adminTokenCreate())
	cmd.AddCommand(user, token)
	return cmd
}

// shell is the actor of the machine's own shell.
var shell = auth.System("shell")

// withAuth opens the data folder's users for one command.
func withAuth(ctx context.Context, load func() (app.Config, []app.Effective, error), do func(*auth.Service) error) error {
	config, _, err := load()
	if err != nil {
		return err
	}
	return app.WithAuth(ctx, config, do)
}

func adminUserCreate() *cobra.Command {
	var r auth.Registration
	cmd := &cobra.Command{
		Use:   "create USERNAME",
		Short: "Create a user; the password is read from standard input",
		Args:  arguments(1, 1, "USERNAME --email ADDRESS"),
		Example: `  dasier admin user create ada --email ada@example.com --admin
  echo "$PASSWORD" | dasier admin user create ada --email ada@example.com --data /srv/dasier`,
	}
	cmd.Flags().StringVar(&r.Email, "email", "", "e-mail address (needed)")
	cmd.Flags().StringVar(&r.Name, "name", "", "full name (default: the user name)")
	cmd.Flags().BoolVar(&r.Admin, "admin", false, "make the user an administrator")
	load := settingFlags(cmd, "data", "database")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		r.Username = args[0]
		if r.Password, err = readPassword(cmd); err != nil {
			return err
		}
		return withAuth(cmd.Context(), load, func(s *auth.Service) error {
			u, err := s.CreateUser(cmd.Context(), shell, r)
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "created user %s (%d)\n", u.Username, u.ID)
			}
			return err
		})
	}
	return cmd
}

func adminUserPassword() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "password USERNAME",
		Short: "Set a user's password; it is read from standard input",
		Args:  arguments(1, 1, "USERNAME"),
	}
	load := settingFlags(cmd, "data", "database")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		password, err := readPassword(cmd)
		if err != nil {
			return err
		}
		return withAuth(cmd.Context(), load, func(s *auth.Service) error {
			u, err := s.UserByName(cmd.Context(), shell, args[0])
			if err != nil {
				return err
			}
			return s.SetPassword(cmd.Context(), shell, u.ID, password)
		})
	}
	return cmd
}

func adminUserList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the users: name, e-mail, and whether administrator or blocked",
		Args:  arguments(0, 0, ""),
	}
	load := settingFlags(cmd, "data", "database")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withAuth(cmd.Context(), load, func(s *auth.Service) error {
			const page = 200
			for offset := 0; ; offset += page {
				users, total, err := s.Users(cmd.Context(), shell, "", offset, page)
				if err != nil {
					return err
				}
				for _, u := range users {
					fmt.Fprintf(cmd.OutOrStdout(), "%-24s %-32s%s\n", u.Username, u.Email, standing(u))
				}
				if offset+page >= total {
					return nil
				}
			}
		})
	}
	return cmd
}

func standing(u auth.User) string {
	text := ""
	if u.Admin {
		text += " administrator"
	}
	if u.Blocked {
		text += " blocked"
	}
	return text
}

// adminUserBlock makes the command that blocks, or the one that unblocks.
func adminUserBlock(blocked bool) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "unblock USERNAME",
		Short: "Let a blocked user in again: tokens work, and they sign in anew",
		Args:  arguments(1, 1, "USERNAME"),
	}
	done := "unblocked"
	if blocked {
		cmd.Use, cmd.Short, done = "block USERNAME", "Shut a user out: sessions, tokens and running jobs end at once", "blocked"
	}
	load := settingFlags(cmd, "data", "database")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withAuth(cmd.Context(), load, func(s *auth.Service) error {
			u, err := s.UpdateUser(cmd.Context(), shell, args[0], auth.Change{Blocked: &blocked})
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%s user %s\n", done, u.Username)
			}
			return err
		})
	}
	return cmd
}

func adminTokenCreate() *cobra.Command {
	var name, expires string
	var scopes []string
	cmd := &cobra.Command{
		Use:     "create USERNAME",
		Short:   "Make an access token for a user and print it",
		Args:    arguments(1, 1, "USERNAME --name PURPOSE"),
		Example: `  dasier admin token create ada --name backup --scopes read_api --expires 2160h`,
	}
	cmd.Flags().StringVar(&name, "name", "", "what the token is for (needed)")
	cmd.Flags().StringSliceVar(&scopes, "scopes", []string{"api"}, "what it may do: api, read_api, read_repository, write_repository, predict")
	cmd.Flags().StringVar(&expires, "expires", "8760h", "how long it is good, such as 720h; never: no end")
	load := settingFlags(cmd, "data", "database")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var until *time.Time
		if expires != "never" {
			d, err := time.ParseDuration(expires)
			if err != nil || d <= 0 {
				return fmt.Errorf("--expires %q: expected a duration such as 720h, or never", expires)
			}
			end := time.Now().Add(d).UTC()
			until = &end
		}
		wanted := make([]auth.Scope, len(scopes))
		for i, scope := range scopes {
			wanted[i] = auth.Scope(scope)
		}
		return withAuth(cmd.Context(), load, func(s *auth.Service) error {
			_, secret, err := s.IssueToken(cmd.Context(), shell, args[0], name, wanted, until)
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), secret)
			}
			return err
		})
	}
	return cmd
}

// readPassword reads one line, so that no password stands on a command line
// where other users of the machine can see it.
func readPassword(cmd *cobra.Command) (string, error) {
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprint(cmd.ErrOrStderr(), "password (it will be shown as you type): ")
	}
	line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		if err == nil {
			return "", fmt.Errorf("the password is empty")
		}
		return "", fmt.Errorf("no password on standard input: echo it into this command")
	}
	return password, nil
}
