package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// mergeRequest is as much of one as the commands tell.
type mergeRequest struct {
	Number    int    `json:"number"`
	Title     string `json:"title"`
	State     string `json:"state"`
	Draft     bool   `json:"draft"`
	Source    string `json:"source"`
	Target    string `json:"target"`
	HeadSHA   string `json:"head_sha"`
	MergeSHA  string `json:"merge_sha"`
	Commits   int    `json:"commits"`
	Blocked   bool   `json:"blocked"`
	CanMerge  bool   `json:"can_merge"`
	Approvals struct {
		Given  int `json:"given"`
		Needed int `json:"needed"`
	} `json:"approvals"`
	Given []struct {
		User struct {
			Username string `json:"username"`
		} `json:"user"`
		Holds   bool     `json:"holds"`
		Changed []string `json:"changed"`
	} `json:"approvals_list"`
	Blockers []struct {
		Kind    string   `json:"kind"`
		Message string   `json:"message"`
		Unblock string   `json:"unblock"`
		Paths   []string `json:"paths"`
	} `json:"blockers"`
	Author struct {
		Username string `json:"username"`
	} `json:"author"`
}

func (r *mergeRequest) line() string {
	draft := ""
	if r.Draft {
		draft = "Draft: "
	}
	return fmt.Sprintf("!%d %s%s (%s → %s, by %s): %s", r.Number, draft, r.Title, r.Source, r.Target, r.Author.Username, r.State)
}

func mergeRequestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "merge-request",
		Aliases: []string{"mr"},
		Short:   "Open, look at, approve and merge merge requests",
	}
	cmd.AddCommand(mergeRequestCreate(), mergeRequestList(), mergeRequestStatus(), mergeRequestApprove(), mergeRequestMerge())
	return cmd
}

func mergeRequestCreate() *cobra.Command {
	var source, target, title, description string
	var reviewers []string
	var draft, squash, remove bool
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Open a merge request",
		Long: `Open a merge request. Without a title it takes that of the only commit, or makes
one of the branch's name. In a CI job the source is the job's branch.`,
		Args: arguments(0, 0, "--source BRANCH --target BRANCH"),
		Example: `  dasier merge-request create --source topic --target main --project house-prices/model
  dasier merge-request create --source development --target production --reviewer dora`,
	}
	flags := cmd.Flags()
	flags.StringVar(&source, "source", os.Getenv("CI_COMMIT_BRANCH"), "branch to take from")
	flags.StringVar(&target, "target", "", "branch to merge into (needed)")
	flags.StringVar(&title, "title", "", "title")
	flags.StringVar(&description, "description", "", "description, in Markdown")
	flags.StringSliceVar(&reviewers, "reviewer", nil, "user name of who is asked to review; may be repeated")
	flags.BoolVar(&draft, "draft", false, "open it as a draft")
	flags.BoolVar(&squash, "squash", false, "land it as one commit")
	flags.BoolVar(&remove, "remove-source-branch", false, "delete the source branch when it is merged")
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if source == "" || target == "" {
			return errors.New("usage: dasier merge-request create --source BRANCH --target BRANCH")
		}
		c, err := connect()
		if err != nil {
			return err
		}
		in := map[string]any{"source": source, "target": target, "title": title, "description": description, "draft": draft, "squash": squash}
		if len(reviewers) > 0 {
			in["reviewers"] = reviewers
		}
		if cmd.Flags().Changed("remove-source-branch") {
			in["remove_source_branch"] = remove
		}
		var r mergeRequest
		if err := c.call(cmd.Context(), "POST", c.projectPath("/merge-requests"), in, &r); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), "opened "+r.line())
		tellBlockers(cmd.OutOrStdout(), &r)
		return nil
	}
	return cmd
}

func mergeRequestList() *cobra.Command {
	var state, search string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List merge requests, newest first",
		Args:  arguments(0, 0, ""),
	}
	cmd.Flags().StringVar(&state, "state", "opened", "opened, closed, merged or all")
	cmd.Flags().StringVar(&search, "search", "", "a part of title or description")
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := connect()
		if err != nil {
			return err
		}
		var answer struct {
			Items []mergeRequest `json:"items"`
			Total int            `json:"total"`
		}
		query := url.Values{"state": {state}, "search": {search}, "per_page": {"200"}}
		if err := c.call(cmd.Context(), "GET", c.projectPath("/merge-requests?%s", query.Encode()), nil, &answer); err != nil {
			return err
		}
		table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "NUMBER\tSTATE\tBRANCHES\tAUTHOR\tAPPROVALS\tTITLE")
		for _, r := range answer.Items {
			state := r.State
			if r.State == "opened" && r.Blocked {
				state = "blocked"
			}
			fmt.Fprintf(table, "!%d\t%s\t%s → %s\t%s\t%d/%d\t%s\n", r.Number, state, r.Source, r.Target, r.Author.Username, r.Approvals.Given, r.Approvals.Needed, r.Title)
		}
		if err := table.Flush(); err != nil {
			return err
		}
		if more := answer.Total - len(answer.Items); more > 0 {
			fmt.Fprintf(cmd.OutOrStdout(), "and %d more\n", more)
		}
		return nil
	}
	return cmd
}

func mergeRequestStatus() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status NUMBER",
		Short: "Tell what stands in the way of a merge",
		Long: `Tell what stands in the way of a merge, and what would mend it. The status is 0
when you could merge now, or it is merged, and 3 when something blocks it.`,
		Args: arguments(1, 1, "NUMBER"),
	}
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, number, err := oneRequest(connect, args[0])
		if err != nil {
			return err
		}
		var r mergeRequest
		if err := c.call(cmd.Context(), "GET", c.projectPath("/merge-requests/%d", number), nil, &r); err != nil {
			return err
		}
		w := cmd.OutOrStdout()
		fmt.Fprintln(w, r.line())
		fmt.Fprintln(w, "commit "+r.HeadSHA)
		for _, a := range r.Given {
			word := "approved by " + a.User.Username
			if !a.Holds {
				word += " (void: " + strings.Join(a.Changed, ", ") + ")"
			}
			fmt.Fprintln(w, word)
		}
		if r.State == "merged" {
			fmt.Fprintln(w, "merged as "+r.MergeSHA)
			return nil
		}
		tellBlockers(w, &r)
		if !r.CanMerge {
			return exitStatus(3)
		}
		return nil
	}
	return cmd
}

func tellBlockers(w io.Writer, r *mergeRequest) {
	if r.CanMerge {
		fmt.Fprintln(w, "Nothing stands in its way.")
		return
	}
	fmt.Fprintln(w, "It cannot be merged yet:")
	for _, b := range r.Blockers {
		fmt.Fprintf(w, "  - %s: %s\n", b.Message, b.Unblock)
		if b.Kind == "conflict" {
			for _, path := range b.Paths {
				fmt.Fprintln(w, "      "+path)
			}
		}
	}
}

func mergeRequestApprove() *cobra.Command {
	var sha string
	cmd := &cobra.Command{
		Use:   "approve NUMBER --sha COMMIT",
		Short: "Approve a merge request as it is at a commit",
		Long: `Approve a merge request as it is at the commit that you have looked at, which
"dasier merge-request status" prints. If the branch has moved since, nothing is
approved.`,
		Args: arguments(1, 1, "NUMBER --sha COMMIT"),
	}
	cmd.Flags().StringVar(&sha, "sha", "", "full name of the commit that you have looked at (needed)")
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if sha == "" {
			return errors.New("usage: dasier merge-request approve NUMBER --sha COMMIT: `dasier merge-request status` prints the commit")
		}
		c, number, err := oneRequest(connect, args[0])
		if err != nil {
			return err
		}
		var r mergeRequest
		if err := c.call(cmd.Context(), "POST", c.projectPath("/merge-requests/%d/approve", number), map[string]any{"sha": sha}, &r); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "approved !%d at %s\n", r.Number, sha)
		tellBlockers(cmd.OutOrStdout(), &r)
		return nil
	}
	return cmd
}

func mergeRequestMerge() *cobra.Command {
	var sha, message string
	cmd := &cobra.Command{
		Use:   "merge NUMBER",
		Short: "Merge a merge request",
		Long: `Merge a merge request as it is at the commit given by --sha; without it, as it is
now. It fails with the list of what stands in the way.`,
		Args: arguments(1, 1, "NUMBER [--sha COMMIT]"),
	}
	cmd.Flags().StringVar(&sha, "sha", "", "full name of the commit that you have looked at")
	cmd.Flags().StringVar(&message, "message", "", "message of the merge commit, or of the squashed one")
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, number, err := oneRequest(connect, args[0])
		if err != nil {
			return err
		}
		var r mergeRequest
		if sha == "" {
			if err := c.call(cmd.Context(), "GET", c.projectPath("/merge-requests/%d", number), nil, &r); err != nil {
				return err
			}
			sha = r.HeadSHA
		}
		in := map[string]any{"sha": sha, "message": message}
		if err := c.call(cmd.Context(), "POST", c.projectPath("/merge-requests/%d/merge", number), in, &r); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "merged !%d into %s as %s\n", r.Number, r.Target, r.MergeSHA)
		return nil
	}
	return cmd
}

func oneRequest(connect func() (*client, error), named string) (*client, int, error) {
	number, err := strconv.Atoi(strings.TrimPrefix(named, "!"))
	if err != nil || number < 1 {
		return nil, 0, fmt.Errorf("%q is no merge request's number", named)
	}
	c, err := connect()
	return c, number, err
}
