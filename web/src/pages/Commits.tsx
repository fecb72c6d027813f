import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Commit } from '../api/types';
import { shortSha } from '../format/format';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';
import { useProjectPath, useQueryWords, useSetQuery } from '../parts/place';
import { BranchSelect, CodeTabs } from './CodeTabs';

export function Commits() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { ref: asked, path: name, page } = useQueryWords();
  const setQuery = useSetQuery();
  const project = useQuery(api.project(path));
  const ref = asked ?? project.data?.default_branch ?? '';
  const empty = project.data?.empty ?? false;
  const commits = useQuery({
    ...api.commits(path, { ref, path: name, page, per_page: 50 }),
    enabled: Boolean(ref) && !empty,
    placeholderData: keepPreviousData,
  });
  const nothing = <Empty title={t('commits.empty')}>{t('overview.emptyNext')}</Empty>;
  return (
    <Page title={t('commits.title')} name={`${t('commits.title')} · ${path}`}>
      <CodeTabs />
      {empty ? (
        <div className="card">{nothing}</div>
      ) : (
        <Loaded of={commits}>
          {list => (
            <CommitList
              commits={list.items}
              total={list.total}
              empty={nothing}
              tools={
                <>
                  <BranchSelect value={ref} onChange={value => setQuery({ ref: value, page: undefined })} />
                  {name && <code>{name}</code>}
                </>
              }
            />
          )}
        </Loaded>
      )}
    </Page>
  );
}

export function CommitList(props: { commits: Commit[]; total?: number; tools?: ReactNode; empty: ReactNode }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  return (
    <Listing
      label={t('commits.title')}
      rows={props.commits}
      total={props.total}
      id={commit => commit.sha}
      text={commit => `${commit.message} ${commit.sha} ${commit.author_name}`}
      tools={props.tools}
      empty={props.empty}
      columns={[
        {
          key: 'title',
          title: t('commit.commit'),
          className: 'main-cell',
          cell: commit => <Go to={`/${path}/commits/${commit.sha}`}>{commit.title}</Go>,
        },
        { key: 'author', title: t('commit.author'), className: 'hide-sm', cell: commit => commit.author_name },
        {
          key: 'sha',
          title: 'SHA',
          className: 'hide-sm',
          cell: commit => <code>{shortSha(commit.sha)}</code>,
        },
        { key: 'when', title: t('when'), cell: commit => <Ago at={commit.authored_at} /> },
      ]}
    />
  );
}
