package rest

import (
	"hash/fnv"
	"net/http"
	"strings"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
	"dasier/forge/repo"
)

type branchView struct {
	Name               string     `json:"name"`
	Merged             bool       `json:"merged"`
	Protected          bool       `json:"protected"`
	Default            bool       `json:"default"`
	DevelopersCanPush  bool       `json:"developers_can_push"`
	DevelopersCanMerge bool       `json:"developers_can_merge"`
	CanPush            bool       `json:"can_push"`
	WebURL             string     `json:"web_url"`
	Commit             commitView `json:"commit"`
}

// branches lists a project's branches as the actor may use them.
func (c *call) branches(p project.Project) ([]branchView, error) {
	found, err := c.Repos.Branches(c.ctx, c.actor, p.ID)
	if err != nil {
		return nil, err
	}
	role, err := c.Projects.Role(c.ctx, c.actor, p.ID)
	if err != nil {
		return nil, err
	}
	var rules []repo.Protection
	if len(found) > 0 {
		if rules, err = c.Repos.Protections(c.ctx, c.actor, p.ID); tolerate(err) != nil {
			return nil, err
		}
	}
	return mapped(found, func(b repo.Branch) branchView {
		view := branchView{
			Name: b.Name, Protected: b.Protected, Default: b.Default, WebURL: c.projectAddress(p) + "/-/tree/" + b.Name, Commit: c.viewCommit(p, b.Commit),
		}
		if rule, protected := repo.ProtectionOf(rules, b.Name); protected {
			view.DevelopersCanPush, view.DevelopersCanMerge = rule.PushRole == auth.Developer, rule.MergeRole == auth.Developer
			view.CanPush = rule.PushRole != auth.None && role >= rule.PushRole
		} else {
			view.CanPush = role >= auth.Developer && !b.Protected
		}
		return view
	}), nil
}

func (c *call) listBranches() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("regex")
	if q.err != nil {
		return q.err
	}
	branches, err := c.branches(p)
	if err != nil {
		return err
	}
	search, matching := q.text("search"), []branchView{}
	for _, b := range branches {
		if searched(b.Name, search) {
			matching = append(matching, b)
		}
	}
	return whole(c, matching)
}

// searched matches as GitLab does: ^ and $ bind to the ends.
func searched(name, search string) bool {
	begin, atBegin := strings.CutPrefix(search, "^")
	both, atEnd := strings.CutSuffix(begin, "$")
	switch {
	case atBegin && atEnd:
		return name == both
	case atBegin:
		return strings.HasPrefix(name, begin)
	case atEnd:
		return strings.HasSuffix(name, both)
	default:
		return strings.Contains(name, search)
	}
}

func (c *call) branch(p project.Project, name string) (branchView, error) {
	branches, err := c.branches(p)
	if err != nil {
		return branchView{}, err
	}
	for _, b := range branches {
		if b.Name == name {
			return b, nil
		}
	}
	return branchView{}, missing("Branch", fault.Errorf(fault.Missing, "no branch %q", name))
}

func (c *call) getBranch() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	b, err := c.branch(p, c.element("branch"))
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, b)
}

func (c *call) createBranch() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	name, from := q.needed("branch"), q.needed("ref")
	if q.err != nil {
		return q.err
	}
	if _, err := c.Repos.CreateBranch(c.ctx, c.actor, p.ID, name, from); err != nil {
		switch {
		case fault.Is(err, fault.Missing):
			return &refusal{http.StatusBadRequest, said{Message: "Invalid reference name: " + from}}
		case fault.Is(err, fault.Conflict):
			return &refusal{http.StatusBadRequest, said{Message: fault.Message(err)}}
		}
		return err
	}
	b, err := c.branch(p, name)
	if err != nil {
		return err
	}
	return c.answer(http.StatusCreated, b)
}

func (c *call) deleteBranch() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	if err := c.Repos.DeleteBranch(c.ctx, c.actor, p.ID, c.element("branch"), ""); err != nil {
		return missing("Branch", err)
	}
	return c.gone()
}

type levelView struct {
	ID          int64     `json:"id"`
	AccessLevel auth.Role `json:"access_level"`
	Description string    `json:"access_level_description"`
}

// levels is a list of the one lowest role that may. The identifier of an entry is
// made of what it is: it is no row of its own here.
func levels(role auth.Role) []levelView {
	about := map[auth.Role]string{auth.None: "No one", auth.Developer: "Developers + Maintainers", auth.Maintainer: "Maintainers"}
	return []levelView{{ID: int64(role), AccessLevel: role, Description: about[role]}}
}

type protectionView struct {
	ID                int64       `json:"id"`
	Name              string      `json:"name"`
	Push              []levelView `json:"push_access_levels"`
	Merge             []levelView `json:"merge_access_levels"`
	Unprotect         []levelView `json:"unprotect_access_levels"`
	AllowForcePush    bool        `json:"allow_force_push"`
	OwnersMustApprove bool        `json:"code_owner_approval_required"`
}

func viewProtection(r repo.Protection) protectionView {
	return protectionView{
		ID: ruleNumber(r.Pattern), Name: r.Pattern, Push: levels(r.PushRole), Merge: levels(r.MergeRole), Unprotect: levels(auth.Maintainer),
		OwnersMustApprove: r.RequireOwners,
	}
}

// ruleNumber is a number that stays with a pattern: rules are named by their
// patterns here, and clients want numbers of them.
func ruleNumber(pattern string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(pattern)) // a hash never fails
	return int64(h.Sum32())
}

func (c *call) protections() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	rules, err := c.Repos.Protections(c.ctx, c.actor, p.ID)
	if err != nil {
		return err
	}
	search, matching := c.read().text("search"), []protectionView{}
	for _, rule := range rules {
		if strings.Contains(rule.Pattern, search) {
			matching = append(matching, viewProtection(rule))
		}
	}
	return whole(c, matching)
}

func (c *call) protection(p project.Project, pattern string) (repo.Protection, error) {
	rules, err := c.Repos.Protections(c.ctx, c.actor, p.ID)
	if err != nil {
		return repo.Protection{}, err
	}
	for _, rule := range rules {
		if rule.Pattern == pattern {
			return rule, nil
		}
	}
	return repo.Protection{}, missing("Protected Branch", fault.Errorf(fault.Missing, "no rule %q", pattern))
}

func (c *call) getProtection() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	rule, err := c.protection(p, c.element("name"))
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, viewProtection(rule))
}

func (c *call) protect() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("allow_force_push", "allowed_to_push", "allowed_to_merge", "allowed_to_unprotect", "unprotect_access_level")
	rule := repo.Protection{
		Pattern: q.needed("name"), PushRole: q.ruleLevel("push_access_level"), MergeRole: q.ruleLevel("merge_access_level"),
		RequireOwners: q.on("code_owner_approval_required"),
	}
	if q.err != nil {
		return q.err
	}
	if _, err := c.protection(p, rule.Pattern); err == nil {
		return taken("Protected branch '" + rule.Pattern + "' already exists")
	}
	if err := c.Repos.Protect(c.ctx, c.actor, p.ID, rule); err != nil {
		return err
	}
	return c.answer(http.StatusCreated, viewProtection(rule))
}

// ruleLevel is a level of a rule: nobody, developers or maintainers, who are
// meant when none was given.
func (r *reader) ruleLevel(name string) auth.Role {
	n := r.number(name)
	if n == nil {
		return auth.Maintainer
	}
	switch role := auth.Role(*n); role {
	case auth.None, auth.Developer, auth.Maintainer:
		return role
	default:
		r.fail(name, "does not have a valid value")
		return auth.None
	}
}

func (c *call) editProtection() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	rule, err := c.protection(p, c.element("name"))
	if err != nil {
		return err
	}
	q := c.read()
	q.unsupported("allow_force_push", "allowed_to_push", "allowed_to_merge", "allowed_to_unprotect")
	if required := q.flag("code_owner_approval_required"); required != nil {
		rule.RequireOwners = *required
	}
	if q.err != nil {
		return q.err
	}
	if err := c.Repos.Protect(c.ctx, c.actor, p.ID, rule); err != nil {
		return err
	}
	return c.answer(http.StatusOK, viewProtection(rule))
}

func (c *call) unprotect() error {
	p, err := c.project()
	if err != nil {
		return err
	}
	if err := c.Repos.Unprotect(c.ctx, c.actor, p.ID, c.element("name")); err != nil {
		return missing("Protected Branch", err)
	}
	return c.gone()
}
