// A project's own tokens, for programs that are nobody's, and the projects
// whose jobs may reach it.
import { Button, Checkbox, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/govern';
import type { Limits, ProjectToken } from '../api/types';
import { date, number } from '../format/format';
import { Ask, useAct } from '../parts/act';
import { Snippet } from '../parts/Copy';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Card, Empty } from '../parts/Page';
import { inDays, type Rank, useRoleNames } from './roles';

const scopes = ['predict', 'read_api', 'read_repository', 'write_repository', 'api'] as const;

export function ProjectTokens({ path }: { path: string }) {
  const { t } = useTranslation();
  const tokens = useQuery(api.projectTokens(path));
  return (
    <div className="two">
      <div className="stack">
        <Loaded of={tokens}>
          {list => (
            <Listing
              label={t('projectTokens.title')}
              rows={list.items}
              id={token => token.id}
              empty={<Empty title={t('tokens.empty')}>{t('projectTokens.emptyNext')}</Empty>}
              columns={[
                { key: 'name', title: t('name'), className: 'main-cell', cell: k => k.name, sort: k => k.name },
                {
                  key: 'may',
                  title: t('tokens.scopes'),
                  cell: k => (
                    <>
                      {t(`role.${k.role as Rank}`)}: {k.scopes.join(', ')}
                      <LimitsOf token={k} />
                    </>
                  ),
                },
                {
                  key: 'today',
                  title: t('limits.today'),
                  className: 'num',
                  cell: k =>
                    k.limits?.per_day
                      ? t('limits.of', { used: number(k.used_today), most: number(k.limits.per_day) })
                      : number(k.used_today),
                },
                {
                  key: 'used',
                  title: t('tokens.used'),
                  className: 'hide-sm',
                  cell: k => (k.last_used_at ? <Ago at={k.last_used_at} /> : t('never')),
                },
                {
                  key: 'expires',
                  title: t('tokens.expires'),
                  className: 'hide-sm',
                  cell: k => (k.expires_at ? date(k.expires_at) : t('never')),
                },
                {
                  key: 'act',
                  title: '',
                  className: 'num',
                  cell: k => (
                    <Ask
                      label={t('tokens.revoke')}
                      ariaLabel={t('tokens.revokeNamed', { name: k.name })}
                      title={t('tokens.revokeNamed', { name: k.name })}
                      confirm={t('tokens.revoke')}
                      danger
                      act={() => api.revokeProjectToken(path, k.id)}
                    >
                      {t('tokens.revokeAbout')}
                    </Ask>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
        <JobAccess path={path} />
      </div>
      <NewToken path={path} />
    </div>
  );
}

// LimitsOf tells what a client's token is held to, besides its day.
function LimitsOf({ token }: { token: ProjectToken }) {
  const { t } = useTranslation();
  const { environment, per_second: perSecond } = token.limits ?? {};
  const said = [environment, perSecond && t('limits.rate', { n: number(perSecond) })].filter(Boolean);
  return said.length > 0 ? <div className="muted small">{said.join(', ')}</div> : null;
}

interface LimitsForm {
  environment: string;
  perSecond: number | string;
  perDay: number | string;
}
const unlimited: LimitsForm = { environment: '', perSecond: '', perDay: '' };

function limitsOf(form: LimitsForm): Limits {
  const limits: Limits = {};
  if (form.environment.trim() !== '') limits.environment = form.environment.trim();
  if (Number(form.perSecond) > 0) limits.per_second = Number(form.perSecond);
  if (Number(form.perDay) > 0) limits.per_day = Number(form.perDay);
  return limits;
}

function NewToken({ path }: { path: string }) {
  const { t } = useTranslation();
  const roleNames = useRoleNames();
  const [form, setForm] = useState({ name: '', role: 'guest', days: '90', scopes: ['predict'], ...unlimited });
  const limited = form.scopes.length === 1 && form.scopes[0] === 'predict';
  const [made, setMade] = useState<ProjectToken>();
  const act = useAct(
    () =>
      api.createProjectToken(path, {
        name: form.name,
        role: form.role,
        scopes: form.scopes,
        expires_at: inDays(Number(form.days)),
        ...(limited ? { limits: limitsOf(form) } : {}),
      }),
    {
      quiet: true,
      done: token => {
        setMade(token);
        setForm({ ...form, name: '', ...unlimited });
      },
    },
  );
  return (
    <Card title={t('tokens.new')}>
      <form
        className="stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <p className="muted small">{t('projectTokens.about')}</p>
        {made?.token && (
          <div className="stack tight" role="status">
            <strong>{t('tokens.once')}</strong>
            <Snippet text={made.token} label={made.name} />
          </div>
        )}
        <TextInput
          label={t('name')}
          required
          value={form.name}
          onChange={e => setForm({ ...form, name: e.currentTarget.value })}
        />
        <NativeSelect
          label={t('members.role')}
          value={form.role}
          data={roleNames.slice(0, 4)}
          onChange={e => setForm({ ...form, role: e.currentTarget.value })}
        />
        <Checkbox.Group
          label={t('tokens.scopes')}
          value={form.scopes}
          onChange={chosen => setForm({ ...form, scopes: chosen })}
        >
          <div className="stack tight" style={{ marginTop: 6 }}>
            {scopes.map(scope => (
              <Checkbox key={scope} value={scope} label={scope} description={t(`projectScope.${scope}`)} />
            ))}
          </div>
        </Checkbox.Group>
        <NativeSelect
          label={t('tokens.expires')}
          value={form.days}
          onChange={e => setForm({ ...form, days: e.currentTarget.value })}
          data={['7', '30', '90', '365'].map(value => ({ value, label: t('tokens.days', { count: Number(value) }) }))}
        />
        <fieldset className="stack tight plain" disabled={!limited}>
          <legend>{t('limits.title')}</legend>
          <p className="muted small">{limited ? t('limits.about') : t('limits.onlyPredict')}</p>
          <TextInput
            label={t('limits.environment')}
            placeholder={t('limits.environmentAbout')}
            value={form.environment}
            onChange={e => setForm({ ...form, environment: e.currentTarget.value })}
          />
          <NumberInput
            label={t('limits.perSecond')}
            min={0}
            value={form.perSecond}
            onChange={value => setForm({ ...form, perSecond: value })}
          />
          <NumberInput
            label={t('limits.perDay')}
            min={0}
            allowDecimal={false}
            value={form.perDay}
            onChange={value => setForm({ ...form, perDay: value })}
          />
        </fieldset>
        {act.error && <Problem error={act.error} />}
        <Button type="submit" disabled={form.scopes.length === 0} loading={act.isPending}>
          {t('tokens.create')}
        </Button>
      </form>
    </Card>
  );
}

function JobAccess({ path }: { path: string }) {
  const { t } = useTranslation();
  const list = useQuery(api.jobAccess(path));
  const [from, setFrom] = useState('');
  const act = useAct(() => api.allowJobs(path, from), { quiet: true, done: () => setFrom('') });
  return (
    <Card title={t('jobAccess.title')}>
      <div className="stack">
        <p className="muted small">{t('jobAccess.about')}</p>
        <Loaded of={list} rows={1}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="small">{t('jobAccess.empty')}</p>
            ) : (
              <ul className="plain stack tight">
                {items.map(one => (
                  <li key={one.id} className="row between">
                    <code>{one.path}</code>
                    <Ask
                      label={t('remove')}
                      ariaLabel={t('jobAccess.remove', { path: one.path })}
                      title={t('jobAccess.remove', { path: one.path })}
                      confirm={t('remove')}
                      danger
                      act={() => api.refuseJobs(path, one.id)}
                    >
                      {t('jobAccess.removeAbout', { path: one.path })}
                    </Ask>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
        <form
          className="row"
          onSubmit={e => {
            e.preventDefault();
            act.mutate(undefined);
          }}
        >
          <TextInput
            className="grow"
            required
            aria-label={t('jobAccess.project')}
            placeholder={t('jobAccess.project')}
            value={from}
            onChange={e => setFrom(e.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={act.isPending}>
            {t('jobAccess.add')}
          </Button>
        </form>
        {act.error && <Problem error={act.error} />}
      </div>
    </Card>
  );
}
