// Beside the overview: who is asked, from where to where, and since when.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { MergeRequest } from '../api/types';
import { date, shortSha } from '../format/format';
import { useAct } from '../parts/act';
import { CopyButton } from '../parts/Copy';
import { Go } from '../parts/Go';
import { Problem } from '../parts/Loaded';
import { Card } from '../parts/Page';
import { useRequest } from './place';
import { ReviewerSelect } from './ReviewerSelect';

export function Side({ request }: { request: MergeRequest }) {
  const { t } = useTranslation();
  const { path } = useRequest();
  const fetch = `git fetch origin && git switch ${request.source}`;
  return (
    <div className="stack">
      <Reviewers request={request} />
      <Card title={t('mr.about')}>
        <dl className="facts">
          <dt>{t('mr.author')}</dt>
          <dd>{request.author.name || request.author.username}</dd>
          <dt>{t('created')}</dt>
          <dd>{date(request.created_at)}</dd>
          <dt>{t('mr.source')}</dt>
          <dd>
            {request.source_exists ? (
              <Go to={`/${path}/tree`} search={{ ref: request.source }}>
                {request.source}
              </Go>
            ) : (
              <>
                {request.source} <span className="chip">{t('mr.sourceGone')}</span>
              </>
            )}
          </dd>
          <dt>{t('mr.target')}</dt>
          <dd>
            <Go to={`/${path}/tree`} search={{ ref: request.target }}>
              {request.target}
            </Go>
          </dd>
          <dt>{t('mr.head')}</dt>
          <dd>
            <Go to={`/${path}/commits/${request.head_sha}`}>
              <code>{shortSha(request.head_sha)}</code>
            </Go>
          </dd>
          {request.rule && (
            <>
              <dt>{t('mr.rule')}</dt>
              <dd>
                <code>{request.rule.pattern}</code>
              </dd>
            </>
          )}
          <dt>{t('mr.method')}</dt>
          <dd>{t(`method.${request.merge_method}`)}</dd>
          {request.source_exists && (
            <>
              <dt>{t('mr.locally')}</dt>
              <dd>
                <code>{fetch}</code> <CopyButton text={fetch} what={t('mr.locally')} />
              </dd>
            </>
          )}
        </dl>
      </Card>
    </div>
  );
}

function Reviewers({ request }: { request: MergeRequest }) {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const names = request.reviewers.map(user => user.username);
  const [chosen, setChosen] = useState<string[]>();
  const act = useAct(() => api.editMergeRequest(path, number, { reviewers: chosen ?? names }), {
    quiet: true,
    done: () => setChosen(undefined),
  });
  const approved = new Set(request.approvals_list.filter(a => a.holds).map(a => a.user.username));
  return (
    <Card
      title={t('mr.reviewers')}
      side={
        request.may.edit &&
        request.state === 'opened' &&
        chosen === undefined && (
          <Button size="compact-xs" variant="subtle" onClick={() => setChosen(names)}>
            {t('mr.edit')}
          </Button>
        )
      }
    >
      {chosen === undefined ? (
        <>
          {request.reviewers.length === 0 && <span className="muted">{t('mr.noReviewers')}</span>}
          {request.reviewers.map(user => (
            <div key={user.username} className="row">
              {user.name || user.username} <span className="muted small">@{user.username}</span>
              {approved.has(user.username) && <span className="chip accent">{t('approvals.approved')}</span>}
            </div>
          ))}
        </>
      ) : (
        <form
          className="stack tight"
          onSubmit={e => {
            e.preventDefault();
            act.mutate(undefined);
          }}
        >
          <ReviewerSelect value={chosen} onChange={setChosen} not={request.author.username} />
          {act.error && <Problem error={act.error} />}
          <div className="row">
            <Button type="submit" loading={act.isPending}>
              {t('save')}
            </Button>
            <Button variant="default" onClick={() => setChosen(undefined)}>
              {t('cancel')}
            </Button>
          </div>
        </form>
      )}
    </Card>
  );
}
