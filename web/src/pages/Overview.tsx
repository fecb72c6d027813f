// A project's first page: the README beside what lives now.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Project } from '../api/types';
import { InProduction } from '../deliver/InProduction';
import { date, shortSha } from '../format/format';
import { Snippet } from '../parts/Copy';
import { Go } from '../parts/Go';
import { Bones, Loaded } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Card, Page } from '../parts/Page';
import { useProjectPath } from '../parts/place';
import { Status } from '../parts/Status';
import { CodeTabs } from './CodeTabs';

const Markdown = lazy(() => import('../parts/Markdown'));

export function Overview() {
  const path = useProjectPath();
  const project = useQuery(api.project(path));
  return (
    <Page title={path}>
      <CodeTabs />
      <Loaded of={project}>
        {value => (value.empty ? <FirstPush project={value} /> : <Living project={value} />)}
      </Loaded>
    </Page>
  );
}

function FirstPush({ project }: { project: Project }) {
  const { t } = useTranslation();
  const commands = `git clone ${project.clone_url}\n\n# ${t('overview.orExisting')}\ngit remote add origin ${project.clone_url}\ngit push -u origin ${project.default_branch}`;
  return (
    <Card title={t('overview.emptyTitle')}>
      <div className="stack">
        <p style={{ margin: 0 }}>{t('overview.emptyNext')}</p>
        <Snippet text={commands} label={t('overview.clone')} />
      </div>
    </Card>
  );
}

function Living({ project }: { project: Project }) {
  const { t } = useTranslation();
  const { last_pipeline: last, production } = project;
  return (
    <div className="two">
      <Readme project={project} />
      <div className="stack">
        <Card title={t('overview.now')}>
          <div className="stack tight">
            {production ? (
              <InProduction project={project} of={production} />
            ) : (
              <div className="muted">{t('overview.noProduction')}</div>
            )}
            {last ? (
              <div>
                <div className="row">
                  <Go to={`/${project.path}/pipelines/${last.id}`}>
                    <Status of={last.status} />
                  </Go>
                  <span className="muted small">
                    {last.ref} <code>{shortSha(last.sha)}</code>
                  </span>
                </div>
                <div className="small">{last.title}</div>
                <div className="muted small">
                  <Ago at={last.created_at} />
                </div>
              </div>
            ) : (
              <div className="muted">{t('home.noPipeline')}</div>
            )}
          </div>
        </Card>
        <Card title={t('overview.clone')}>
          <Snippet text={`git clone ${project.clone_url}`} label={t('overview.clone')} />
        </Card>
        <Card title={t('overview.about')}>
          {project.description && <p style={{ marginTop: 0 }}>{project.description}</p>}
          <dl className="facts">
            <dt>{t('overview.defaultBranch')}</dt>
            <dd>{project.default_branch}</dd>
            <dt>{t('overview.yourRole')}</dt>
            <dd>{project.role}</dd>
            <dt>{t('created')}</dt>
            <dd>{date(project.created_at)}</dd>
          </dl>
        </Card>
      </div>
    </div>
  );
}

function Readme({ project }: { project: Project }) {
  const { t } = useTranslation();
  const { path, default_branch: ref } = project;
  const tree = useQuery({ ...api.tree(path, ref, ''), placeholderData: keepPreviousData });
  const name = tree.data?.entries.find(
    entry => entry.type === 'file' && /^readme(\.(md|txt))?$/i.test(entry.name),
  )?.name;
  const file = useQuery({ ...api.file(path, ref, name ?? ''), enabled: Boolean(name) });
  const rawUrl = useCallback((to: string) => api.rawFile(path, ref, to), [path, ref]);
  const fileUrl = useCallback(
    (to: string) => `/${path}/file?${new URLSearchParams({ ref, path: to.replace(/^\.\//, '') })}`,
    [path, ref],
  );
  if (tree.data && !name) {
    return (
      <Card>
        <p style={{ margin: 0 }}>{t('overview.noReadme')}</p>
      </Card>
    );
  }
  return (
    <Card title={name ?? 'README'}>
      <Loaded of={file}>
        {value =>
          /\.md$/i.test(name ?? '') ? (
            <Suspense fallback={<Bones rows={6} />}>
              <Markdown text={value.text} rawUrl={rawUrl} fileUrl={fileUrl} />
            </Suspense>
          ) : (
            <pre style={{ whiteSpace: 'pre-wrap' }}>{value.text}</pre>
          )
        }
      </Loaded>
    </Card>
  );
}
