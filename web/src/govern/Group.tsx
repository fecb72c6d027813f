// One group: its projects, people and variables.
import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/govern';
import type { Group, Project } from '../api/types';
import { Ask, useAct } from '../parts/act';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Empty, Page } from '../parts/Page';
import { useGo, useQueryWords, useWords } from '../parts/place';
import { Tabs } from '../parts/Tabs';
import { Members } from './Members';
import { type Rank, rank } from './roles';
import { Variables } from './Variables';

export function GroupPage() {
  const { t } = useTranslation();
  const { group: path = '' } = useWords();
  const { tab = 'projects' } = useQueryWords();
  const group = useQuery(api.group(path));
  const leads = rank(group.data?.role ?? '') >= rank('maintainer');
  const tabs = leads ? (['projects', 'members', 'variables', 'general'] as const) : (['projects', 'members'] as const);
  return (
    <Page title={group.data?.name ?? path} name={path} crumbs={[{ label: t('groups.title'), to: '/groups' }]}>
      <Tabs label={path} of={tabs.map(key => ({ key, label: t(`groups.tab.${key}`) }))} now={tab} />
      {group.data?.description && <p className="muted page-lead">{group.data.description}</p>}
      {tab === 'projects' && <Projects path={path} />}
      {tab === 'members' && <Members at={api.groupAt(path)} />}
      {tab === 'variables' && <Variables at={api.groupAt(path)} />}
      {tab === 'general' && <Loaded of={group}>{value => <General key={value.id} group={value} />}</Loaded>}
    </Page>
  );
}

function Projects({ path }: { path: string }) {
  const { t } = useTranslation();
  const list = useQuery(api.groupProjects(path));
  return (
    <Loaded of={list}>
      {({ items }) => (
        <Listing<Project>
          label={t('groups.projects')}
          rows={items}
          id={p => p.id}
          text={p => `${p.path} ${p.description}`}
          empty={
            <Empty title={t('groups.noProject')}>
              <Go to="/new" search={{ namespace: path }}>
                {t('groups.firstProject')}
              </Go>
            </Empty>
          }
          columns={[
            {
              key: 'path',
              title: t('groups.project'),
              className: 'main-cell',
              sort: p => p.path,
              cell: p => (
                <>
                  <Go to={`/${p.path}`}>{p.name}</Go>
                  <div className="muted small">{p.description}</div>
                </>
              ),
            },
            { key: 'role', title: t('groups.mine'), cell: p => t(`role.${p.role as Rank | 'none'}`) },
          ]}
        />
      )}
    </Loaded>
  );
}

function General({ group }: { group: Group }) {
  const { t } = useTranslation();
  const go = useGo();
  const [form, setForm] = useState({ name: group.name, description: group.description });
  const act = useAct(() => api.editGroup(group.path, form), { quiet: true });
  return (
    <div className="stack" style={{ maxWidth: 560 }}>
      <Card>
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
            label={t('description')}
            value={form.description}
            onChange={e => setForm({ ...form, description: e.currentTarget.value })}
          />
          {act.error && <Problem error={act.error} />}
          <div className="row">
            <Button type="submit" loading={act.isPending}>
              {t('save')}
            </Button>
            <span role="status" className="tone-good">
              {act.isSuccess && t('saved')}
            </span>
          </div>
        </form>
      </Card>
      <Card title={t('groups.delete')}>
        <div className="stack">
          <p>{t('groups.deleteAbout')}</p>
          <div>
            <Ask
              label={t('groups.delete')}
              title={t('groups.deleteNamed', { path: group.path })}
              confirm={t('groups.delete')}
              danger
              act={() => api.deleteGroup(group.path)}
              done={() => go('/groups')}
            >
              {t('groups.deleteAbout')}
            </Ask>
          </div>
        </div>
      </Card>
    </div>
  );
}
