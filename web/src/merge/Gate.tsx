// What blocks the merge, in one list, each line with what would unblock it; and
// the merge itself, which says what it will do before it does it.
import { Button, Checkbox, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Blocker, MergeRequest } from '../api/types';
import { shortSha } from '../format/format';
import { useAct } from '../parts/act';
import { Go } from '../parts/Go';
import { Problem } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { useRequest } from './place';
import { Widget } from './Widget';

export function Gate({ request, firstOpen }: { request: MergeRequest; firstOpen?: number }) {
  const { t } = useTranslation();
  const { path } = useRequest();
  if (request.state === 'merged') {
    return (
      <Widget
        title={t('mr.merged')}
        verdict="good"
        line={
          <>
            {t('gate.mergedBy', { name: request.merged_by?.name || request.merged_by?.username || '' })}{' '}
            {request.merged_at && <Ago at={request.merged_at} />}
            {request.merge_sha && (
              <>
                {' · '}
                <Go to={`/${path}/commits/${request.merge_sha}`}>
                  <code>{shortSha(request.merge_sha)}</code>
                </Go>
              </>
            )}
          </>
        }
      />
    );
  }
  if (request.state === 'closed') {
    return (
      <Widget
        title={t('mr.closed')}
        verdict="quiet"
        line={
          <>
            {t('gate.closedBy', { name: request.closed_by?.name || request.closed_by?.username || '' })}{' '}
            {request.closed_at && <Ago at={request.closed_at} />}
          </>
        }
      />
    );
  }
  const { blockers } = request;
  return (
    <section className="card gate" aria-label={t('gate.title')}>
      <div className="head">
        <h2 className="grow">
          {blockers.length === 0 ? t('gate.ready') : t('gate.blocked', { count: blockers.length })}
        </h2>
        <Catch request={request} />
      </div>
      {blockers.length > 0 && (
        <ul className="blockers">
          {blockers.map(blocker => (
            <Line key={blocker.kind + blocker.message} blocker={blocker} request={request} firstOpen={firstOpen} />
          ))}
        </ul>
      )}
      <MergeForm request={request} />
    </section>
  );
}

// Catch is how the source catches up with the target.
function Catch({ request }: { request: MergeRequest }) {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const act = useAct((how: 'rebase' | 'update') => api.actOnMergeRequest(path, number, how));
  if (request.behind === 0 || !request.source_exists) return null;
  return (
    <span className="row small">
      <span className="muted">{t('gate.behind', { count: request.behind, target: request.target })}</span>
      {request.may.edit && (
        <>
          <Button
            size="compact-xs"
            variant="default"
            loading={act.isPending && act.variables === 'update'}
            title={t('gate.updateAbout', { source: request.source, target: request.target })}
            onClick={() => act.mutate('update')}
          >
            {t('gate.update')}
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            loading={act.isPending && act.variables === 'rebase'}
            title={t('gate.rebaseAbout', { source: request.source, target: request.target })}
            onClick={() => act.mutate('rebase')}
          >
            {t('gate.rebase')}
          </Button>
        </>
      )}
    </span>
  );
}

const shown = 8; // paths of a blocker before the rest is folded

function Line({ blocker, request, firstOpen }: { blocker: Blocker; request: MergeRequest; firstOpen?: number }) {
  const { t } = useTranslation();
  const { at } = useRequest();
  const [all, setAll] = useState(false);
  const paths = blocker.paths ?? [];
  // A branch keeps its own spelling at the beginning of a sentence.
  const named = blocker.message.startsWith(request.source) || blocker.message.startsWith(request.target);
  return (
    <li>
      <div className="grow">
        <strong className={named ? undefined : 'sentence'}>{blocker.message}</strong>
        <div className="muted sentence">{blocker.unblock}</div>
        {paths.length > 0 && (
          <ul className="paths mono">
            {(all ? paths : paths.slice(0, shown)).map(path => (
              <li key={path}>{path}</li>
            ))}
          </ul>
        )}
        {paths.length > shown && !all && (
          <button type="button" className="linklike small" onClick={() => setAll(true)}>
            {t('gate.allPaths', { count: paths.length })}
          </button>
        )}
      </div>
      {blocker.kind === 'draft' && request.may.edit && <Ready />}
      {blocker.kind === 'threads' && firstOpen !== undefined && (
        <Go className="button" to={at} hash={`thread-${firstOpen}`}>
          {t('gate.firstThread')}
        </Go>
      )}
      {blocker.kind === 'pipeline' && (
        <Go className="button" to={`${at}/pipelines`}>
          {t('nav.pipelines')}
        </Go>
      )}
    </li>
  );
}

function Ready() {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const act = useAct(() => api.editMergeRequest(path, number, { draft: false }));
  return (
    <Button variant="default" loading={act.isPending} onClick={() => act.mutate(undefined)}>
      {t('mr.markReady')}
    </Button>
  );
}

function MergeForm({ request }: { request: MergeRequest }) {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const [squash, setSquash] = useState<boolean>();
  const [remove, setRemove] = useState<boolean>();
  const [message, setMessage] = useState<string>();
  const always = request.merge_method === 'squash';
  const squashes = always || (squash ?? request.squash);
  const removes = remove ?? request.remove_source_branch;
  const act = useAct(
    () =>
      api.mergeMergeRequest(path, number, {
        sha: request.head_sha,
        squash: squashes,
        remove_source_branch: removes,
        message: message?.trim() || undefined,
      }),
    { quiet: true },
  );
  const writes = squashes || request.merge_method === 'merge'; // there is a commit to name
  return (
    <form
      className="body stack tight"
      onSubmit={e => {
        e.preventDefault();
        act.mutate(undefined);
      }}
    >
      <div className="row options">
        {!always && (
          <Checkbox
            size="xs"
            label={t('gate.squash')}
            checked={squashes}
            onChange={e => setSquash(e.currentTarget.checked)}
          />
        )}
        <Checkbox
          size="xs"
          label={t('gate.remove', { source: request.source })}
          checked={removes}
          onChange={e => setRemove(e.currentTarget.checked)}
        />
        {writes && message === undefined && (
          <button type="button" className="linklike small" onClick={() => setMessage('')}>
            {t('gate.message')}
          </button>
        )}
      </div>
      {writes && message !== undefined && (
        <Textarea
          autosize
          minRows={2}
          maxRows={12}
          label={t('gate.messageLabel')}
          description={t('gate.messageAbout')}
          value={message}
          onChange={e => setMessage(e.currentTarget.value)}
        />
      )}
      <Will request={request} squash={squashes} remove={removes} />
      {act.error && <Problem error={act.error} />}
      <div className="row">
        <Button type="submit" disabled={!request.can_merge} loading={act.isPending}>
          {t('gate.merge')}
        </Button>
        {!request.may.merge && !request.blockers.some(b => b.kind === 'role') && request.may.merge_refusal && (
          <span className="small muted">{request.may.merge_refusal}</span>
        )}
      </div>
    </form>
  );
}

// Will says what the button will do, before anyone presses it.
function Will({ request, squash, remove }: { request: MergeRequest; squash: boolean; remove: boolean }) {
  const { t } = useTranslation();
  const { source, target, commits: count } = request;
  const how = squash ? 'squash' : request.merge_method;
  return (
    <p className="small muted lead">
      {t(`willDo.${how}`, { count, source, target })} {t(remove ? 'gate.willRemove' : 'gate.willKeep', { source })}
    </p>
  );
}
