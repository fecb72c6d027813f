import { Button, Menu } from '@mantine/core';
import { IconArrowRight, IconDots } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { MergeRequest } from '../api/types';
import { number as figure, shortSha } from '../format/format';
import { Changes } from '../merge/Changes';
import { Overview } from '../merge/Overview';
import { type RequestPlace, useRequest } from '../merge/place';
import { State, titleOf } from '../merge/State';
import { useAct } from '../parts/act';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded } from '../parts/Loaded';
import { Ago, Took } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';
import { useQueryWords, useWords } from '../parts/place';
import { isActive, Status } from '../parts/Status';
import { CommitList } from './Commits';

const tabs = ['', 'changes', 'commits', 'pipelines', 'versions'] as const;
type Tab = (typeof tabs)[number];

export function MergeRequestPage() {
  const { t } = useTranslation();
  const place = useRequest();
  const { path, number } = place;
  const { tab = '' } = useWords();
  const request = useQuery({
    ...api.mergeRequest(path, number),
    // The live stream refreshes at once; this is for when it is cut.
    refetchInterval: query =>
      query.state.data?.pipeline && isActive(query.state.data.pipeline.status) ? 10_000 : 60_000,
  });
  const value = request.data;
  const crumbs = [
    { label: path, to: `/${path}` },
    { label: t('mr.list'), to: `/${path}/merge-requests` },
  ];
  return (
    <Page
      title={
        <>
          {value ? titleOf(value) : ''} <span className="muted">!{number}</span>
        </>
      }
      name={`${value ? `${titleOf(value)} ` : ''}!${number} · ${path}`}
      crumbs={crumbs}
      actions={value && <Acts request={value} place={place} />}
    >
      <Loaded of={request} rows={10}>
        {found => (
          <>
            <Line request={found} path={path} />
            <Tabs request={found} place={place} />
            {tab === '' && <Overview request={found} />}
            {tab === 'changes' && <Changes request={found} />}
            {tab === 'commits' && <Commits place={place} />}
            {tab === 'pipelines' && <Pipelines place={place} />}
            {tab === 'versions' && <Versions place={place} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

const did = { opened: 'mr.wants', merged: 'mr.didMerge', closed: 'mr.wanted' } as const;

function Line({ request, path }: { request: MergeRequest; path: string }) {
  const { t } = useTranslation();
  const who = request.merged_by ?? request.author;
  const branch = (name: string, exists: boolean) =>
    exists ? (
      <Go to={`/${path}/tree`} search={{ ref: name }} className="chip mono">
        {name}
      </Go>
    ) : (
      <span className="chip mono">{name}</span>
    );
  return (
    <div className="row mr-line">
      <State of={request} />
      <span>
        <strong>{who.name || who.username}</strong>{' '}
        <span className="muted">{t(did[request.state], { count: request.commits })}</span>
      </span>
      <span className="row">
        {branch(request.source, request.source_exists)}
        <IconArrowRight size={14} aria-label={t('mr.into')} />
        {branch(request.target, true)}
      </span>
      <span className="muted small">
        <Ago at={request.merged_at ?? request.created_at} />
      </span>
    </div>
  );
}

function Tabs({ request, place }: { request: MergeRequest; place: RequestPlace }) {
  const { t } = useTranslation();
  const counts: Record<Tab, number | undefined> = {
    '': request.threads.unresolved || undefined,
    changes: request.diff.files,
    commits: request.commits,
    pipelines: undefined,
    versions: request.versions,
  };
  return (
    <nav className="tabs" aria-label={t('mr.one')}>
      {tabs.map(key => (
        <Go key={key} to={key ? `${place.at}/${key}` : place.at} exact>
          {t(`mr.tab.${key || 'overview'}`)}
          {counts[key] !== undefined && <span className="count">{figure(counts[key])}</span>}
        </Go>
      ))}
    </nav>
  );
}

// Acts are what can be done to the request as a whole, apart from merging it.
function Acts({ request, place }: { request: MergeRequest; place: RequestPlace }) {
  const { t } = useTranslation();
  const draft = useAct((on: boolean) => api.editMergeRequest(place.path, place.number, { draft: on }));
  const act = useAct((how: 'close' | 'reopen') => api.actOnMergeRequest(place.path, place.number, how));
  if (!request.may.edit) return null;
  if (request.state === 'closed') {
    return (
      <Button variant="default" loading={act.isPending} onClick={() => act.mutate('reopen')}>
        {t('mr.reopen')}
      </Button>
    );
  }
  if (request.state === 'merged') return null;
  return (
    <>
      {request.draft && (
        <Button variant="default" loading={draft.isPending} onClick={() => draft.mutate(false)}>
          {t('mr.markReady')}
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" aria-label={t('mr.more')} px={8}>
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {!request.draft && <Menu.Item onClick={() => draft.mutate(true)}>{t('mr.markDraft')}</Menu.Item>}
          <Menu.Item onClick={() => act.mutate('close')}>{t('mr.close')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function Commits({ place }: { place: RequestPlace }) {
  const { t } = useTranslation();
  const { page } = useQueryWords();
  const commits = useQuery({ ...api.mergeCommits(place.path, place.number, page), placeholderData: keepPreviousData });
  return (
    <Loaded of={commits}>
      {list => <CommitList commits={list.items} total={list.total} empty={<Empty title={t('commits.empty')} />} />}
    </Loaded>
  );
}

function Pipelines({ place }: { place: RequestPlace }) {
  const { t } = useTranslation();
  const { page } = useQueryWords();
  const pipelines = useQuery({
    ...api.mergePipelines(place.path, place.number, page),
    placeholderData: keepPreviousData,
    refetchInterval: query => (query.state.data?.items.some(p => isActive(p.status)) ? 5000 : 30_000),
  });
  return (
    <Loaded of={pipelines}>
      {list => (
        <Listing
          label={t('nav.pipelines')}
          rows={list.items}
          total={list.total}
          id={p => p.id}
          empty={<Empty title={t('pipelines.empty')}>{t('pipelines.emptyNext')}</Empty>}
          columns={[
            {
              key: 'status',
              title: t('status'),
              cell: p => (
                <Go to={`/${place.path}/pipelines/${p.id}`}>
                  <Status of={p.status} />
                </Go>
              ),
            },
            {
              key: 'what',
              title: t('pipeline.pipeline'),
              className: 'main-cell',
              cell: p => (
                <>
                  <Go to={`/${place.path}/pipelines/${p.id}`}>
                    #{p.id} {p.title}
                  </Go>
                  <div className="muted small">
                    {p.ref} <code>{shortSha(p.sha)}</code>
                    {p.error && <span className="tone-bad"> · {p.error}</span>}
                  </div>
                </>
              ),
            },
            {
              key: 'took',
              title: t('duration'),
              className: 'num hide-sm',
              cell: p => <Took seconds={p.duration} started={p.started_at} running={p.status === 'running'} />,
            },
            { key: 'when', title: t('when'), className: 'num', cell: p => <Ago at={p.created_at} /> },
          ]}
        />
      )}
    </Loaded>
  );
}

function Versions({ place }: { place: RequestPlace }) {
  const { t } = useTranslation();
  const versions = useQuery(api.mergeVersions(place.path, place.number));
  return (
    <Loaded of={versions}>
      {list => {
        const rows = [...list.items].sort((a, b) => b.number - a.number);
        const last = rows[0]?.number;
        return (
          <Listing
            label={t('mr.tab.versions')}
            rows={rows}
            id={v => v.number}
            empty={<Empty title={t('mr.noVersions')} />}
            columns={[
              {
                key: 'number',
                title: t('version'),
                cell: v => (
                  <span className="row nowrap-row">
                    <Go to={`${place.at}/changes`} search={v.number === last ? {} : { version: String(v.number) }}>
                      {v.number}
                    </Go>
                    {v.number === last && <span className="chip accent">{t('mr.latest')}</span>}
                  </span>
                ),
              },
              {
                key: 'head',
                title: t('commit.commit'),
                cell: v => (
                  <Go to={`/${place.path}/commits/${v.head_sha}`}>
                    <code>{shortSha(v.head_sha)}</code>
                  </Go>
                ),
              },
              { key: 'commits', title: t('commits.title'), className: 'num hide-sm', cell: v => figure(v.commits) },
              { key: 'user', title: t('pipeline.by'), className: 'hide-sm', cell: v => v.user },
              { key: 'when', title: t('when'), cell: v => <Ago at={v.created_at} /> },
              {
                key: 'since',
                title: '',
                className: 'num',
                cell: v =>
                  v.number !== last && (
                    <Go to={`${place.at}/changes`} search={{ from: String(v.number) }}>
                      {t('mr.since')}
                    </Go>
                  ),
              },
            ]}
          />
        );
      }}
    </Loaded>
  );
}
