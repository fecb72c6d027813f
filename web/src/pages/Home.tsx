import { Button, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Project } from '../api/types';
import { InProduction } from '../deliver/InProduction';
import { shortSha } from '../format/format';
import { Go } from '../parts/Go';
import { Loaded } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';
import { useGo, useQueryWords, useSetQuery } from '../parts/place';
import { Status } from '../parts/Status';

export function Home() {
  const { t } = useTranslation();
  const go = useGo();
  const { q } = useQueryWords();
  const setQuery = useSetQuery();
  const projects = useQuery({ ...api.projects({ per_page: 200, search: q }), placeholderData: old => old });
  const create = (
    <Button leftSection={<IconPlus size={15} />} onClick={() => go('/new')}>
      {t('new.title')}
    </Button>
  );
  return (
    <Page title={t('home.title')} actions={create}>
      <Loaded of={projects}>
        {list =>
          list.total === 0 && !q ? (
            <div className="card">
              <Empty title={t('home.empty')}>
                <p>{t('home.emptyNext')}</p>
                {create}
              </Empty>
            </div>
          ) : (
            <div className="stack">
              {(list.total > 6 || q) && (
                <TextInput
                  size="xs"
                  maw={320}
                  aria-label={t('home.search')}
                  placeholder={t('home.search')}
                  value={q ?? ''}
                  onChange={e => setQuery({ q: e.currentTarget.value })}
                />
              )}
              {list.items.length === 0 && <div className="empty">{t('list.noMatch', { filter: q ?? '' })}</div>}
              <div className="tiles">
                {list.items.map(project => (
                  <Tile key={project.id} project={project} />
                ))}
              </div>
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

function Tile({ project }: { project: Project }) {
  const { t } = useTranslation();
  const { last_pipeline: last, production } = project;
  return (
    <article className="card tile">
      <div>
        <Go to={`/${project.path}`} className="title">
          <span className="muted">{project.namespace}/</span>
          {project.name}
        </Go>
        {project.description && <div className="muted small">{project.description}</div>}
      </div>
      <div className="row small">
        {last ? (
          <>
            <Go to={`/${project.path}/pipelines/${last.id}`}>
              <Status of={last.status} />
            </Go>
            <span className="muted">
              {last.ref} <code>{shortSha(last.sha)}</code> · <Ago at={last.created_at} />
            </span>
          </>
        ) : (
          <span className="muted">{project.empty ? t('home.noCode') : t('home.noPipeline')}</span>
        )}
      </div>
      {production && <InProduction project={project} of={production} />}
    </article>
  );
}
