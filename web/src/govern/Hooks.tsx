// Webhooks: whom the project tells what happens in it, and how that went.
import { Button, Checkbox, NativeSelect, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/govern';
import type { Delivery, Hook } from '../api/types';
import { number } from '../format/format';
import { Ask, useAct } from '../parts/act';
import { Loaded, Problem } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Card, Empty } from '../parts/Page';

const events = ['push', 'tag_push', 'merge_request', 'note', 'pipeline', 'job', 'deployment', 'release'] as const;
type HookEvent = (typeof events)[number];
const blank = { name: '', url: '', secret: '', events: ['push'] as string[], active: true };

export function Hooks({ path }: { path: string }) {
  const { t } = useTranslation();
  const hooks = useQuery(api.hooks(path));
  return (
    <div className="two">
      <Loaded of={hooks}>
        {({ items }) => (
          <div className="stack">
            {items.length === 0 && (
              <div className="card">
                <Empty title={t('hooks.empty')}>{t('hooks.emptyNext')}</Empty>
              </div>
            )}
            {items.map(hook => (
              <One key={hook.id} path={path} hook={hook} />
            ))}
          </div>
        )}
      </Loaded>
      <Add path={path} />
    </div>
  );
}

function One({ path, hook }: { path: string; hook: Hook }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [event, setEvent] = useState(hook.events[0] ?? 'push');
  const test = useAct(() => api.testHook(path, hook.id, event), { done: () => setOpen(true) });
  const turn = useAct((active: boolean) => api.editHook(path, hook.id, { active }));
  return (
    <Card
      title={hook.name || hook.url}
      side={
        <Switch
          size="xs"
          label={t('hooks.active')}
          checked={hook.active}
          onChange={e => turn.mutate(e.currentTarget.checked)}
        />
      }
    >
      <div className="stack tight">
        <div className="mono small" style={{ overflowWrap: 'anywhere' }}>
          {hook.url}
        </div>
        <div className="row">
          {hook.events.map(name => (
            <span key={name} className="chip">
              {t(`hooks.event.${name as HookEvent}`)}
            </span>
          ))}
          {hook.has_secret && <span className="chip">{t('hooks.signed')}</span>}
        </div>
        {hook.disabled_reason && <p className="tone-bad small">{hook.disabled_reason}</p>}
        {hook.last_delivery && (
          <p className="small">
            {t('hooks.last')} <Outcome of={hook.last_delivery} /> <Ago at={hook.last_delivery.at} />
          </p>
        )}
        <div className="row">
          <NativeSelect
            size="xs"
            aria-label={t('hooks.testWith')}
            value={event}
            data={hook.events.map(value => ({ value, label: t(`hooks.event.${value as HookEvent}`) }))}
            onChange={e => setEvent(e.currentTarget.value)}
          />
          <Button variant="default" loading={test.isPending} onClick={() => test.mutate(undefined)}>
            {t('hooks.test')}
          </Button>
          <Button variant="subtle" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t('hooks.deliveries')}
          </Button>
          <Ask
            label={t('remove')}
            ariaLabel={t('hooks.remove', { url: hook.url })}
            title={t('hooks.remove', { url: hook.url })}
            confirm={t('remove')}
            danger
            act={() => api.removeHook(path, hook.id)}
          >
            {t('hooks.removeAbout')}
          </Ask>
        </div>
        {open && <Deliveries path={path} hook={hook.id} />}
      </div>
    </Card>
  );
}

function Outcome({ of: d }: { of: Delivery }) {
  const good = d.status >= 200 && d.status < 300;
  return <span className={good ? 'tone-good' : 'tone-bad'}>{d.status === 0 ? (d.error ?? '–') : d.status}</span>;
}

function Deliveries({ path, hook }: { path: string; hook: number }) {
  const { t } = useTranslation();
  const list = useQuery(api.deliveries(path, hook));
  const [shown, setShown] = useState<number>();
  return (
    <Loaded of={list} rows={2}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="muted small">{t('hooks.noDelivery')}</p>
        ) : (
          <ul className="plain stack tight">
            {items.map(d => (
              <li key={d.id}>
                <div className="row between small">
                  <span>
                    <Outcome of={d} /> {t(`hooks.event.${d.event as HookEvent}`)}{' '}
                    <span className="muted">
                      {t('hooks.took', { ms: number(d.duration_ms), attempt: d.attempt })} · <Ago at={d.at} />
                    </span>
                  </span>
                  <Button
                    variant="subtle"
                    size="compact-xs"
                    aria-expanded={shown === d.id}
                    onClick={() => setShown(shown === d.id ? undefined : d.id)}
                  >
                    {t('hooks.look')}
                  </Button>
                </div>
                {shown === d.id && <Look path={path} hook={hook} id={d.id} />}
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}

function Look({ path, hook, id }: { path: string; hook: number; id: number }) {
  const { t } = useTranslation();
  const one = useQuery(api.delivery(path, hook, id));
  const again = useAct(() => api.redeliver(path, hook, id));
  return (
    <Loaded of={one} rows={2}>
      {d => (
        <div className="stack tight">
          <Message title={t('hooks.request')} of={d.request} />
          <Message title={t('hooks.response')} of={d.response} />
          {d.error && <p className="tone-bad small">{d.error}</p>}
          <div>
            <Button variant="default" loading={again.isPending} onClick={() => again.mutate(undefined)}>
              {t('hooks.again')}
            </Button>
          </div>
        </div>
      )}
    </Loaded>
  );
}

function Message({ title, of: m }: { title: string; of?: { headers: Record<string, string>; body: string } }) {
  if (!m) return null;
  const head = Object.entries(m.headers).map(([key, value]) => `${key}: ${value}`);
  return (
    <details open>
      <summary className="small">{title}</summary>
      <pre className="snippet small" tabIndex={0} aria-label={title}>
        {head.join('\n')}
        {'\n\n'}
        {m.body}
      </pre>
    </details>
  );
}

function Add({ path }: { path: string }) {
  const { t } = useTranslation();
  const [form, setForm] = useState(blank);
  const act = useAct(() => api.addHook(path, { ...form, secret: form.secret || undefined }), {
    quiet: true,
    done: () => setForm(blank),
  });
  return (
    <Card title={t('hooks.add')}>
      <form
        className="stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <TextInput
          label={t('name')}
          value={form.name}
          onChange={e => setForm({ ...form, name: e.currentTarget.value })}
        />
        <TextInput
          label={t('hooks.url')}
          type="url"
          required
          placeholder="https://"
          value={form.url}
          onChange={e => setForm({ ...form, url: e.currentTarget.value })}
        />
        <TextInput
          label={t('hooks.secret')}
          description={t('hooks.secretAbout')}
          autoComplete="off"
          value={form.secret}
          onChange={e => setForm({ ...form, secret: e.currentTarget.value })}
        />
        <Checkbox.Group
          label={t('hooks.events')}
          value={form.events}
          onChange={chosen => setForm({ ...form, events: chosen })}
        >
          <div className="stack tight" style={{ marginTop: 6 }}>
            {events.map(name => (
              <Checkbox key={name} value={name} label={t(`hooks.event.${name}`)} />
            ))}
          </div>
        </Checkbox.Group>
        {act.error && <Problem error={act.error} />}
        <Button type="submit" disabled={form.events.length === 0} loading={act.isPending}>
          {t('hooks.add')}
        </Button>
      </form>
    </Card>
  );
}
