import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Project } from '../api/types';
import { Ask, useAct } from '../parts/act';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Page } from '../parts/Page';
import { useGo, useProjectPath, useQueryWords, useSetQuery } from '../parts/place';
import { People } from './People';
import { Members } from './SettingsMembers';
import { ProtectedBranches } from './SettingsProtected';
import { Variables } from './SettingsVariables';

const tabs = ['general', 'members', 'variables', 'protected', 'people'] as const;

export function Settings() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { tab = 'general' } = useQueryWords();
  const setQuery = useSetQuery();
  const project = useQuery(api.project(path));
  const me = useQuery({ ...api.me(), staleTime: 60_000 });
  const shown = tabs.filter(key => key !== 'people' || me.data?.user.admin);
  return (
    <Page title={t('nav.settings')} name={`${t('nav.settings')} · ${path}`}>
      <nav className="tabs" aria-label={t('nav.settings')}>
        {shown.map(key => (
          <a
            key={key}
            href={`?tab=${key}`}
            data-status={tab === key ? 'active' : undefined}
            aria-current={tab === key ? 'page' : undefined}
            onClick={e => {
              e.preventDefault();
              setQuery({ tab: key, q: undefined, sort: undefined });
            }}
          >
            {t(`settings.${key}`)}
          </a>
        ))}
      </nav>
      {tab === 'members' && <Members />}
      {tab === 'variables' && <Variables />}
      {tab === 'protected' && <ProtectedBranches />}
      {tab === 'people' && <People />}
      {tab === 'general' && <Loaded of={project}>{value => <General project={value} />}</Loaded>}
    </Page>
  );
}

function General({ project }: { project: Project }) {
  const { t } = useTranslation();
  const go = useGo();
  const branches = useQuery({ ...api.branches(project.path), enabled: !project.empty });
  const [description, setDescription] = useState(project.description);
  const [branch, setBranch] = useState(project.default_branch);
  const [typed, setTyped] = useState('');
  const act = useAct(() => api.editProject(project.path, { description, default_branch: branch }), { quiet: true });
  const names = branches.data?.items.map(b => b.name) ?? [];
  if (!names.includes(branch)) names.unshift(branch);
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
            label={t('description')}
            value={description}
            onChange={e => setDescription(e.currentTarget.value)}
          />
          <NativeSelect
            label={t('overview.defaultBranch')}
            value={branch}
            data={names}
            onChange={e => setBranch(e.currentTarget.value)}
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
      <Card title={t('settings.delete')}>
        <div className="stack">
          <p style={{ margin: 0 }}>{t('settings.deleteAbout')}</p>
          <div>
            <Ask
              label={t('settings.delete')}
              title={t('settings.deleteNamed', { path: project.path })}
              confirm={t('settings.delete')}
              danger
              act={() =>
                typed === project.path
                  ? api.deleteProject(project.path)
                  : Promise.reject(new Error(t('settings.deleteTyped')))
              }
              done={() => go('/')}
            >
              <div className="stack tight">
                <span>{t('settings.deleteAbout')}</span>
                <TextInput
                  label={t('settings.deleteType', { path: project.path })}
                  value={typed}
                  onChange={e => setTyped(e.currentTarget.value)}
                />
              </div>
            </Ask>
          </div>
        </div>
      </Card>
    </div>
  );
}
