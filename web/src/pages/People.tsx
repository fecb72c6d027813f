// Everyone with an account on the server; administrators add more.
import { Button, PasswordInput, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/client';
import * as api from '../api/routes';
import type { User } from '../api/types';
import { Ask, useAct } from '../parts/act';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Empty, Page } from '../parts/Page';
import { useQueryWords } from '../parts/place';

export function PeoplePage() {
  const { t } = useTranslation();
  return (
    <Page title={t('people.title')}>
      <People />
    </Page>
  );
}

export function People() {
  const { t } = useTranslation();
  const { page } = useQueryWords();
  const me = useQuery({ ...api.me(), staleTime: 60_000 });
  const users = useQuery(api.users('', page));
  return (
    <div className="stack">
      <p className="muted lead">{t('people.about')}</p>
      <div className="two">
        <Loaded of={users}>
          {list => (
            <Listing
              label={t('people.title')}
              rows={list.items}
              total={list.total}
              id={user => user.id}
              text={user => `${user.username} ${user.name} ${user.email ?? ''}`}
              empty={<Empty title={t('people.empty')} />}
              columns={[
                {
                  key: 'name',
                  title: t('name'),
                  className: 'main-cell',
                  sort: user => user.name || user.username,
                  cell: user => (
                    <>
                      {user.name || user.username} <span className="muted">@{user.username}</span>{' '}
                      {user.admin && <span className="chip">{t('people.admin')}</span>}{' '}
                      {user.blocked && <span className="chip tone-bad">{t('people.blocked')}</span>}
                    </>
                  ),
                },
                {
                  key: 'email',
                  title: t('user.email'),
                  className: 'hide-sm',
                  sort: user => user.email ?? '',
                  cell: user => user.email || '–',
                },
                ...(me.data?.user.admin
                  ? [
                      {
                        key: 'act',
                        title: '',
                        className: 'num',
                        cell: (user: User) => (user.id === me.data?.user.id ? null : <Acts user={user} />),
                      },
                    ]
                  : []),
              ]}
            />
          )}
        </Loaded>
        {me.data?.user.admin ? <Add /> : <p className="muted">{t('people.onlyAdmins')}</p>}
      </div>
    </div>
  );
}

function Acts({ user }: { user: User }) {
  const { t } = useTranslation();
  const name = user.name || user.username;
  const change = useAct((body: { blocked?: boolean; admin?: boolean }) => api.editUser(user.username, body));
  return (
    <span className="row nowrap nowrap-row" style={{ justifyContent: 'flex-end' }}>
      <Button variant="subtle" onClick={() => change.mutate({ admin: !user.admin })}>
        {t(user.admin ? 'people.takeAdmin' : 'people.makeAdmin')}
      </Button>
      {user.blocked ? (
        <Button variant="default" onClick={() => change.mutate({ blocked: false })}>
          {t('people.unblock')}
        </Button>
      ) : (
        <Ask
          label={t('people.block')}
          ariaLabel={t('people.blockNamed', { name })}
          title={t('people.blockNamed', { name })}
          confirm={t('people.block')}
          danger
          act={() => api.editUser(user.username, { blocked: true })}
        >
          {t('people.blockAbout', { name })}
        </Ask>
      )}
    </span>
  );
}

const blank = { name: '', username: '', email: '', password: '' };

function Add() {
  const { t } = useTranslation();
  const [form, setForm] = useState(blank);
  const [admin, setAdmin] = useState(false);
  const act = useAct(() => api.addUser({ ...form, admin }), {
    quiet: true,
    done: () => {
      setForm(blank);
      setAdmin(false);
    },
  });
  const error = act.error instanceof ApiError ? act.error : undefined;
  const field = (key: keyof typeof blank) => ({
    label: t(`person.${key}`),
    required: true,
    autoComplete: key === 'password' ? 'new-password' : 'off',
    value: form[key],
    error: error?.at(key),
    onChange: (e: { currentTarget: { value: string } }) => setForm({ ...form, [key]: e.currentTarget.value }),
  });
  return (
    <Card title={t('people.add')}>
      <form
        className="stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <TextInput {...field('name')} />
        <TextInput {...field('username')} />
        <TextInput {...field('email')} type="email" />
        <PasswordInput {...field('password')} visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }} />
        <Switch
          label={t('people.adminLabel')}
          description={t('people.adminAbout')}
          checked={admin}
          onChange={e => setAdmin(e.currentTarget.checked)}
        />
        {error && <Problem error={error} />}
        <span role="status" className="tone-good">
          {act.data && t('people.added', { name: act.data.name || act.data.username })}
        </span>
        <Button type="submit" loading={act.isPending}>
          {t('people.add')}
        </Button>
      </form>
    </Card>
  );
}
