// The people of a project or a group: their roles, until when, where the role
// comes from, and links that invite more.
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { read } from '../api/client';
import * as api from '../api/govern';
import { me as meOf, users } from '../api/routes';
import type { Invitation, Member } from '../api/types';
import { date } from '../format/format';
import { Ask, useAct } from '../parts/act';
import { Snippet } from '../parts/Copy';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Empty } from '../parts/Page';
import { dayAfter, inDays, rank, type ranks, useRoleNames } from './roles';

export function Members({ at }: { at: string }) {
  const { t } = useTranslation();
  const members = useQuery(api.members(at));
  const leads = useLeads(at);
  const roleNames = useRoleNames();
  const change = useAct(({ member, role }: { member: Member; role: string }) =>
    api.setMember(at, member.user.username, { role, expires_at: member.expires_at }),
  );
  return (
    <div className="two">
      <div className="stack">
        <Loaded of={members}>
          {list => (
            <Listing
              label={t('settings.members')}
              rows={list.items}
              id={m => `${m.user.id}${m.inherited}`}
              text={m => `${m.user.username} ${m.user.name} ${m.role}`}
              empty={<Empty title={t('members.empty')} />}
              columns={[
                {
                  key: 'user',
                  title: t('members.member'),
                  className: 'main-cell',
                  sort: m => m.user.username,
                  cell: m => (
                    <>
                      {m.user.name || m.user.username} <span className="muted">@{m.user.username}</span>
                    </>
                  ),
                },
                {
                  key: 'role',
                  title: t('members.role'),
                  sort: m => rank(m.role),
                  cell: m =>
                    m.inherited || !leads ? (
                      <span>
                        {t(`role.${m.role as (typeof ranks)[number]}`)}{' '}
                        {m.inherited && (
                          <Go to={`/groups/${m.inherited}`} className="muted small">
                            {t('members.inherited', { group: m.inherited })}
                          </Go>
                        )}
                      </span>
                    ) : (
                      <NativeSelect
                        size="xs"
                        aria-label={t('members.roleOf', { name: m.user.username })}
                        value={m.role}
                        data={roleNames}
                        onChange={e => change.mutate({ member: m, role: e.currentTarget.value })}
                      />
                    ),
                },
                {
                  key: 'until',
                  title: t('members.until'),
                  className: 'hide-sm',
                  sort: m => m.expires_at ?? '9',
                  cell: m => (m.expires_at ? date(m.expires_at) : t('members.forGood')),
                },
                {
                  key: 'act',
                  title: '',
                  className: 'num',
                  cell: m =>
                    m.inherited || !leads ? null : (
                      <Ask
                        label={t('remove')}
                        ariaLabel={t('members.remove', { name: m.user.username })}
                        title={t('members.remove', { name: m.user.username })}
                        confirm={t('remove')}
                        danger
                        act={() => api.removeMember(at, m.user.username)}
                      >
                        {t('members.removeAbout', { name: m.user.username })}
                      </Ask>
                    ),
                },
              ]}
            />
          )}
        </Loaded>
        {leads && <Invitations at={at} />}
      </div>
      <div className="stack">
        {leads && <Add at={at} />}
        {leads && <Invite at={at} />}
        <p className="muted small">
          <Go to="/roles">{t('members.who')}</Go>
        </p>
      </div>
    </div>
  );
}

// useLeads tells whether the reader may change who belongs here: at, a project's
// address as a group's, tells their role.
function useLeads(at: string): boolean {
  const own = useQuery(read<{ role: string }>(at));
  const me = useQuery({ ...meOf(), staleTime: 60_000 });
  return me.data?.user.admin === true || rank(own.data?.role ?? '') >= rank('maintainer');
}

function Add({ at }: { at: string }) {
  const { t } = useTranslation();
  const [username, setUsername] = useState('');
  const [role, setRole] = useState('developer');
  const [until, setUntil] = useState('');
  const roleNames = useRoleNames();
  const found = useQuery({ ...users(username), enabled: username.length > 1 });
  const act = useAct(
    () => api.setMember(at, username.replace(/^@/, ''), { role, expires_at: until ? dayAfter(until) : null }),
    { quiet: true, done: () => setUsername('') },
  );
  return (
    <Card title={t('members.add')}>
      <form
        className="stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <TextInput
          label={t('user.username')}
          required
          list="found-users"
          autoComplete="off"
          value={username}
          onChange={e => setUsername(e.currentTarget.value)}
        />
        <datalist id="found-users">
          {found.data?.items.map(user => (
            <option key={user.id} value={user.username}>
              {user.name}
            </option>
          ))}
        </datalist>
        <NativeSelect
          label={t('members.role')}
          value={role}
          data={roleNames}
          onChange={e => setRole(e.currentTarget.value)}
        />
        <TextInput
          type="date"
          label={t('members.until')}
          description={t('members.untilAbout')}
          value={until}
          onChange={e => setUntil(e.currentTarget.value)}
        />
        {act.error && <Problem error={act.error} />}
        <Button type="submit" loading={act.isPending}>
          {t('members.add')}
        </Button>
      </form>
    </Card>
  );
}

function Invite({ at }: { at: string }) {
  const { t } = useTranslation();
  const roleNames = useRoleNames();
  const [form, setForm] = useState({ role: 'developer', days: '7', uses: '1', email: '' });
  const [made, setMade] = useState<Invitation>();
  const act = useAct(
    () =>
      api.invite(at, {
        role: form.role,
        expires_at: inDays(Number(form.days)),
        uses: Number(form.uses),
        email: form.email,
      }),
    { quiet: true, done: setMade },
  );
  return (
    <Card title={t('invite.title')}>
      <form
        className="stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <p className="muted small">{t('invite.about')}</p>
        {made?.link && (
          <div className="stack tight" role="status">
            <strong>{t('invite.once')}</strong>
            <Snippet text={made.link} label={t('invite.link')} />
          </div>
        )}
        <NativeSelect
          label={t('members.role')}
          value={form.role}
          data={roleNames}
          onChange={e => setForm({ ...form, role: e.currentTarget.value })}
        />
        <NativeSelect
          label={t('invite.valid')}
          value={form.days}
          data={['1', '7', '30'].map(value => ({ value, label: t('invite.days', { count: Number(value) }) }))}
          onChange={e => setForm({ ...form, days: e.currentTarget.value })}
        />
        <NativeSelect
          label={t('invite.uses')}
          value={form.uses}
          data={['1', '5', '25'].map(value => ({ value, label: t('invite.people', { count: Number(value) }) }))}
          onChange={e => setForm({ ...form, uses: e.currentTarget.value })}
        />
        {act.error && <Problem error={act.error} />}
        <Button type="submit" variant="default" loading={act.isPending}>
          {t('invite.make')}
        </Button>
      </form>
    </Card>
  );
}

function Invitations({ at }: { at: string }) {
  const { t } = useTranslation();
  const list = useQuery(api.invitations(at));
  if (!list.data || list.data.items.length === 0) return null;
  return (
    <Listing
      label={t('invite.open')}
      rows={list.data.items}
      id={i => i.id}
      empty={null}
      columns={[
        {
          key: 'role',
          title: t('invite.open'),
          className: 'main-cell',
          cell: i => t('invite.as', { role: t(`role.${i.role as (typeof ranks)[number]}`), name: i.created_by }),
        },
        { key: 'uses', title: t('invite.left'), className: 'num', cell: i => i.uses_left },
        { key: 'until', title: t('tokens.expires'), className: 'hide-sm', cell: i => date(i.expires_at) },
        {
          key: 'act',
          title: '',
          className: 'num',
          cell: i => (
            <Ask
              label={t('invite.withdraw')}
              title={t('invite.withdraw')}
              confirm={t('invite.withdraw')}
              danger
              act={() => api.withdraw(at, i.id)}
            >
              {t('invite.withdrawAbout')}
            </Ask>
          ),
        },
      ]}
    />
  );
}
