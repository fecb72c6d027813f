package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"dasier/event"
	"dasier/fault"
	"dasier/forge/hook"
	"dasier/forge/project"
)

// Hook keeps webhooks, their messages and deliveries.
func (s *Store) Hook() hook.Store { return hookStore{s} }

type hookStore struct{ *Store }

type hookRow struct {
	bun.BaseModel `bun:"table:hooks,alias:h"`

	ID             hook.ID    `bun:"id,pk,autoincrement"`
	ProjectID      project.ID `bun:"project_id"`
	Name           string     `bun:"name"`
	URL            string     `bun:"url"`
	Events         string     `bun:"events"` // with commas between
	Active         bool       `bun:"active"`
	Secret         []byte     `bun:"secret"`
	Failures       int        `bun:"failures"`
	DisabledReason string     `bun:"disabled_reason"`
	CreatedAt      time.Time  `bun:"created_at"`
	Version        int        `bun:"version"`
}

func (r *hookRow) hook() hook.Hook {
	h := hook.Hook{
		ID: r.ID, Project: r.ProjectID, Name: r.Name, URL: r.URL, Active: r.Active, Secret: r.Secret, Failures: r.Failures,
		Disabled: r.DisabledReason, Created: utc(r.CreatedAt), Version: r.Version,
	}
	for name := range strings.SplitSeq(r.Events, ",") {
		h.Events = append(h.Events, hook.Event(name))
	}
	return h
}

func rowOfHook(h *hook.Hook) *hookRow {
	names := make([]string, len(h.Events))
	for i, e := range h.Events {
		names[i] = string(e)
	}
	return &hookRow{
		ID: h.ID, ProjectID: h.Project, Name: h.Name, URL: h.URL, Events: strings.Join(names, ","), Active: h.Active, Secret: h.Secret, Failures: h.Failures,
		DisabledReason: h.Disabled, CreatedAt: h.Created, Version: h.Version,
	}
}

type messageRow struct {
	bun.BaseModel `bun:"table:hook_messages,alias:m"`

	ID      int64      `bun:"id,pk,autoincrement"`
	HookID  hook.ID    `bun:"hook_id"`
	EventID int64      `bun:"event_id"`
	Event   hook.Event `bun:"event"`
	UUID    string     `bun:"uuid"`
	Body    string     `bun:"body"`
	Attempt int        `bun:"attempt"`
	DueAt   time.Time  `bun:"due_at"`
	Done    bool       `bun:"done"`
}

type deliveryRow struct {
	bun.BaseModel `bun:"table:hook_deliveries,alias:d"`

	ID              hook.DeliveryID `bun:"id,pk,autoincrement"`
	HookID          hook.ID         `bun:"hook_id"`
	Event           hook.Event      `bun:"event"`
	UUID            string          `bun:"uuid"`
	Attempt         int             `bun:"attempt"`
	At              time.Time       `bun:"at"`
	DurationMS      int64           `bun:"duration_ms"`
	Status          int             `bun:"status"`
	Error           string          `bun:"error"`
	RequestHeaders  string          `bun:"request_headers"`
	RequestBody     string          `bun:"request_body"`
	ResponseHeaders string          `bun:"response_headers"`
	ResponseBody    string          `bun:"response_body"`
}

// brief are the columns of a delivery without its texts.
var brief = []string{"id", "hook_id", "event", "uuid", "attempt", "at", "duration_ms", "status", "error"}

func (r *deliveryRow) delivery() (hook.Delivery, error) {
	d := hook.Delivery{
		ID: r.ID, Hook: r.HookID, Event: r.Event, UUID: r.UUID, Attempt: r.Attempt, At: utc(r.At), Duration: time.Duration(r.DurationMS) * time.Millisecond,
		Status: r.Status, Error: r.Error, Request: hook.Text{Body: r.RequestBody}, Response: hook.Text{Body: r.ResponseBody},
	}
	for _, side := range []struct {
		text string
		to   *map[string]string
	}{{r.RequestHeaders, &d.Request.Headers}, {r.ResponseHeaders, &d.Response.Headers}} {
		if side.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(side.text), side.to); err != nil {
			return d, fmt.Errorf("reading the headers of delivery %d: %w", r.ID, err)
		}
	}
	return d, nil
}

func rowOfDelivery(d *hook.Delivery) (*deliveryRow, error) {
	row := &deliveryRow{
		HookID: d.Hook, Event: d.Event, UUID: d.UUID, Attempt: d.Attempt, At: d.At, DurationMS: d.Duration.Milliseconds(), Status: d.Status, Error: d.Error,
		RequestBody: d.Request.Body, ResponseBody: d.Response.Body,
	}
	for _, side := range []struct {
		headers map[string]string
		to      *string
	}{{d.Request.Headers, &row.RequestHeaders}, {d.Response.Headers, &row.ResponseHeaders}} {
		text, err := json.Marshal(side.headers)
		if err != nil {
			return nil, fmt.Errorf("encoding headers: %w", err)
		}
		*side.to = string(text)
	}
	return row, nil
}

func (s hookStore) List(ctx context.Context, id project.ID) ([]hook.Hook, error) {
	var rows []hookRow
	if err := s.db.NewSelect().Model(&rows).Where("project_id = ?", id).Order("id").Scan(ctx); err != nil || len(rows) == 0 {
		return nil, err
	}
	var last []deliveryRow
	err := s.db.NewSelect().Model(&last).Column(brief...).
		Where("d.id IN (SELECT max(x.id) FROM hook_deliveries x JOIN hooks h ON h.id = x.hook_id WHERE h.project_id = ? GROUP BY x.hook_id)", id).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading last deliveries: %w", err)
	}
	hooks := make([]hook.Hook, len(rows))
	for i := range rows {
		hooks[i] = rows[i].hook()
		for j := range last {
			if last[j].HookID != hooks[i].ID {
				continue
			}
			d, err := last[j].delivery()
			if err != nil {
				return nil, err
			}
			hooks[i].Last = &d
		}
	}
	return hooks, nil
}

func (s hookStore) Hook(ctx context.Context, id project.ID, h hook.ID) (hook.Hook, error) {
	var row hookRow
	err := s.db.NewSelect().Model(&row).Where("id = ? AND project_id = ?", h, id).Scan(ctx)
	return row.hook(), notFound(err, "no webhook %d", h)
}

func (s hookStore) Add(ctx context.Context, h hook.Hook, events ...event.Event) (hook.Hook, error) {
	row := rowOfHook(&h)
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(row).Exec(ctx)
		return err
	}, events...)
	return row.hook(), err
}

func (s hookStore) Update(ctx context.Context, h hook.Hook, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error { return updateHook(ctx, tx, &h) }, events...)
}

func updateHook(ctx context.Context, tx bun.Tx, h *hook.Hook) error {
	row := rowOfHook(h)
	row.Version++
	result, err := tx.NewUpdate().Model(row).ExcludeColumn("id", "project_id", "created_at").Where("id = ? AND version = ?", h.ID, h.Version).Exec(ctx)
	return changedOne(result, err, "webhook %d was changed by someone else at the same time: look again", h.ID)
}

func (s hookStore) Remove(ctx context.Context, id project.ID, h hook.ID, events ...event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Model((*hookRow)(nil)).Where("id = ? AND project_id = ?", h, id).Exec(ctx)
		return goneAsMissing(changedOne(result, err, "no webhook %d", h))
	}, events...)
}

func (s hookStore) Enqueue(ctx context.Context, messages []hook.Message, limit int) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, m := range messages {
			waiting, err := tx.NewSelect().Model((*messageRow)(nil)).Where("hook_id = ? AND NOT done", m.Hook).Count(ctx)
			if err != nil {
				return fmt.Errorf("counting messages: %w", err)
			}
			if int(waiting) >= limit {
				continue
			}
			row := &messageRow{HookID: m.Hook, EventID: m.Source, Event: m.Event, UUID: m.UUID, Body: m.Body, Attempt: m.Attempt, DueAt: m.Due}
			if _, err := tx.NewInsert().Model(row).On("CONFLICT (hook_id, event_id) DO NOTHING").Returning("NULL").Exec(ctx); err != nil {
				return fmt.Errorf("keeping a message: %w", err)
			}
		}
		return nil
	})
}

func (s hookStore) Claim(ctx context.Context, now, until time.Time, busy []hook.ID) (hook.Message, hook.Hook, error) {
	var m messageRow
	var h hookRow
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		query := tx.NewSelect().Model(&m).Join("JOIN hooks h ON h.id = m.hook_id").Where("NOT m.done AND h.active AND m.due_at <= ?", now).Order("m.due_at", "m.id").Limit(1)
		if len(busy) > 0 {
			query.Where("m.hook_id NOT IN (?)", bun.List(busy))
		}
		if s.Postgres() { // SQLite's write transactions stand in line already
			query.For("UPDATE OF m SKIP LOCKED")
		}
		if err := query.Scan(ctx); err != nil {
			return notFound(err, "no message is due")
		}
		if err := tx.NewSelect().Model(&h).Where("id = ?", m.HookID).Scan(ctx); err != nil {
			return notFound(err, "no webhook %d", m.HookID)
		}
		_, err := tx.NewUpdate().Model((*messageRow)(nil)).Set("due_at = ?", until).Where("id = ?", m.ID).Exec(ctx)
		return err
	})
	return hook.Message{
		ID: m.ID, Hook: m.HookID, Source: m.EventID, Event: m.Event, UUID: m.UUID, Body: m.Body, Attempt: m.Attempt, Due: utc(m.DueAt),
	}, h.hook(), err
}

func (s hookStore) Finish(ctx context.Context, m hook.Message, d hook.Delivery, next time.Time, keep int, rule func(*hook.Hook) []event.Event) error {
	return s.write(ctx, func(ctx context.Context, tx bun.Tx) error {
		// The row is locked first: a change at the same moment waits, and is seen.
		if _, err := tx.NewUpdate().Model((*hookRow)(nil)).Set("name = name").Where("id = ?", m.Hook).Exec(ctx); err != nil {
			return fmt.Errorf("locking a webhook: %w", err)
		}
		var row hookRow
		if err := tx.NewSelect().Model(&row).Where("id = ?", m.Hook).Scan(ctx); err != nil {
			return gone(notFound(err, "no webhook %d", m.Hook))
		}
		h := row.hook()
		events := rule(&h)
		if h.Failures != row.Failures || h.Active != row.Active {
			if err := updateHook(ctx, tx, &h); err != nil {
				return err
			}
		}
		if _, err := logDelivery(ctx, tx, &d, keep); err != nil {
			return err
		}
		change := tx.NewUpdate().Model((*messageRow)(nil)).Set("attempt = ?", d.Attempt).Where("id = ?", m.ID)
		if next.IsZero() {
			// The row stays a while, without its text: by it a repeated event is known.
			change.Set("done = ?, body = ''", true)
		} else {
			change.Set("due_at = ?", next)
		}
		if _, err := change.Exec(ctx); err != nil {
			return fmt.Errorf("finishing a message: %w", err)
		}
		const old = "hook_id = ? AND done AND id <= (SELECT id FROM hook_messages WHERE hook_id = ? AND done ORDER BY id DESC LIMIT 1 OFFSET ?)"
		if _, err := tx.NewDelete().Model((*messageRow)(nil)).Where(old, m.Hook, m.Hook, keep).Exec(ctx); err != nil {
			return fmt.Errorf("dropping old messages: %w", err)
		}
		return emit(ctx, tx, events...)
	})
}

// gone makes nothing of what was removed while its message was under way.
func gone(err error) error {
	if fault.Is(err, fault.Missing) {
		return nil
	}
	return err
}

func (s hookStore) Log(ctx context.Context, d hook.Delivery, keep int) (hook.Delivery, error) {
	err := s.write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		d.ID, err = logDelivery(ctx, tx, &d, keep)
		return err
	})
	return d, err
}

func logDelivery(ctx context.Context, tx bun.Tx, d *hook.Delivery, keep int) (hook.DeliveryID, error) {
	row, err := rowOfDelivery(d)
	if err != nil {
		return 0, err
	}
	if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
		return 0, fmt.Errorf("keeping a delivery: %w", err)
	}
	const old = "hook_id = ? AND id <= (SELECT id FROM hook_deliveries WHERE hook_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)"
	if _, err := tx.NewDelete().Model((*deliveryRow)(nil)).Where(old, d.Hook, d.Hook, keep).Exec(ctx); err != nil {
		return 0, fmt.Errorf("dropping old deliveries: %w", err)
	}
	return row.ID, nil
}

func (s hookStore) Deliveries(ctx context.Context, h hook.ID, page project.Page) ([]hook.Delivery, int, error) {
	var rows []deliveryRow
	total, err := s.db.NewSelect().Model(&rows).Column(brief...).Where("hook_id = ?", h).Order("id DESC").Offset(int64(page.Offset)).Limit(int64(page.Limit)).ScanAndCount(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("listing deliveries: %w", err)
	}
	list := make([]hook.Delivery, len(rows))
	for i := range rows {
		if list[i], err = rows[i].delivery(); err != nil {
			return nil, 0, err
		}
	}
	return list, int(total), nil
}

func (s hookStore) Delivery(ctx context.Context, h hook.ID, id hook.DeliveryID) (hook.Delivery, error) {
	var row deliveryRow
	if err := s.db.NewSelect().Model(&row).Where("hook_id = ? AND id = ?", h, id).Scan(ctx); err != nil {
		return hook.Delivery{}, notFound(err, "no delivery %d of webhook %d", id, h)
	}
	return row.delivery()
}
