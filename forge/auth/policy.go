package auth

import (
	"slices"
	"strings"

	"dasier/fault"
)

// Role is a member's standing in a project; higher roles may do all that lower
// ones may. The values are GitLab's access levels.
type Role int

// The roles.
const (
	None       Role = 0
	Guest      Role = 10
	Reporter   Role = 20
	Developer  Role = 30
	Maintainer Role = 40
	Owner      Role = 50
)

var roleNames = map[Role]string{None: "none", Guest: "guest", Reporter: "reporter", Developer: "developer", Maintainer: "maintainer", Owner: "owner"}

// String is the role's name, in lower case.
func (r Role) String() string { return roleNames[r] }

// ParseRole reads a role's name.
func ParseRole(name string) (Role, error) {
	for role, n := range roleNames {
		if n == name && role != None {
			return role, nil
		}
	}
	return None, fault.Errorf(fault.Invalid, "role %q: expected guest, reporter, developer, maintainer or owner", name).At("role")
}

// Permission names one thing a member may do in a project.
type Permission string

// The permissions.
const (
	ReadProject       Permission = "read_project"
	EditProject       Permission = "edit_project"
	DeleteProject     Permission = "delete_project"
	ManageMembers     Permission = "manage_members"
	ManageVariables   Permission = "manage_variables"
	ReadCode          Permission = "read_code"
	PushCode          Permission = "push_code"
	PushProtected     Permission = "push_protected_branch"
	ManageBranches    Permission = "manage_protected_branches"
	ReadPipeline      Permission = "read_pipeline"
	RunPipeline       Permission = "run_pipeline"
	CancelJob         Permission = "cancel_job"
	ReadModel         Permission = "read_model"
	RegisterModel     Permission = "register_model"
	ManageModel       Permission = "manage_model" // aliases, deletion
	ReadEnvironment   Permission = "read_environment"
	Deploy            Permission = "deploy"
	DeployProtected   Permission = "deploy_protected_environment"
	ManageEnvironment Permission = "manage_environment"
	Predict           Permission = "predict"
	ReadMerge         Permission = "read_merge_request"
	CreateMerge       Permission = "create_merge_request"
	CommentMerge      Permission = "comment_merge_request"
	ApproveMerge      Permission = "approve_merge_request"
	ManageTokens      Permission = "manage_project_tokens"
	ManageHooks       Permission = "manage_webhooks"
	ReadAudit         Permission = "read_audit_log"
	ReadLogs          Permission = "read_service_logs"
	ApproveDeployment Permission = "approve_deployment"
	BreakGlass        Permission = "break_glass"
)

// Rule is one line of the table.
type Rule struct {
	Permission Permission
	Role       Role    // the lowest role that may
	Scopes     []Scope // the token scopes that suffice, besides api
	Job        bool    // a job's token may, too
	About      string  // for people
}

// Rules is who may do what: the one table. Order is for reading.
//
// A job runs a script that others wrote with the role of whoever started it, so
// its token does what pipelines are for and no more: a branch's script must not
// make its author a maintainer because a maintainer pressed "retry".
var Rules = []Rule{
	{ReadProject, Guest, []Scope{ScopeReadAPI}, true, "see the project and its members"},
	{Predict, Guest, []Scope{ScopePredict}, true, "ask the project's endpoints for predictions"},
	{ReadCode, Reporter, []Scope{ScopeReadAPI, ScopeReadRepository, ScopeWriteRepository}, true, "read files and history, clone and fetch"},
	{ReadPipeline, Reporter, []Scope{ScopeReadAPI}, true, "see pipelines, logs and artifacts"},
	{ReadModel, Reporter, []Scope{ScopeReadAPI}, true, "see and download models"},
	{ReadEnvironment, Reporter, []Scope{ScopeReadAPI}, true, "see environments and deployments"},
	{ReadMerge, Reporter, []Scope{ScopeReadAPI}, true, "see merge requests and their discussions"},
	{CommentMerge, Reporter, nil, false, "discuss merge requests"},
	{PushCode, Developer, []Scope{ScopeWriteRepository}, false, "push to branches that are not protected"},
	{CreateMerge, Developer, nil, false, "open merge requests, change and close them"},
	{ApproveMerge, Developer, nil, false, "approve merge requests of others, and merge where the branch lets developers"},
	{RunPipeline, Developer, nil, false, "start pipelines, retry and play jobs"},
	{CancelJob, Developer, nil, false, "cancel pipelines and jobs"},
	{RegisterModel, Developer, nil, true, "register model versions"},
	{Deploy, Developer, nil, true, "deploy to environments that are not protected"},
	{ReadLogs, Developer, []Scope{ScopeReadAPI}, false, "read the logs of deployed services"},
	{PushProtected, Maintainer, []Scope{ScopeWriteRepository}, false, "push to protected branches and merge into them, where the branch asks for no more"},
	{ManageBranches, Maintainer, nil, false, "protect and unprotect branches"},
	{DeployProtected, Maintainer, nil, true, "deploy to protected environments"},
	{ApproveDeployment, Maintainer, nil, false, "approve deployments that others asked for"},
	{BreakGlass, Maintainer, nil, false, "deploy without the approvals that are asked for, with a reason that goes into the audit log"},
	{ManageEnvironment, Maintainer, nil, false, "change and stop environments"},
	{ManageModel, Maintainer, nil, true, "move aliases and delete versions"},
	{ManageVariables, Maintainer, nil, false, "see and set CI variables"},
	{ManageTokens, Maintainer, nil, false, "make and revoke the project's own tokens, and say which projects' jobs may reach it"},
	{ManageHooks, Maintainer, nil, false, "see, change and test webhooks"},
	{ReadAudit, Maintainer, []Scope{ScopeReadAPI}, false, "read the project's audit log"},
	{EditProject, Maintainer, nil, false, "change the project's settings"},
	{ManageMembers, Maintainer, nil, false, "add and remove members, up to their own role"},
	{DeleteProject, Owner, nil, false, "delete the project with all it holds"},
}

// forPeople is what no project's own token may do, whatever its role: it would
// give rights, change what guards a branch or an environment, or decide what a
// second pair of eyes is for. Such a token stands for nobody who could answer
// for it.
var forPeople = []Permission{ManageMembers, ManageTokens, ManageBranches, ManageEnvironment, CreateMerge, ApproveMerge, ApproveDeployment, BreakGlass, DeleteProject}

// ForPeople tells whether only people may do it, and no project's own token.
func ForPeople(p Permission) bool { return slices.Contains(forPeople, p) }

// forNeighbours is what a job may do in another project that lists its own: it
// reads, and asks for predictions.
var forNeighbours = []Permission{ReadProject, Predict, ReadCode, ReadPipeline, ReadModel, ReadEnvironment, ReadMerge}

// ForNeighbours tells whether a job may do it in another project, if that one
// lists the job's project and the job's user has the role there.
func ForNeighbours(p Permission) bool { return slices.Contains(forNeighbours, p) && RuleOf(p).Job }

// RuleOf finds a permission's line. An unknown permission is a defect.
func RuleOf(p Permission) Rule {
	for _, rule := range Rules {
		if rule.Permission == p {
			return rule
		}
	}
	panic("auth: no rule for permission " + string(p))
}

// Check decides whether the actor, with the given role in the project, may do
// p there. A refusal names the permission, the role that has it, and the
// token's scopes when those are what is missing.
func Check(actor Actor, role Role, project int64, p Permission) error {
	rule := RuleOf(p)
	if actor.Via == ViaSystem {
		return nil
	}
	if actor.Project != 0 && actor.Project != project {
		return fault.Errorf(fault.Denied, "permission %s refused: this token belongs to another project", p)
	}
	if actor.Via == ViaJob && !rule.Job {
		return fault.Errorf(fault.Denied, "permission %s refused: a job's token may not %s", p, rule.About)
	}
	if actor.Via == ViaDeploy && ForPeople(p) {
		return fault.Errorf(fault.Denied, "permission %s refused: only people may %s, and not a project's token", p, rule.About)
	}
	if own, ok := actor.OwnRole(project); ok {
		role = own
	}
	if !scopesAllow(actor.Scopes, rule.Scopes) {
		return fault.Errorf(fault.Denied, "permission %s refused: the token needs the scope %s", p, scopeList(rule.Scopes))
	}
	if actor.Admin || role >= rule.Role {
		return nil
	}
	if !actor.SignedIn() {
		return fault.Errorf(fault.Unauthenticated, "permission %s needs a signed-in member with the role %s", p, rule.Role)
	}
	return fault.Errorf(fault.Denied, "permission %s refused: it needs the role %s in this project, and %s has %s (to %s)",
		p, rule.Role, actor.Username, role, rule.About)
}

func scopesAllow(have, suffice []Scope) bool {
	if have == nil || slices.Contains(have, ScopeAPI) {
		return true
	}
	return slices.ContainsFunc(suffice, func(s Scope) bool { return slices.Contains(have, s) })
}

func scopeList(suffice []Scope) string {
	names := []string{string(ScopeAPI)}
	for _, s := range suffice {
		names = append(names, string(s))
	}
	return strings.Join(names, " or ")
}

// RequireScope refuses tokens whose scopes do not suffice for a call that
// belongs to no project.
func RequireScope(actor Actor, suffice Scope) error {
	if scopesAllow(actor.Scopes, []Scope{suffice}) {
		return nil
	}
	return fault.Errorf(fault.Denied, "the token needs the scope %s", scopeList([]Scope{suffice}))
}
