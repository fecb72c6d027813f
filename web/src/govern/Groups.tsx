// Groups: namespaces whose members have a role in every project inside.
import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/client';
import * as api from '../api/govern';
import { useAct } from '../parts/act';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Empty, Page } from '../parts/Page';
import { useGo, useQueryWords } from '../parts/place';
import type { Rank } from './roles';

export function Groups() {
  const { t } = useTranslation();
  const { page } = useQueryWords();
  const groups = useQuery(api.groups({ page }));
  return (
    <Page title={t('groups.title')}>
      <div className="two">
        <Loaded of={groups}>
          {list => (
            <Listing
              label={t('groups.title')}
              rows={list.items}
              total={list.total}
              id={g => g.id}
              text={g => `${g.path} ${g.name} ${g.description}`}
              empty={<Empty title={t('groups.empty')}>{t('groups.emptyNext')}</Empty>}
              columns={[
                {
                  key: 'path',
                  title: t('groups.group'),
                  className: 'main-cell',
                  sort: g => g.path,
                  cell: g => (
                    <>
                      <Go to={`/groups/${g.path}`}>{g.path}</Go>
                      <div className="muted small">{g.description || g.name}</div>
                    </>
                  ),
                },
                {
                  key: 'role',
                  title: t('groups.mine'),
                  cell: g => (g.role === 'none' ? '–' : t(`role.${g.role as Rank}`)),
                },
                {
                  key: 'projects',
                  title: t('groups.projects'),
                  className: 'num',
                  sort: g => g.projects,
                  cell: g => g.projects,
                },
                {
                  key: 'members',
                  title: t('settings.members'),
                  className: 'num hide-sm',
                  sort: g => g.members,
                  cell: g => g.members,
                },
              ]}
            />
          )}
        </Loaded>
        <Add />
      </div>
    </Page>
  );
}

const blank = { path: '', name: '', description: '' };

function Add() {
  const { t } = useTranslation();
  const go = useGo();
  const [form, setForm] = useState(blank);
  const act = useAct(() => api.createGroup({ ...form, name: form.name || form.path }), {
    quiet: true,
    done: group => go(`/groups/${group.path}`),
  });
  const error = act.error instanceof ApiError ? act.error : undefined;
  const field = (key: keyof typeof blank) => ({
    value: form[key],
    error: error?.at(key),
    onChange: (e: { currentTarget: { value: string } }) => setForm({ ...form, [key]: e.currentTarget.value }),
  });
  return (
    <Card title={t('groups.new')}>
      <form
        className="stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <p className="muted small">{t('groups.about')}</p>
        <TextInput label={t('groups.path')} required className="mono" {...field('path')} />
        <TextInput label={t('name')} {...field('name')} />
        <TextInput label={t('description')} {...field('description')} />
        {error && <Problem error={error} />}
        <Button type="submit" loading={act.isPending}>
          {t('groups.new')}
        </Button>
      </form>
    </Card>
  );
}
