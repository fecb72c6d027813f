import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconGitPullRequest, IconMessage, IconSearch, IconThumbUp } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { MergeSummary } from '../api/types';
import { State, titleOf } from '../merge/State';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';
import { useGo, useProjectPath, useQueryWords, useSetQuery } from '../parts/place';
import { Status } from '../parts/Status';
import { CodeTabs } from './CodeTabs';

const states = ['opened', 'merged', 'closed', 'all'] as const;

export function MergeRequests() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const go = useGo();
  const { state = 'opened', search, author, reviewer, target, page } = useQueryWords();
  const requests = useQuery({
    ...api.mergeRequests(path, { state, search, author, reviewer, target, page, per_page: 50 }),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000, // the live stream refreshes at once; this is for when it is cut
  });
  const filtered = Boolean(search || author || reviewer || target);
  const create = <Button onClick={() => go(`/${path}/merge-requests/new`)}>{t('mr.new')}</Button>;
  return (
    <Page title={t('mr.list')} name={`${t('mr.list')} · ${path}`} actions={create}>
      <CodeTabs />
      <Loaded of={requests} rows={8}>
        {list => (
          <Listing
            label={t('mr.list')}
            rows={list.items}
            total={list.total}
            id={request => request.number}
            tools={<Filters />}
            empty={
              filtered || state !== 'opened' ? (
                <Empty title={t('mr.noneSuch')}>
                  <Go to={`/${path}/merge-requests`}>{t('mr.showOpen')}</Go>
                </Empty>
              ) : (
                <Empty title={t('mr.empty')}>
                  <p>{t('mr.emptyNext')}</p>
                  {create}
                </Empty>
              )
            }
            columns={[
              {
                key: 'title',
                title: t('mr.one'),
                className: 'main-cell',
                cell: request => <What of={request} />,
              },
              {
                key: 'gate',
                title: t('mr.gate'),
                className: 'nowrap hide-sm',
                cell: request => <Signs of={request} />,
              },
              {
                key: 'pipeline',
                title: t('pipeline.pipeline'),
                className: 'hide-sm',
                cell: ({ pipeline }) =>
                  pipeline && (
                    <Go to={`/${path}/pipelines/${pipeline.id}`}>
                      <Status of={pipeline.status} />
                    </Go>
                  ),
              },
              {
                key: 'updated',
                title: t('mr.updated'),
                className: 'num hide-sm',
                cell: request => <Ago at={request.updated_at} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}

function Filters() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const words = useQueryWords();
  const { state = 'opened' } = words;
  const setQuery = useSetQuery();
  const members = useQuery(api.members(api.projectAt(path)));
  const branches = useQuery(api.branches(path));
  const set = (change: Record<string, string>) => setQuery({ ...change, page: undefined });
  const people = (members.data?.items ?? []).map(({ user }) => ({
    value: user.username,
    label: user.name || user.username,
  }));
  const named = (value?: string) =>
    value && !people.some(p => p.value === value) ? [...people, { value, label: value }] : people;
  return (
    <>
      <nav className="pills" aria-label={t('mr.byState')}>
        {states.map(key => (
          <a
            key={key}
            className="entry"
            href={key === 'opened' ? '?' : `?state=${key}`}
            aria-current={state === key ? 'page' : undefined}
            onClick={e => {
              e.preventDefault();
              setQuery({ state: key === 'opened' ? undefined : key, page: undefined });
            }}
          >
            {t(`mr.states.${key}`)}
          </a>
        ))}
      </nav>
      <TextInput
        size="xs"
        className="grow"
        miw={150}
        aria-label={t('mr.search')}
        placeholder={t('mr.search')}
        leftSection={<IconSearch size={14} />}
        value={words.search ?? ''}
        onChange={e => set({ search: e.currentTarget.value })}
      />
      {(['author', 'reviewer'] as const).map(key => (
        <NativeSelect
          key={key}
          size="xs"
          aria-label={t(`mr.${key}`)}
          value={words[key] ?? ''}
          data={[{ value: '', label: t(`mr.any.${key}`) }, ...named(words[key])]}
          onChange={e => set({ [key]: e.currentTarget.value })}
        />
      ))}
      <NativeSelect
        size="xs"
        aria-label={t('mr.target')}
        value={words.target ?? ''}
        data={[
          { value: '', label: t('mr.any.target') },
          ...new Set([...(branches.data?.items ?? []).map(b => b.name), words.target ?? ''].filter(Boolean)),
        ]}
        onChange={e => set({ target: e.currentTarget.value })}
      />
    </>
  );
}

function What({ of: request }: { of: MergeSummary }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  return (
    <>
      <span className="row nowrap-row">
        <State of={request} bare />
        <Go to={`/${path}/merge-requests/${request.number}`} className="mr-title">
          {titleOf(request)}
        </Go>
        {request.draft && request.state === 'opened' && <span className="chip">{t('mr.draft')}</span>}
      </span>
      <div className="muted small">
        !{request.number} · {request.author.name || request.author.username} · {request.source} → {request.target}
        {request.reviewers.length > 0 &&
          ` · ${t('mr.asked', { names: request.reviewers.map(user => user.name || user.username).join(', ') })}`}
      </div>
      <div className="only-sm">
        <Signs of={request} />
      </div>
    </>
  );
}

// Signs is what the request waits for, in three figures.
function Signs({ of: request }: { of: MergeSummary }) {
  const { t } = useTranslation();
  const { approvals, threads } = request;
  return (
    <span className="row nowrap-row small">
      {(approvals.needed > 0 || approvals.given > 0) && (
        <span
          className={`row nowrap-row ${approvals.given >= approvals.needed ? 'tone-good' : 'muted'}`}
          role="img"
          aria-label={t('mr.approvals', { given: approvals.given, count: approvals.needed })}
          title={t('mr.approvals', { given: approvals.given, count: approvals.needed })}
        >
          <IconThumbUp size={14} aria-hidden="true" />
          {approvals.given}/{approvals.needed}
        </span>
      )}
      {threads.total > 0 && (
        <span
          className={`row nowrap-row ${threads.unresolved > 0 ? 'tone-warn' : 'muted'}`}
          role="img"
          aria-label={t('mr.threads', { count: threads.unresolved, total: threads.total })}
          title={t('mr.threads', { count: threads.unresolved, total: threads.total })}
        >
          <IconMessage size={14} aria-hidden="true" />
          {threads.total - threads.unresolved}/{threads.total}
        </span>
      )}
      {request.conflicts && <span className="chip bad">{t('mr.conflicts')}</span>}
      {request.state === 'opened' && !request.blocked && (
        <span className="chip accent">
          <IconGitPullRequest size={12} aria-hidden="true" /> {t('mr.mergeable')}
        </span>
      )}
    </span>
  );
}
