// The first tab of a merge request: what it is, what it waits for, what was said.
import { Button, Textarea, TextInput } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { MergeRequest, Thread } from '../api/types';
import { useAct } from '../parts/act';
import { Loaded, Problem } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Card } from '../parts/Page';
import { useQueryWords, useSetQuery } from '../parts/place';
import { Words } from './Body';
import { Composer } from './Composer';
import { Gate } from './Gate';
import { useHash } from './hash';
import { useReviewKeys } from './keys';
import { ofThreads, useRequest } from './place';
import { ApprovalReport, ContentReport, OwnerReport, PipelineReport } from './Reports';
import { Side } from './Side';
import { ThreadView } from './ThreadView';

export function Overview({ request }: { request: MergeRequest }) {
  const { path, number } = useRequest();
  const me = useQuery({ ...api.me(), staleTime: 60_000 });
  const threads = useQuery(api.threads(path, number));
  useReviewKeys();
  useHash(threads.data !== undefined);
  const firstOpen = threads.data?.items.find(thread => thread.resolvable && !thread.resolved)?.id;
  return (
    <div className="two">
      <div className="stack">
        <Description request={request} />
        <div className="card stack-of">
          <PipelineReport request={request} />
          <ApprovalReport request={request} me={me.data?.user.username ?? ''} />
          <OwnerReport owners={request.owners} />
          <ContentReport content={request.content} />
          {request.state !== 'opened' && <Gate request={request} />}
        </div>
        {request.state === 'opened' && <Gate request={request} firstOpen={firstOpen} />}
        <Loaded of={threads} rows={4}>
          {list => <Discussion request={request} threads={list.items} />}
        </Loaded>
      </div>
      <Side request={request} />
    </div>
  );
}

function Description({ request }: { request: MergeRequest }) {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const [form, setForm] = useState<{ title: string; description: string }>();
  const act = useAct(() => api.editMergeRequest(path, number, form ?? {}), {
    quiet: true,
    done: () => setForm(undefined),
  });
  if (!form) {
    return (
      <Card
        title={t('description')}
        side={
          request.may.edit && (
            <Button
              size="compact-xs"
              variant="subtle"
              onClick={() => setForm({ title: request.title, description: request.description })}
            >
              {t('mr.edit')}
            </Button>
          )
        }
      >
        {request.description.trim() ? (
          <Words text={request.description} sha={request.head_sha} />
        ) : (
          <span className="muted">{t('mr.noDescription')}</span>
        )}
      </Card>
    );
  }
  return (
    <Card title={t('mr.edit')}>
      <form
        className="stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <TextInput
          label={t('mr.title')}
          required
          value={form.title}
          onChange={e => setForm({ ...form, title: e.currentTarget.value })}
        />
        <Textarea
          label={t('description')}
          description={t('mr.markdown')}
          autosize
          minRows={5}
          maxRows={30}
          value={form.description}
          onChange={e => setForm({ ...form, description: e.currentTarget.value })}
        />
        {act.error && <Problem error={act.error} />}
        <div className="row">
          <Button type="submit" loading={act.isPending}>
            {t('save')}
          </Button>
          <Button variant="default" onClick={() => setForm(undefined)}>
            {t('cancel')}
          </Button>
        </div>
      </form>
    </Card>
  );
}

const filters = ['all', 'open', 'comments'] as const;

function Discussion({ request, threads }: { request: MergeRequest; threads: Thread[] }) {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const { show = 'all' } = useQueryWords();
  const setQuery = useSetQuery();
  const open = threads.filter(thread => thread.resolvable && !thread.resolved);
  const said = threads.filter(thread => !isSystem(thread));
  const shown = show === 'open' ? open : show === 'comments' ? said : threads;
  return (
    <section className="stack" aria-label={t('thread.title')}>
      <div className="row between">
        <h2>{t('thread.title')}</h2>
        {threads.length > 3 && (
          <span className="row small">
            {filters.map(filter => (
              <button
                key={filter}
                type="button"
                className="entry"
                aria-pressed={show === filter}
                data-current={show === filter}
                onClick={() => setQuery({ show: filter === 'all' ? undefined : filter })}
              >
                {t(`showThreads.${filter}`, { count: open.length })}
              </button>
            ))}
          </span>
        )}
      </div>
      {shown.map(thread =>
        isSystem(thread) ? (
          <Happened key={thread.id} thread={thread} />
        ) : (
          <ThreadView key={thread.id} thread={thread} may={request.may.comment} sha={request.head_sha} />
        ),
      )}
      {shown.length === 0 && show === 'open' && <span className="muted">{t('thread.noneOpen')}</span>}
      {request.may.comment && (
        <Composer
          place={`${path}!${number}`}
          label={t('thread.write')}
          submit={t('thread.comment')}
          stale={ofThreads}
          asks
          send={(body, resolvable) => api.startThread(path, number, { body, resolvable })}
        />
      )}
    </section>
  );
}

const isSystem = (thread: Thread): boolean => thread.notes.length > 0 && thread.notes.every(note => note.system);

// Happened is what the server noted: one quiet line.
function Happened({ thread }: { thread: Thread }) {
  return thread.notes.map(note => (
    <div key={note.id} className="happened small muted">
      <IconArrowRight size={14} aria-hidden="true" />
      <span>
        <strong>{note.author.name || note.author.username}</strong> {note.body} · <Ago at={note.created_at} />
      </span>
    </div>
  ));
}
