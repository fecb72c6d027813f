package variable

import (
	"context"
	"fmt"
	"time"

	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Projects is what variables want of the projects (project.Service).
type Projects interface {
	May(ctx context.Context, actor auth.Actor, id project.ID, p auth.Permission) error
	Get(ctx context.Context, actor auth.Actor, id project.ID) (project.Project, error)
}

// Groups is what variables want of the groups.
type Groups interface {
	// MayManage answers nil when the actor may see and set the group's variables;
	// fault.Missing for a group that there is not, or that they may not see.
	MayManage(ctx context.Context, actor auth.Actor, path string) error
}

// Vault seals values (seal.Key).
type Vault interface {
	Seal(owner string, plain []byte) []byte
	Open(owner string, sealed []byte) ([]byte, error)
}

// Config has the settings of the service; its zero value works.
type Config struct {
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Service is the verbs of variables.
type Service struct {
	store    Store
	projects Projects
	groups   Groups
	vault    Vault
	cfg      Config
}

// New makes the service.
func New(store Store, projects Projects, groups Groups, vault Vault, cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{store, projects, groups, vault, cfg}
}

func (s *Service) may(ctx context.Context, actor auth.Actor, o Owner) error {
	if o.Project != 0 {
		return s.projects.May(ctx, actor, o.Project, auth.ManageVariables)
	}
	return s.groups.MayManage(ctx, actor, o.Group)
}

// List gives the owner's variables, and to a project also those that it has from
// its group. Values of hidden ones are withheld, and all that are inherited:
// whoever manages a project need not know its group's secrets.
func (s *Service) List(ctx context.Context, actor auth.Actor, o Owner) ([]Variable, error) {
	if err := s.may(ctx, actor, o); err != nil {
		return nil, err
	}
	records, err := s.store.List(ctx, o)
	if err != nil {
		return nil, err
	}
	shown := make([]Variable, 0, len(records))
	for _, r := range records {
		if !r.Hidden {
			if err := s.open(o, &r); err != nil {
				return nil, err
			}
		}
		shown = append(shown, r.Variable)
	}
	group, inherited, err := s.inherited(ctx, o)
	for _, r := range inherited {
		r.Inherited = group
		shown = append(shown, r.Variable)
	}
	return shown, err
}

// inherited is what a project has from its group.
func (s *Service) inherited(ctx context.Context, o Owner) (string, []Record, error) {
	if o.Project == 0 {
		return "", nil, nil
	}
	p, err := s.projects.Get(ctx, auth.System("variable"), o.Project)
	if err != nil {
		return "", nil, err
	}
	records, err := s.store.List(ctx, OfGroup(p.Namespace))
	return p.Namespace, records, err
}

func (s *Service) open(o Owner, r *Record) error {
	plain, err := s.vault.Open(label(o, r.Key, r.Environment), r.Sealed)
	if err != nil {
		return fmt.Errorf("reading variable %s: %w", r.Key, err)
	}
	r.Value = string(plain)
	return nil
}

// Set adds or replaces a variable. With no value the value stays, and only the
// rest changes.
func (s *Service) Set(ctx context.Context, actor auth.Actor, o Owner, v Variable, value *string) error {
	if err := s.may(ctx, actor, o); err != nil {
		return err
	}
	if v.Environment == "" {
		v.Environment = Everywhere
	}
	v.Masked = v.Masked || v.Hidden
	known, err := s.known(ctx, o, v.Key, v.Environment)
	if err != nil {
		return err
	}
	if v.Value, err = newValue(&v, known, value); err != nil {
		return err
	}
	if err := v.check(); err != nil {
		return err
	}
	act := actor.Act("variable.added", int64(o.Project), targetOf(o, v.Key, v.Environment))
	if known != nil {
		act.Action, act.Before = "variable.changed", flagsOf(&known.Variable, false)
	}
	act.After = flagsOf(&v, known == nil || v.Value != known.Value)
	r := Record{Variable: v, Sealed: s.vault.Seal(label(o, v.Key, v.Environment), []byte(v.Value))}
	r.Value, r.Updated = "", s.cfg.Now().UTC().Truncate(time.Microsecond)
	return s.store.Save(ctx, o, r, act)
}

// known is the variable as it was, with its value; nil when there was none.
func (s *Service) known(ctx context.Context, o Owner, key, scope string) (*Record, error) {
	r, err := s.store.Find(ctx, o, key, scope)
	if fault.Is(err, fault.Missing) {
		return nil, nil //nolint:nilnil // there was none, and that is no error
	}
	if err != nil {
		return nil, err
	}
	return &r, s.open(o, &r)
}

// newValue is the value that a variable will have.
func newValue(v *Variable, known *Record, given *string) (string, error) {
	switch {
	case given != nil:
		return *given, nil
	case known == nil:
		return "", fault.Errorf(fault.Invalid, "there is no variable %s for %s yet: give it a value", v.Key, v.Environment).At("value")
	case known.Hidden && !v.Hidden:
		return "", fault.Errorf(fault.Invalid, "%s is hidden, and its value is never shown again: to have a visible variable, give it a new value", v.Key).At("hidden")
	default:
		return known.Value, nil
	}
}

// Remove removes a variable.
func (s *Service) Remove(ctx context.Context, actor auth.Actor, o Owner, key, scope string) error {
	if err := s.may(ctx, actor, o); err != nil {
		return err
	}
	if scope == "" {
		scope = Everywhere
	}
	r, err := s.store.Find(ctx, o, key, scope)
	if err != nil {
		return err
	}
	act := actor.Act("variable.removed", int64(o.Project), targetOf(o, key, scope))
	act.Before = flagsOf(&r.Variable, false)
	return s.store.Remove(ctx, o, key, scope, act)
}

// ForJob gives what a job gets: on a protected ref or not, for an environment or
// none (""). It is for the server itself: values are not withheld.
func (s *Service) ForJob(ctx context.Context, id project.ID, protectedRef bool, environment string) ([]Variable, error) {
	own, err := s.store.List(ctx, OfProject(id))
	if err != nil {
		return nil, err
	}
	group, inherited, err := s.inherited(ctx, OfProject(id))
	if err != nil {
		return nil, err
	}
	for i := range inherited {
		inherited[i].Inherited = group
	}
	chosen := winners(protectedRef, environment, inherited, own)
	given := make([]Variable, len(chosen))
	for i := range chosen {
		o := OfProject(id)
		if chosen[i].Inherited != "" {
			o = OfGroup(group)
		}
		if err := s.open(o, &chosen[i]); err != nil {
			return nil, err
		}
		given[i] = chosen[i].Variable
	}
	return given, nil
}

// Adopt seals the variables of the time before. Their values were never shown
// again once masked, and so they are hidden from now on. The server calls it at
// every start; only the first time is there anything to do.
func (s *Service) Adopt(ctx context.Context) error {
	plains, err := s.store.Plains(ctx)
	if err != nil || len(plains) == 0 {
		return err
	}
	records := map[project.ID][]Record{}
	for _, p := range plains {
		v := p.Variable
		v.Environment, v.Hidden = Everywhere, v.Masked
		sealed := s.vault.Seal(label(OfProject(p.Project), v.Key, v.Environment), []byte(v.Value))
		v.Value, v.Updated = "", s.cfg.Now().UTC().Truncate(time.Microsecond)
		records[p.Project] = append(records[p.Project], Record{v, sealed})
	}
	if err := s.store.Adopt(ctx, records); err != nil {
		return fmt.Errorf("sealing variables: %w", err)
	}
	return nil
}

// flags is what the audit log says of a variable: never its value.
type flags struct {
	Environment  string `json:"environment"`
	Masked       bool   `json:"masked"`
	Hidden       bool   `json:"hidden"`
	Protected    bool   `json:"protected"`
	File         bool   `json:"file"`
	Raw          bool   `json:"raw"`
	ValueChanged bool   `json:"value_changed,omitempty"`
}

func flagsOf(v *Variable, changed bool) flags {
	return flags{v.Environment, v.Masked, v.Hidden, v.Protected, v.File, v.Raw, changed}
}

func targetOf(o Owner, key, scope string) string {
	target := key
	if scope != Everywhere {
		target += " for " + scope
	}
	if o.Project == 0 {
		target += " of group " + o.Group
	}
	return target
}

// NoGroups is the Groups of a house that has none.
type NoGroups struct{}

// MayManage implements Groups.
func (NoGroups) MayManage(_ context.Context, actor auth.Actor, path string) error {
	if err := actor.RequireSignedIn(); err != nil {
		return err
	}
	return fault.Errorf(fault.Missing, "no group %q, or you are not one of its members", path)
}
