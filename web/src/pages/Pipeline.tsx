import { Button } from '@mantine/core';
import { IconPlayerStop, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Pipeline } from '../api/types';
import { dateTime, shortSha } from '../format/format';
import { useAct } from '../parts/act';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded } from '../parts/Loaded';
import { Took } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';
import { useProjectPath, useWords } from '../parts/place';
import { isActive, Status } from '../parts/Status';
import { Graph } from '../pipeline/Graph';
import { JobActions } from './JobActions';

export function PipelinePage() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const id = Number(useWords().id);
  const pipeline = useQuery({
    ...api.pipeline(path, id),
    refetchInterval: query => (query.state.data && isActive(query.state.data.status) ? 3000 : false),
  });
  const crumbs = [
    { label: path, to: `/${path}` },
    { label: t('nav.pipelines'), to: `/${path}/pipelines` },
  ];
  const title = pipeline.data ? `#${id} ${pipeline.data.title}` : `#${id}`;
  return (
    <Page title={title} crumbs={crumbs} actions={pipeline.data && <Actions pipeline={pipeline.data} />}>
      <Loaded of={pipeline} rows={8}>
        {value => (
          <div className="stack">
            <Facts pipeline={value} />
            <Errors pipeline={value} />
            {value.jobs.length > 0 && (
              <>
                <Graph pipeline={value} />
                <Jobs pipeline={value} />
              </>
            )}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Actions({ pipeline }: { pipeline: Pipeline }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const act = useAct((what: 'cancel' | 'retry') => api.actOnPipeline(path, pipeline.id, what));
  const failed = pipeline.jobs.some(
    job => (job.status === 'failed' && !job.allow_failure) || job.status === 'canceled',
  );
  return (
    <>
      {isActive(pipeline.status) && (
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={15} />}
          loading={act.isPending}
          onClick={() => act.mutate('cancel')}
        >
          {t('pipeline.cancel')}
        </Button>
      )}
      {!isActive(pipeline.status) && failed && (
        <Button leftSection={<IconRefresh size={15} />} loading={act.isPending} onClick={() => act.mutate('retry')}>
          {t('pipeline.retry')}
        </Button>
      )}
    </>
  );
}

function Facts({ pipeline: p }: { pipeline: Pipeline }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  return (
    <div className="row" aria-live="polite">
      <Status of={p.status} />
      <Took seconds={p.duration} started={p.started_at} running={p.status === 'running'} />
      <span className="muted">
        <Go to={`/${path}/tree`} search={{ ref: p.ref }}>
          {p.ref}
        </Go>{' '}
        <Go to={`/${path}/commits/${p.sha}`}>
          <code>{shortSha(p.sha)}</code>
        </Go>{' '}
        · {t(`source.${p.source}`)} · {p.user} · {dateTime(p.created_at)}
      </span>
    </div>
  );
}

function Errors({ pipeline: p }: { pipeline: Pipeline }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  if (p.errors.length === 0) {
    return p.error ? (
      <div className="problem" role="alert">
        {p.error}
      </div>
    ) : null;
  }
  return (
    <div className="problem" role="alert">
      <strong>{t('pipeline.invalid', { count: p.errors.length })}</strong>
      <ul>
        {p.errors.map(e => (
          <li key={`${e.file}:${e.line}:${e.column}:${e.message}`}>
            <Go to={`/${path}/file`} search={{ ref: p.sha, path: e.file }} hash={`L${e.line}`}>
              <code>
                {e.file}:{e.line}:{e.column}
              </code>
            </Go>{' '}
            {e.message}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Jobs({ pipeline }: { pipeline: Pipeline }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  return (
    <Listing
      label={t('jobs.title')}
      rows={pipeline.jobs}
      id={job => job.id}
      text={job => `${job.name} ${job.stage} ${job.status}`}
      empty={<Empty title={t('jobs.empty')} />}
      columns={[
        {
          key: 'status',
          title: t('status'),
          sort: job => job.status,
          cell: job => <Status of={job.status} allowed={job.allow_failure} />,
        },
        {
          key: 'name',
          title: t('jobs.job'),
          className: 'main-cell',
          sort: job => job.name,
          cell: job => (
            <>
              <Go to={`/${path}/jobs/${job.id}`}>{job.name}</Go>
              {job.failure_reason && <div className="small tone-bad">{job.failure_reason}</div>}
            </>
          ),
        },
        {
          key: 'stage',
          title: t('jobs.stage'),
          className: 'hide-sm',
          sort: job => pipeline.stages.indexOf(job.stage),
          cell: job => job.stage,
        },
        { key: 'needs', title: t('jobs.needs'), className: 'hide-sm muted', cell: job => job.needs.join(', ') || '–' },
        {
          key: 'took',
          title: t('duration'),
          className: 'num',
          sort: job => job.duration ?? 0,
          cell: job => <Took seconds={job.duration} started={job.started_at} running={job.status === 'running'} />,
        },
        { key: 'act', title: '', className: 'num', cell: job => <JobActions job={job} /> },
      ]}
    />
  );
}
