import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { date } from '../format/format';
import { Ask, useAct } from '../parts/act';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Empty } from '../parts/Page';
import { useProjectPath } from '../parts/place';

const ranks = ['guest', 'reporter', 'developer', 'maintainer', 'owner'] as const;

export function Members() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const members = useQuery(api.members(path));
  const change = useAct(({ username, role }: { username: string; role: string }) =>
    api.setMember(path, username, role),
  );
  const roleNames = ranks.map(value => ({ value, label: t(`role.${value}`) }));
  return (
    <div className="two">
      <Loaded of={members}>
        {list => (
          <Listing
            label={t('settings.members')}
            rows={list.items}
            id={m => m.user.id}
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
                sort: m => ranks.indexOf(m.role as (typeof ranks)[number]),
                cell: m => (
                  <NativeSelect
                    size="xs"
                    aria-label={t('members.roleOf', { name: m.user.username })}
                    value={m.role}
                    data={roleNames}
                    onChange={e => change.mutate({ username: m.user.username, role: e.currentTarget.value })}
                  />
                ),
              },
              {
                key: 'since',
                title: t('members.since'),
                className: 'hide-sm',
                sort: m => m.since,
                cell: m => date(m.since),
              },
              {
                key: 'act',
                title: '',
                className: 'num',
                cell: m => (
                  <Ask
                    label={t('remove')}
                    ariaLabel={t('members.remove', { name: m.user.username })}
                    title={t('members.remove', { name: m.user.username })}
                    confirm={t('remove')}
                    danger
                    act={() => api.removeMember(path, m.user.username)}
                  >
                    {t('members.removeAbout', { name: m.user.username })}
                  </Ask>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      <div className="stack">
        <Add roleNames={roleNames} />
        <RoleTable />
      </div>
    </div>
  );
}

function Add({ roleNames }: { roleNames: { value: string; label: string }[] }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const [username, setUsername] = useState('');
  const [role, setRole] = useState('developer');
  const found = useQuery({ ...api.users(username), enabled: username.length > 1 });
  const act = useAct(() => api.setMember(path, username.replace(/^@/, ''), role), {
    quiet: true,
    done: () => setUsername(''),
  });
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
        {act.error && <Problem error={act.error} />}
        <Button type="submit" loading={act.isPending}>
          {t('members.add')}
        </Button>
      </form>
    </Card>
  );
}

// RoleTable is the server's own table of who may do what.
function RoleTable() {
  const { t } = useTranslation();
  const roles = useQuery({ ...api.roles(), staleTime: 600_000 });
  if (!roles.data) return null;
  return (
    <Card title={t('members.who')} flush>
      <table className="table" aria-label={t('members.who')}>
        <tbody>
          {roles.data.rules.map(rule => (
            <tr key={rule.permission}>
              <td className="small" lang="en">
                {rule.about}
              </td>
              <td className="small num muted">{t(`role.${rule.role as (typeof ranks)[number]}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
