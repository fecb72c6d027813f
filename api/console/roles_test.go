package console_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"dasier/forge/auth"
)

const rolesPage = "../../docs/use/roles.md"

// TestRolesPageIsAsTheTable: docs/use/roles.md is written from auth.Rules and
// from the operations that the walk tries, so that it says what is so.
func TestRolesPageIsAsTheTable(t *testing.T) {
	page := rolesText()
	if *update {
		must(t, os.WriteFile(rolesPage, []byte(page), 0o644)) //nolint:gosec // a page of the documentation
	}
	written, err := os.ReadFile(rolesPage)
	must(t, err)
	if string(written) != page {
		t.Errorf("%s is not as the table: go test ./api/console -run TestRolesPage -update writes it", rolesPage)
	}
}

const rolesHead = `<!-- Written by go test ./api/console -run TestRolesPage -update. Do not edit. -->
# Who may do what

A member of a project has one role. Higher roles may do all that lower ones may; administrators
of the server may do everything, but for what only others may do for one: approve one's own change.
A role is given in the project itself or in its group, for good or until a day, and of the two the
higher counts. The console shows this table, and under *Settings → What may I do here* what you may
do in a project and, for each thing that you may not, why.

## Scripts

- **A job's token** has the rights of whoever started the pipeline, now, and of those what pipelines
  are for (the column *job*). It reaches its own project. Another project can list it under
  *Settings → Job access*: then it reads there (*next door*), if its user may.
- **A project's own token** (` + "`dsr_dep_…`" + `) has one role in one project, and no person. What gives
  rights, and what a second pair of eyes is for, it may not (the column *project's token*).
- **A personal token** has its user's rights, within its scopes. The scope ` + "`api`" + ` suffices for everything.
- A blocked user's sessions and tokens, and the jobs of pipelines they started, end at once.

## Permissions

`

// rolesText is the page.
func rolesText() string {
	var b strings.Builder
	b.WriteString(rolesHead)
	b.WriteString("| to … | guest | reporter | developer | maintainer | owner | job | next door | project's token | other scopes that suffice | permission |\n")
	b.WriteString("|---|:-:|:-:|:-:|:-:|:-:|:-:|:-:|:-:|---|---|\n")
	tick := func(yes bool) string {
		if yes {
			return "✓"
		}
		return ""
	}
	for _, rule := range auth.Rules {
		fmt.Fprintf(&b, "| %s |", rule.About)
		for _, role := range []auth.Role{auth.Guest, auth.Reporter, auth.Developer, auth.Maintainer, auth.Owner} {
			fmt.Fprintf(&b, " %s |", tick(role >= rule.Role))
		}
		fmt.Fprintf(&b, " %s | %s | %s | %s | `%s` |\n",
			tick(rule.Job), tick(auth.ForNeighbours(rule.Permission)), tick(!auth.ForPeople(rule.Permission) && rule.Role <= auth.Maintainer), scopeNames(rule.Scopes), rule.Permission)
	}
	b.WriteString("\n## Calls of the API\n\nEach asks for one permission. The answer to who may not is 403 with the permission's name, 401 to\n" +
		"nobody, and 404 to those who may not see the project or group at all.\n\n| call | asks for | lowest role |\n|---|---|---|\n")
	for _, o := range sortedOperations() {
		asks, role := string(o.needs), "—"
		if o.asks() {
			asks, role = "`"+asks+"`", auth.RuleOf(o.needs).Role.String()
			if o.ofGroup() {
				role += " of the group"
			}
		}
		fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", o.method, o.template(), asks, role)
	}
	return b.String()
}

func scopeNames(scopes []auth.Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = "`" + string(s) + "`"
	}
	return strings.Join(names, " ")
}

// sortedOperations are in the order of their addresses, whatever the table's.
func sortedOperations() []operation {
	sorted := slices.Clone(operations)
	slices.SortStableFunc(sorted, func(a, b operation) int {
		return strings.Compare(a.template()+" "+a.method, b.template()+" "+b.method)
	})
	return sorted
}
