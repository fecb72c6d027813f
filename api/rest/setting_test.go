package rest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

// TestSettings walks what a project and its group are set to.
func TestSettings(t *testing.T) {
	h := newHouse(t, "ada", "bob", "cleo", "gus")
	p := h.team()
	t.Run("projects", func(t *testing.T) { h.in(t).projects(p) })
	t.Run("people", func(t *testing.T) { h.in(t).people(p) })
	t.Run("variables", func(t *testing.T) { h.in(t).variables(p) })
	t.Run("branches", func(t *testing.T) { h.in(t).branches(p) })
	t.Run("tags", func(t *testing.T) { h.in(t).tags(p) })
	t.Run("environments", func(t *testing.T) { h.in(t).environments(p) })
	t.Run("hooks", func(t *testing.T) { h.in(t).hooks(p) })
	t.Run("tokens", func(t *testing.T) { h.in(t).tokens(p) })
	h.quiet()
}

// in is the house as a subtest sees it.
func (h *house) in(t *testing.T) *house {
	inner := *h
	inner.t = t
	return &inner
}

func (h *house) projects(p *gitlab.Project) {
	t, ada := h.t, h.as("ada")
	changed := got[*gitlab.Project](t)(ada.Projects.EditProject(p.ID, &gitlab.EditProjectOptions{
		Description: new("Dear houses"), MergeMethod: new(gitlab.FastForwardMerge), SquashOption: new(gitlab.SquashOptionAlways), RemoveSourceBranchAfterMerge: new(true),
	}))
	if changed.Description != "Dear houses" || changed.MergeMethod != gitlab.FastForwardMerge || changed.SquashOption != gitlab.SquashOptionAlways || !changed.RemoveSourceBranchAfterMerge {
		t.Errorf("changed, the project is %+v", changed)
	}
	_, response, err := ada.Projects.EditProject(p.ID, &gitlab.EditProjectOptions{LFSEnabled: new(true)})
	refused(t, response, err, 400, "lfs_enabled is not supported")
	own := got[*gitlab.Project](t)(ada.Projects.CreateProject(&gitlab.CreateProjectOptions{Name: new("notes")}))
	if own.PathWithNamespace != "ada/notes" || own.Namespace.Kind != "user" || !own.EmptyRepo {
		t.Errorf("ada's own project is %+v", own)
	}
	again := got[*gitlab.Project](t)(ada.Projects.CreateProject(&gitlab.CreateProjectOptions{Name: new("more"), NamespaceID: new(own.Namespace.ID)}))
	if again.PathWithNamespace != "ada/more" {
		t.Errorf("beside it is %+v", again)
	}
	_, err = ada.Projects.DeleteProject("ada/more", nil)
	must(t, err)
	_, response, err = ada.Projects.GetProject("ada/more", nil)
	refused(t, response, err, 404, "404 Not Found")
	response, err = h.as("cleo").Projects.DeleteProject(p.ID, nil)
	refused(t, response, err, 403, "delete_project")
	groups := got[[]*gitlab.Project](t)(ada.Groups.ListGroupProjects("house-prices", nil))
	if len(groups) != 1 || groups[0].ID != p.ID {
		t.Errorf("the group has %+v", groups)
	}
}

func (h *house) people(p *gitlab.Project) {
	t, ada, bob := h.t, h.as("ada"), h.as("bob")
	if found := got[[]*gitlab.User](t)(bob.Users.ListUsers(&gitlab.ListUsersOptions{Username: new("cleo")})); len(found) != 1 || found[0].Name != "Cleo" || found[0].Email != "" {
		t.Errorf("cleo is %+v", found)
	}
	if own := got[[]*gitlab.ProjectMember](t)(bob.ProjectMembers.ListProjectMembers(p.ID, nil)); len(own) != 3 {
		t.Errorf("the members are %+v", own)
	}
	if all := got[[]*gitlab.ProjectMember](t)(bob.ProjectMembers.ListAllProjectMembers(p.ID, nil)); len(all) != 4 || all[0].Username != "ada" || all[0].AccessLevel != gitlab.OwnerPermissions {
		t.Errorf("all members are %+v", all)
	}
	end := gitlab.ISOTime(time.Now().AddDate(1, 0, 0))
	m := got[*gitlab.ProjectMember](t)(bob.ProjectMembers.EditProjectMember(p.ID, h.ids["gus"], &gitlab.EditProjectMemberOptions{AccessLevel: new(gitlab.ReporterPermissions), ExpiresAt: new(end.String())}))
	if m.AccessLevel != gitlab.ReporterPermissions || m.ExpiresAt.String() != end.String() {
		t.Errorf("changed, gus is %+v", m)
	}
	_, response, err := bob.ProjectMembers.EditProjectMember(p.ID, h.ids["gus"], &gitlab.EditProjectMemberOptions{AccessLevel: new(gitlab.OwnerPermissions)})
	refused(t, response, err, 403, "")
	_, response, err = bob.ProjectMembers.AddProjectMember(p.ID, &gitlab.AddProjectMemberOptions{UserID: h.ids["gus"], AccessLevel: new(gitlab.GuestPermissions)})
	refused(t, response, err, 409, "Member already exists")
	_, response, err = bob.ProjectMembers.AddProjectMember(p.ID, &gitlab.AddProjectMemberOptions{UserID: h.ids["gus"], AccessLevel: new(gitlab.AccessLevelValue(7))})
	refused(t, response, err, 400, "access_level does not have a valid value")
	g := got[*gitlab.GroupMember](t)(ada.GroupMembers.AddGroupMember("house-prices", &gitlab.AddGroupMemberOptions{UserID: new(h.ids["bob"]), AccessLevel: new(gitlab.DeveloperPermissions)}))
	if g.Username != "bob" {
		t.Errorf("the group's member is %+v", g)
	}
	_, err = ada.GroupMembers.RemoveGroupMember("house-prices", h.ids["bob"], nil)
	must(t, err)
	if groups := got[[]*gitlab.Group](t)(ada.Groups.ListGroups(nil)); len(groups) != 1 || groups[0].FullPath != "house-prices" {
		t.Errorf("the groups are %+v", groups)
	}
	if group := got[*gitlab.Group](t)(ada.Groups.GetGroup(p.Namespace.ID, nil)); group.Name != "House prices" {
		t.Errorf("the group is %+v", group)
	}
}

func (h *house) variables(p *gitlab.Project) {
	t, bob := h.t, h.as("bob")
	v := got[*gitlab.ProjectVariable](t)(bob.ProjectVariables.CreateVariable(p.ID, &gitlab.CreateProjectVariableOptions{
		Key: new("TOKEN"), Value: new("long-enough-secret"), MaskedAndHidden: new(true), Protected: new(true), EnvironmentScope: new("production"),
	}))
	if !v.Hidden || !v.Masked || !v.Protected || v.Value != "" || v.EnvironmentScope != "production" {
		t.Errorf("the variable is %+v", v)
	}
	got[*gitlab.ProjectVariable](t)(bob.ProjectVariables.CreateVariable(p.ID, &gitlab.CreateProjectVariableOptions{Key: new("TOKEN"), Value: new("other"), Description: new("for tests")}))
	_, response, err := bob.ProjectVariables.CreateVariable(p.ID, &gitlab.CreateProjectVariableOptions{Key: new("TOKEN"), Value: new("again")})
	refused(t, response, err, 400, "has already been taken")
	_, response, err = bob.ProjectVariables.GetVariable(p.ID, "TOKEN", nil)
	refused(t, response, err, 409, "multiple variables")
	everywhere := &gitlab.VariableFilter{EnvironmentScope: "*"}
	v = got[*gitlab.ProjectVariable](t)(bob.ProjectVariables.UpdateVariable(p.ID, "TOKEN", &gitlab.UpdateProjectVariableOptions{Value: new("new"), Filter: everywhere}))
	if v.Value != "new" || v.Description != "for tests" {
		t.Errorf("changed, the variable is %+v", v)
	}
	if v = got[*gitlab.ProjectVariable](t)(bob.ProjectVariables.GetVariable(p.ID, "TOKEN", &gitlab.GetProjectVariableOptions{Filter: everywhere})); v.Value != "new" {
		t.Errorf("the variable is %+v", v)
	}
	_, err = bob.ProjectVariables.RemoveVariable(p.ID, "TOKEN", &gitlab.RemoveProjectVariableOptions{Filter: everywhere})
	must(t, err)
	if list := got[[]*gitlab.ProjectVariable](t)(bob.ProjectVariables.ListVariables(p.ID, nil)); len(list) != 1 || list[0].Value != "" {
		t.Errorf("the variables are %+v", list)
	}
	_, response, err = h.as("cleo").ProjectVariables.ListVariables(p.ID, nil)
	refused(t, response, err, 403, "manage_variables")
	g := got[*gitlab.GroupVariable](t)(h.as("ada").GroupVariables.CreateVariable("house-prices", &gitlab.CreateGroupVariableOptions{
		Key: new("SHARED"), Value: new("yes"), VariableType: new(gitlab.FileVariableType),
	}))
	if g.VariableType != gitlab.FileVariableType || g.Value != "yes" {
		t.Errorf("the group's variable is %+v", g)
	}
}

func (h *house) branches(p *gitlab.Project) {
	t, bob := h.t, h.as("bob")
	rule := got[*gitlab.ProtectedBranch](t)(bob.ProtectedBranches.ProtectRepositoryBranches(p.ID, &gitlab.ProtectRepositoryBranchesOptions{
		Name: new("release/*"), PushAccessLevel: new(gitlab.NoPermissions), MergeAccessLevel: new(gitlab.MaintainerPermissions), CodeOwnerApprovalRequired: new(true),
	}))
	if rule.PushAccessLevels[0].AccessLevel != gitlab.NoPermissions || !rule.CodeOwnerApprovalRequired || rule.ID == 0 {
		t.Errorf("the rule is %+v", rule)
	}
	_, response, err := bob.ProtectedBranches.ProtectRepositoryBranches(p.ID, &gitlab.ProtectRepositoryBranchesOptions{Name: new("release/*")})
	refused(t, response, err, 409, "already exists")
	_, response, err = bob.ProtectedBranches.ProtectRepositoryBranches(p.ID, &gitlab.ProtectRepositoryBranchesOptions{Name: new("x"), AllowForcePush: new(true)})
	refused(t, response, err, 400, "allow_force_push is not supported")
	rule = got[*gitlab.ProtectedBranch](t)(bob.ProtectedBranches.UpdateProtectedBranch(p.ID, "release/*", &gitlab.UpdateProtectedBranchOptions{CodeOwnerApprovalRequired: new(false)}))
	if rule.CodeOwnerApprovalRequired {
		t.Errorf("changed, the rule is %+v", rule)
	}
	if list := got[[]*gitlab.ProtectedBranch](t)(bob.ProtectedBranches.ListProtectedBranches(p.ID, nil)); len(list) != 2 {
		t.Errorf("the rules are %+v", list)
	}
	_, err = bob.ProtectedBranches.UnprotectRepositoryBranches(p.ID, "release/*")
	must(t, err)
	_, response, err = bob.ProtectedBranches.GetProtectedBranch(p.ID, "release/*")
	refused(t, response, err, 404, "404 Not Found")
	got[*gitlab.Branch](t)(bob.Branches.CreateBranch(p.ID, &gitlab.CreateBranchOptions{Branch: new("try.it"), Ref: new("main")}))
	if b := got[*gitlab.Branch](t)(bob.Branches.GetBranch(p.ID, "try.it")); b.Name != "try.it" {
		t.Errorf("the branch is %+v", b)
	}
	_, err = bob.Branches.DeleteBranch(p.ID, "try.it")
	must(t, err)
	_, response, err = bob.Branches.GetBranch(p.ID, "try.it")
	refused(t, response, err, 404, "404 Not Found")
	response, err = bob.Branches.DeleteBranch(p.ID, "main")
	refused(t, response, err, 403, "default branch")
}

func (h *house) tags(p *gitlab.Project) {
	t, bob := h.t, h.as("bob")
	tag := got[*gitlab.Tag](t)(bob.Tags.CreateTag(p.ID, &gitlab.CreateTagOptions{TagName: new("v1.0"), Ref: new("main")}))
	if tag.Name != "v1.0" || tag.Target != tag.Commit.ID || tag.Commit.Title != "Initial commit" || tag.Message != "" {
		t.Errorf("the tag is %+v", tag)
	}
	_, response, err := bob.Tags.CreateTag(p.ID, &gitlab.CreateTagOptions{TagName: new("v1.0"), Ref: new("main")})
	refused(t, response, err, 400, "Tag v1.0 already exists")
	_, response, err = bob.Tags.CreateTag(p.ID, &gitlab.CreateTagOptions{TagName: new("v..2"), Ref: new("main")})
	refused(t, response, err, 400, "choose another name")
	_, response, err = bob.Tags.CreateTag(p.ID, &gitlab.CreateTagOptions{TagName: new("v2"), Ref: new("nowhere")})
	refused(t, response, err, 400, "Target nowhere is invalid")
	if list := got[[]*gitlab.Tag](t)(bob.Tags.ListTags(p.ID, &gitlab.ListTagsOptions{Search: new("^v1")})); len(list) != 1 || list[0].Name != "v1.0" {
		t.Errorf("the tags are %+v", list)
	}
	if tag = got[*gitlab.Tag](t)(bob.Tags.GetTag(p.ID, "v1.0")); tag.Name != "v1.0" {
		t.Errorf("the tag is %+v", tag)
	}
	_, err = bob.Tags.DeleteTag(p.ID, "v1.0")
	must(t, err)
	_, response, err = bob.Tags.GetTag(p.ID, "v1.0")
	refused(t, response, err, 404, "404 Not Found")
}

func (h *house) environments(p *gitlab.Project) {
	t, bob := h.t, h.as("bob")
	e := got[*gitlab.Environment](t)(bob.Environments.CreateEnvironment(p.ID, &gitlab.CreateEnvironmentOptions{Name: new("staging"), Description: new("to try")}))
	if e.Name != "staging" || e.Tier != "staging" || e.State != "available" || e.Description != "to try" {
		t.Errorf("the environment is %+v", e)
	}
	guarded := got[*gitlab.ProtectedEnvironment](t)(bob.ProtectedEnvironments.ProtectRepositoryEnvironments(p.ID, &gitlab.ProtectRepositoryEnvironmentsOptions{
		Name: new("production"), DeployAccessLevels: &[]*gitlab.EnvironmentAccessOptions{{AccessLevel: new(gitlab.MaintainerPermissions)}},
		ApprovalRules: &[]*gitlab.EnvironmentApprovalRuleOptions{{AccessLevel: new(gitlab.MaintainerPermissions), RequiredApprovalCount: new(int64(2))}},
	}))
	if guarded.Name != "production" || guarded.DeployAccessLevels[0].AccessLevel != gitlab.MaintainerPermissions || guarded.RequiredApprovalCount != 2 || guarded.ApprovalRules[0].RequiredApprovalCount != 2 {
		t.Errorf("the protected environment is %+v", guarded)
	}
	if list := got[[]*gitlab.ProtectedEnvironment](t)(bob.ProtectedEnvironments.ListProtectedEnvironments(p.ID, nil)); len(list) != 1 {
		t.Errorf("the protected environments are %+v", list)
	}
	response, err := h.as("cleo").ProtectedEnvironments.UnprotectEnvironment(p.ID, "production")
	refused(t, response, err, 403, "manage_environment")
	list := got[[]*gitlab.Environment](t)(h.as("cleo").Environments.ListEnvironments(p.ID, nil))
	if len(list) != 2 {
		t.Errorf("the environments are %+v", list)
	}
	if e = got[*gitlab.Environment](t)(bob.Environments.GetEnvironment(p.ID, e.ID)); e.Name != "staging" {
		t.Errorf("the environment is %+v", e)
	}
	if none := got[[]*gitlab.Deployment](t)(bob.Deployments.ListProjectDeployments(p.ID, nil)); len(none) != 0 {
		t.Errorf("the deployments are %+v", none)
	}
	_, err = bob.ProtectedEnvironments.UnprotectEnvironment(p.ID, "production")
	must(t, err)
	_, err = bob.Environments.DeleteEnvironment(p.ID, e.ID)
	must(t, err)
}

func (h *house) hooks(p *gitlab.Project) {
	t, bob := h.t, h.as("bob")
	told := make(chan string, 1)
	listener := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		told <- r.Header.Get("X-Gitlab-Event") + " " + r.Header.Get("X-Gitlab-Token")
	}))
	defer listener.Close()
	hook := got[*gitlab.ProjectHook](t)(bob.Projects.AddProjectHook(p.ID, &gitlab.AddProjectHookOptions{
		URL: new(listener.URL), Token: new("between-us"), MergeRequestsEvents: new(true), PushEvents: new(false),
	}))
	if !hook.MergeRequestsEvents || hook.PushEvents || hook.URL != listener.URL {
		t.Errorf("the hook is %+v", hook)
	}
	hook = got[*gitlab.ProjectHook](t)(bob.Projects.EditProjectHook(p.ID, hook.ID, &gitlab.EditProjectHookOptions{URL: new(listener.URL), PipelineEvents: new(true)}))
	if !hook.MergeRequestsEvents || !hook.PipelineEvents || hook.PushEvents {
		t.Errorf("changed, the hook is %+v", hook)
	}
	_, err := bob.Projects.TriggerTestProjectHook(p.ID, hook.ID, gitlab.ProjectHookEventMergeRequests)
	must(t, err)
	if got := <-told; got != "Merge Request Hook between-us" {
		t.Errorf("the listener was told %q", got)
	}
	_, response, err := bob.Projects.AddProjectHook(p.ID, &gitlab.AddProjectHookOptions{URL: new(listener.URL), IssuesEvents: new(true)})
	refused(t, response, err, 400, "issues_events is not supported")
	if list := got[[]*gitlab.ProjectHook](t)(bob.Projects.ListProjectHooks(p.ID, nil)); len(list) != 1 {
		t.Errorf("the hooks are %+v", list)
	}
	_, err = bob.Projects.DeleteProjectHook(p.ID, hook.ID)
	must(t, err)
	_, response, err = bob.Projects.GetProjectHook(p.ID, hook.ID)
	refused(t, response, err, 404, "404 Not Found")
}

func (h *house) tokens(p *gitlab.Project) {
	t, bob := h.t, h.as("bob")
	self := got[*gitlab.PersonalAccessToken](t)(bob.PersonalAccessTokens.GetSinglePersonalAccessToken())
	if self.Name != "test" || self.UserID != h.ids["bob"] || !self.Active {
		t.Errorf("bob's token is %+v", self)
	}
	end := gitlab.ISOTime(time.Now().AddDate(0, 1, 0))
	made := got[*gitlab.ProjectAccessToken](t)(bob.ProjectAccessTokens.CreateProjectAccessToken(p.ID, &gitlab.CreateProjectAccessTokenOptions{
		Name: new("deploy"), Scopes: &[]string{"read_api"}, AccessLevel: new(gitlab.ReporterPermissions), ExpiresAt: &end,
	}))
	if made.Token == "" || made.AccessLevel != gitlab.ReporterPermissions || made.ExpiresAt.String() != end.String() {
		t.Errorf("the project's token is %+v", made)
	}
	machine := h.with(made.Token)
	if me := got[*gitlab.User](t)(machine.Users.CurrentUser()); me.Username != "token:deploy" || !me.Bot {
		t.Errorf("the token is %+v", me)
	}
	if own := got[*gitlab.PersonalAccessToken](t)(machine.PersonalAccessTokens.GetSinglePersonalAccessToken()); own.Name != "deploy" {
		t.Errorf("the token of the call is %+v", own)
	}
	got[[]*gitlab.Branch](t)(machine.Branches.ListBranches(p.ID, nil))
	_, response, err := machine.Branches.CreateBranch(p.ID, &gitlab.CreateBranchOptions{Branch: new("x"), Ref: new("main")})
	refused(t, response, err, 403, "push_code")
	if list := got[[]*gitlab.ProjectAccessToken](t)(bob.ProjectAccessTokens.ListProjectAccessTokens(p.ID, nil)); len(list) != 1 || list[0].Token != "" {
		t.Errorf("the project's tokens are %+v", list)
	}
	_, err = bob.ProjectAccessTokens.RevokeProjectAccessToken(p.ID, made.ID)
	must(t, err)
	_, response, err = machine.Users.CurrentUser()
	refused(t, response, err, 401, "401 Unauthorized")
}
