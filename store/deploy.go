package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"dasier/delivery/deploy"
	"dasier/event"
	"dasier/fault"
	"dasier/forge/auth"
	"dasier/forge/project"
)

// Deploy keeps environments and deployments.
func (s *Store) Deploy() deploy.Store { return deployStore{s} }

type deployStore struct{ s *Store }

type environmentRow struct {
	bun.BaseModel `bun:"table:environments"`

	ID          int64     `bun:"id,pk,autoincrement"`
	ProjectID   int64     `bun:"project_id"`
	Name        string    `bun:"name"`
	Tier        string    `bun:"tier"`
	Description string    `bun:"description"`
	Public      bool      `bun:"public"`
	Protected   bool      `bun:"protected"`
	Endpoint    string    `bun:"endpoint"`
	CurrentID   int64     `bun:"current_id"`
	CreatedAt   time.Time `bun:"created_at"`
	Version     int       `bun:"version"`
}

func (r *environmentRow) environment() deploy.Environment {
	return deploy.Environment{
		ID: deploy.EnvironmentID(r.ID), Project: project.ID(r.ProjectID), Name: r.Name, Tier: deploy.Tier(r.Tier),
		Description: r.Description, Public: r.Public, Protected: r.Protected, Endpoint: r.Endpoint,
		Current: deploy.ID(r.CurrentID), CreatedAt: utc(r.CreatedAt), Version: r.Version,
	}
}

type deploymentRow struct {
	bun.BaseModel `bun:"table:deployments,alias:d"`

	ID            int64      `bun:"id,pk,autoincrement"`
	ProjectID     int64      `bun:"project_id"`
	EnvironmentID int64      `bun:"environment_id"`
	Environment   string     `bun:"environment,scanonly"`
	Model         string     `bun:"model"`
	ModelVersion  int        `bun:"model_version"`
	Digest        string     `bun:"digest"`
	Commit        string     `bun:"commit_sha"`
	State         string     `bun:"state"`
	Reason        string     `bun:"reason"`
	Error         string     `bun:"error"`
	RestoresID    int64      `bun:"restores_id"`
	UserID        int64      `bun:"user_id"`
	Username      string     `bun:"username"`
	JobID         int64      `bun:"job_id"`
	CreatedAt     time.Time  `bun:"created_at"`
	StartedAt     *time.Time `bun:"started_at"`
	FinishedAt    *time.Time `bun:"finished_at"`
	Version       int        `bun:"version"`
}

func (r *deploymentRow) deployment() deploy.Deployment {
	d := deploy.Deployment{
		ID: deploy.ID(r.ID), Project: project.ID(r.ProjectID), Environment: deploy.EnvironmentID(r.EnvironmentID), EnvironmentName: r.Environment,
		Model: r.Model, ModelVersion: r.ModelVersion, Digest: r.Digest, Commit: r.Commit,
		State: deploy.State(r.State), Reason: r.Reason, Error: r.Error, Restores: deploy.ID(r.RestoresID),
		User: auth.UserID(r.UserID), Username: r.Username, Job: r.JobID,
		CreatedAt: utc(r.CreatedAt), Version: r.Version,
	}
	if r.StartedAt != nil {
		d.StartedAt = utc(*r.StartedAt)
	}
	if r.FinishedAt != nil {
		d.FinishedAt = utc(*r.FinishedAt)
	}
	return d
}

func deploymentRowOf(d deploy.Deployment) *deploymentRow {
	return &deploymentRow{
		ID: int64(d.ID), ProjectID: int64(d.Project), EnvironmentID: int64(d.Environment),
		Model: d.Model, ModelVersion: d.ModelVersion, Digest: d.Digest, Commit: d.Commit,
		State: string(d.State), Reason: d.Reason, Error: d.Error, RestoresID: int64(d.Restores),
		UserID: int64(d.User), Username: d.Username, JobID: d.Job,
		CreatedAt: d.CreatedAt, StartedAt: timeOrNull(d.StartedAt), FinishedAt: timeOrNull(d.FinishedAt), Version: d.Version,
	}
}

// timeOrNull keeps the zero time, which means "not yet", as NULL.
func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

func (r deployStore) CreateEnvironment(ctx context.Context, e deploy.Environment) (deploy.Environment, error) {
	row := &environmentRow{
		ProjectID: int64(e.Project), Name: e.Name, Tier: string(e.Tier), Description: e.Description,
		Public: e.Public, Protected: e.Protected, Endpoint: e.Endpoint, CreatedAt: e.CreatedAt.UTC(), Version: e.Version,
	}
	err := r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).Exec(ctx)
		return err
	})
	if isUnique(err) {
		return deploy.Environment{}, fault.Errorf(fault.Conflict, "environment %s: the name or its endpoint %s is taken", e.Name, e.Endpoint)
	}
	if err != nil {
		return deploy.Environment{}, fmt.Errorf("saving environment %s: %w", e.Name, err)
	}
	return row.environment(), nil
}

func (r deployStore) Environment(ctx context.Context, id project.ID, name string) (deploy.Environment, error) {
	row := new(environmentRow)
	err := r.s.db.NewSelect().Model(row).Where("project_id = ?", int64(id)).Where("name = ?", name).Scan(ctx)
	if err != nil {
		return deploy.Environment{}, notFound(err, "no environment %q in this project", name)
	}
	return row.environment(), nil
}

func (r deployStore) EnvironmentByID(ctx context.Context, id deploy.EnvironmentID) (deploy.Environment, error) {
	row := new(environmentRow)
	if err := r.s.db.NewSelect().Model(row).Where("id = ?", int64(id)).Scan(ctx); err != nil {
		return deploy.Environment{}, notFound(err, "no environment %d", id)
	}
	return row.environment(), nil
}

func (r deployStore) Environments(ctx context.Context, id project.ID) ([]deploy.Environment, error) {
	var rows []environmentRow
	if err := r.s.db.NewSelect().Model(&rows).Where("project_id = ?", int64(id)).Order("name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading environments: %w", err)
	}
	return environmentsOf(rows), nil
}

func (r deployStore) Serving(ctx context.Context) ([]deploy.Environment, error) {
	var rows []environmentRow
	if err := r.s.db.NewSelect().Model(&rows).Where("current_id <> 0").Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading environments: %w", err)
	}
	return environmentsOf(rows), nil
}

func environmentsOf(rows []environmentRow) []deploy.Environment {
	list := make([]deploy.Environment, len(rows))
	for i := range rows {
		list[i] = rows[i].environment()
	}
	return list
}

func (r deployStore) UpdateEnvironment(ctx context.Context, e deploy.Environment, events ...event.Event) error {
	return r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*environmentRow)(nil)).
			Set("public = ?", e.Public).Set("protected = ?", e.Protected).Set("description = ?", e.Description).
			Set("version = version + 1").Where("id = ?", int64(e.ID)).Where("version = ?", e.Version).Exec(ctx)
		return changedOne(result, err, "environment %s changed meanwhile: look again", e.Name)
	}, events...)
}

func (r deployStore) ClearCurrent(ctx context.Context, id deploy.EnvironmentID, events ...event.Event) error {
	return r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error { return setCurrent(ctx, tx, id, 0) }, events...)
}

// setCurrent is not guarded by the environment's version: that counts changes
// of the settings, and a deployment must not fail because someone edited the
// description. Deployments guard themselves.
func setCurrent(ctx context.Context, tx bun.Tx, id deploy.EnvironmentID, current deploy.ID) error {
	result, err := tx.NewUpdate().Model((*environmentRow)(nil)).Set("current_id = ?", int64(current)).Where("id = ?", int64(id)).Exec(ctx)
	return changedOne(result, err, "environment %d is gone", id)
}

func (r deployStore) DeleteEnvironments(ctx context.Context, id project.ID) error {
	return r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewDelete().Model((*environmentRow)(nil)).Where("project_id = ?", int64(id)).Exec(ctx)
		return err
	})
}

func (r deployStore) CreateDeployment(ctx context.Context, d deploy.Deployment, report func(deploy.Deployment) []event.Event) (deploy.Deployment, error) {
	row := deploymentRowOf(d)
	err := r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
		d.ID = deploy.ID(row.ID)
		return emit(ctx, tx, report(d)...)
	})
	if err != nil {
		return deploy.Deployment{}, fmt.Errorf("saving a deployment to %s: %w", d.EnvironmentName, err)
	}
	return d, nil
}

func (r deployStore) selectDeployments(model any) *bun.SelectQuery {
	return r.s.db.NewSelect().Model(model).ColumnExpr("d.*").ColumnExpr("e.name AS environment").
		Join("JOIN environments AS e ON e.id = d.environment_id")
}

func (r deployStore) Deployment(ctx context.Context, id deploy.ID) (deploy.Deployment, error) {
	row := new(deploymentRow)
	if err := r.selectDeployments(row).Where("d.id = ?", int64(id)).Scan(ctx); err != nil {
		return deploy.Deployment{}, notFound(err, "no deployment %d", id)
	}
	return row.deployment(), nil
}

func (r deployStore) Deployments(ctx context.Context, id deploy.EnvironmentID, page project.Page) ([]deploy.Deployment, int, error) {
	var rows []deploymentRow
	err := r.selectDeployments(&rows).Where("d.environment_id = ?", int64(id)).
		OrderExpr("d.id DESC").Offset(int64(page.Offset)).Limit(int64(page.Limit)).Scan(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("reading deployments: %w", err)
	}
	total, err := r.s.db.NewSelect().Model((*deploymentRow)(nil)).Where("environment_id = ?", int64(id)).Count(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("counting deployments: %w", err)
	}
	return deploymentsOf(rows), int(total), nil
}

func (r deployStore) Succeeded(ctx context.Context, id deploy.EnvironmentID) ([]deploy.Deployment, error) {
	var rows []deploymentRow
	err := r.selectDeployments(&rows).Where("d.environment_id = ?", int64(id)).
		Where("d.state = ?", string(deploy.Success)).OrderExpr("d.id DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading deployments: %w", err)
	}
	return deploymentsOf(rows), nil
}

func (r deployStore) Unfinished(ctx context.Context) ([]deploy.Deployment, error) {
	var rows []deploymentRow
	// The condition is the partial index's own, literally, so that it is used.
	err := r.selectDeployments(&rows).Where("d.state IN ('pending', 'running')").OrderExpr("d.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading deployments: %w", err)
	}
	return deploymentsOf(rows), nil
}

func deploymentsOf(rows []deploymentRow) []deploy.Deployment {
	list := make([]deploy.Deployment, len(rows))
	for i := range rows {
		list[i] = rows[i].deployment()
	}
	return list
}

func (r deployStore) SaveDeployment(ctx context.Context, d deploy.Deployment, events ...event.Event) error {
	err := r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error { return saveDeployment(ctx, tx, d) }, events...)
	if isUnique(err) {
		return fault.Errorf(fault.Conflict, "another deployment to %s is running", d.EnvironmentName)
	}
	return err
}

func (r deployStore) Promote(ctx context.Context, d deploy.Deployment, events ...event.Event) error {
	return r.s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := saveDeployment(ctx, tx, d); err != nil {
			return err
		}
		return setCurrent(ctx, tx, d.Environment, d.ID)
	}, events...)
}

func saveDeployment(ctx context.Context, tx bun.Tx, d deploy.Deployment) error {
	result, err := tx.NewUpdate().Model((*deploymentRow)(nil)).
		Set("state = ?", string(d.State)).Set("error = ?", d.Error).
		Set("started_at = ?", timeOrNull(d.StartedAt)).Set("finished_at = ?", timeOrNull(d.FinishedAt)).
		Set("version = version + 1").Where("id = ?", int64(d.ID)).Where("version = ?", d.Version).Exec(ctx)
	return changedOne(result, err, "deployment %d changed meanwhile: look again", d.ID)
}
