import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { projectAt } from '../api/govern';
import * as api from '../api/routes';
import type { Project } from '../api/types';
import { Audit } from '../govern/Audit';
import { Hooks } from '../govern/Hooks';
import { Members } from '../govern/Members';
import { ProjectTokens } from '../govern/ProjectTokens';
import { Own } from '../govern/Roles';
import { Variables } from '../govern/Variables';
import { Ask, useAct } from '../parts/act';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Page } from '../parts/Page';
import { useGo, useProjectPath, useQueryWords } from '../parts/place';
import { Tabs } from '../parts/Tabs';
import { ProtectedBranches } from './SettingsProtected';

const tabs = ['general', 'members', 'variables', 'protected', 'tokens', 'hooks', 'audit', 'mine'] as const;

export function Settings() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { tab = 'general' } = useQueryWords();
  const project = useQuery(api.project(path));
  return (
    <Page title={t('nav.settings')} name={`${t('nav.settings')} · ${path}`}>
      <Tabs label={t('nav.settings')} of={tabs.map(key => ({ key, label: t(`settings.${key}`) }))} now={tab} />
      {tab === 'members' && <Members at={projectAt(path)} />}
      {tab === 'variables' && <Variables at={projectAt(path)} />}
      {tab === 'protected' && <ProtectedBranches />}
      {tab === 'tokens' && <ProjectTokens path={path} />}
      {tab === 'hooks' && <Hooks path={path} />}
      {tab === 'audit' && <Audit at={projectAt(path)} />}
      {tab === 'mine' && <Own path={path} />}
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
