// The stack of reports on a merge request: pipeline, approvals, owners, and
// the content that approvals are given for.
import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Approval, MergeRequest, OwnersAsked } from '../api/types';
import { dateTime, shortDigest, shortSha } from '../format/format';
import { useAct } from '../parts/act';
import { CopyButton } from '../parts/Copy';
import { Go } from '../parts/Go';
import { Problem } from '../parts/Loaded';
import { Ago, Took } from '../parts/Moment';
import { Status } from '../parts/Status';
import { useRequest } from './place';
import { type Verdict, Widget } from './Widget';

export function PipelineReport({ request }: { request: MergeRequest }) {
  const { t } = useTranslation();
  const { path } = useRequest();
  const { pipeline } = request;
  if (!pipeline) {
    if (!request.rule?.require_pipeline) return null;
    return <Widget title={t('pipeline.pipeline')} verdict="warn" line={t('gate.noPipeline')} />;
  }
  const verdicts: Partial<Record<typeof pipeline.status, Verdict>> = {
    success: 'good',
    failed: 'bad',
    running: 'busy',
    pending: 'busy',
    canceled: 'warn',
    manual: 'warn',
  };
  return (
    <Widget
      title={t('pipeline.pipeline')}
      verdict={verdicts[pipeline.status] ?? 'quiet'}
      line={
        <span className="row">
          <Go to={`/${path}/pipelines/${pipeline.id}`}>#{pipeline.id}</Go>
          <Status of={pipeline.status} />
          <span className="muted">
            {t('gate.onCommit')} <code>{shortSha(pipeline.sha)}</code> ·{' '}
            <Took seconds={pipeline.duration} started={pipeline.started_at} running={pipeline.status === 'running'} />
          </span>
          {pipeline.sha !== request.head_sha && <span className="chip">{t('gate.notHead')}</span>}
        </span>
      }
    >
      {pipeline.error && <p className="lead tone-bad">{pipeline.error}</p>}
    </Widget>
  );
}

export function ApprovalReport({ request, me }: { request: MergeRequest; me: string }) {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const approve = useAct(() => api.approveMergeRequest(path, number, request.head_sha), { quiet: true });
  const withdraw = useAct(() => api.actOnMergeRequest(path, number, 'unapprove'), { quiet: true });
  const { given, needed } = request.approvals;
  const list = request.approvals_list;
  const mine = list.some(a => a.user.username === me && a.holds);
  const error = approve.error ?? withdraw.error;
  const open = request.state === 'opened';
  const role = request.rule?.approval_role;
  const line =
    needed === 0
      ? given > 0
        ? t('approvals.given', { count: given })
        : t('approvals.optional')
      : t('approvals.of', { given, count: needed, role: role ? t(`role.${role as 'developer'}`) : '' });
  return (
    <Widget
      title={t('approvals.title')}
      verdict={given >= needed && given > 0 ? 'good' : needed > given ? 'warn' : 'quiet'}
      open={list.length > 0 || (open && !request.may.approve && Boolean(request.may.approve_refusal))}
      line={line}
      acts={
        open && (
          <span className="row">
            {mine ? (
              <Button variant="default" loading={withdraw.isPending} onClick={() => withdraw.mutate(undefined)}>
                {t('approvals.withdraw')}
              </Button>
            ) : (
              <Button
                variant="default"
                disabled={!request.may.approve}
                loading={approve.isPending}
                onClick={() => approve.mutate(undefined)}
              >
                {t('approvals.approve')}
              </Button>
            )}
          </span>
        )
      }
    >
      {(list.length > 0 || error || request.may.approve_refusal) && (
        <div className="stack tight">
          {error && <Problem error={error} />}
          {open && !mine && !request.may.approve && request.may.approve_refusal && (
            <p className="lead muted">{request.may.approve_refusal}</p>
          )}
          {list.length > 0 && (
            <ul className="rows">
              {list.map(approval => (
                <Given key={approval.user.username + approval.at} approval={approval} />
              ))}
            </ul>
          )}
          {list.length > 0 && <p className="small muted lead">{t('approvals.about')}</p>}
        </div>
      )}
    </Widget>
  );
}

function Given({ approval }: { approval: Approval }) {
  const { t } = useTranslation();
  return (
    <li className={approval.holds ? undefined : 'void'}>
      <div className="row">
        <strong>{approval.user.name || approval.user.username}</strong>
        <span className="chip">{t(`role.${approval.role as 'developer'}`)}</span>
        <span className="muted small">
          <span title={dateTime(approval.at)}>
            <Ago at={approval.at} />
          </span>{' '}
          · {t('approvals.for')} <code>{shortSha(approval.sha)}</code>
        </span>
        {!approval.holds && <span className="chip bad">{t('approvals.void')}</span>}
      </div>
      {!approval.holds && approval.changed.length > 0 && (
        <ul className="plain-list small">
          {approval.changed.map(what => (
            <li key={what}>{what}</li>
          ))}
        </ul>
      )}
    </li>
  );
}

export function OwnerReport({ owners }: { owners: OwnersAsked[] }) {
  const { t } = useTranslation();
  if (owners.length === 0) return null;
  const missing = owners.filter(o => !o.optional && o.given < o.approvals);
  return (
    <Widget
      title={t('owners.title')}
      verdict={missing.length === 0 ? 'good' : 'warn'}
      open={missing.length > 0}
      line={missing.length === 0 ? t('owners.done') : t('owners.missing', { count: missing.length })}
    >
      <ul className="rows">
        {owners.map(o => (
          <li key={o.section + o.pattern}>
            <div className="row">
              {o.section && <strong>{o.section}</strong>}
              <code>{o.pattern}</code>
              <span className="muted small">{t('owners.of', { given: o.given, count: o.approvals })}</span>
              {o.optional && <span className="chip">{t('owners.optional')}</span>}
            </div>
            <div className="small">
              {o.owners.join(', ')}
              <details>
                <summary className="muted">{t('diff.files', { count: o.paths.length })}</summary>
                <ul className="paths mono">
                  {o.paths.map(path => (
                    <li key={path}>{path}</li>
                  ))}
                </ul>
              </details>
            </div>
          </li>
        ))}
      </ul>
    </Widget>
  );
}

// ContentReport shows what an approval is an approval of.
export function ContentReport({ content }: { content: MergeRequest['content'] }) {
  const { t } = useTranslation();
  const { path } = useRequest();
  if (!content.tree && content.models.length === 0 && !content.data) return null;
  const parts: string[] = [t('content.code')];
  if (content.models.length > 0) parts.push(t('content.models', { count: content.models.length }));
  if (content.data) parts.push(t('content.data'));
  return (
    <Widget title={t('content.title')} verdict="quiet" line={<span className="muted">{parts.join(' · ')}</span>}>
      <dl className="facts">
        <dt>{t('content.code')}</dt>
        <dd>
          <code>{shortSha(content.tree)}</code> <CopyButton text={content.tree} what={t('content.code')} />
        </dd>
        {content.models.map(model => (
          <Model key={model.name} model={model} path={path} />
        ))}
        {content.data && (
          <>
            <dt>{t('content.data')}</dt>
            <dd>
              <code>{shortDigest(content.data)}</code> <CopyButton text={content.data} what={t('content.data')} />
            </dd>
          </>
        )}
      </dl>
      <p className="small muted">{t('content.about')}</p>
    </Widget>
  );
}

function Model({ model, path }: { model: MergeRequest['content']['models'][number]; path: string }) {
  const { t } = useTranslation();
  return (
    <>
      <dt>{t('model')}</dt>
      <dd>
        <Go to={`/${path}/models/${model.name}/${model.version}`}>
          {model.name} v{model.version}
        </Go>{' '}
        <code>{shortDigest(model.digest)}</code> <CopyButton text={model.digest} what={model.name} />
      </dd>
    </>
  );
}
