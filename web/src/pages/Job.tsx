// One job: its log, and beside it what it left behind.
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Job } from '../api/types';
import { bytes, dateTime, shortSha } from '../format/format';
import { LogView } from '../log/LogView';
import { useLog } from '../log/useLog';
import { Go } from '../parts/Go';
import { Loaded } from '../parts/Loaded';
import { Took } from '../parts/Moment';
import { Card, Page } from '../parts/Page';
import { useGo, useProjectPath, useWords } from '../parts/place';
import { isActive, Status } from '../parts/Status';
import { JobActions } from './JobActions';

export function JobPage() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const id = Number(useWords().id);
  const go = useGo();
  const job = useQuery({
    ...api.job(path, id),
    refetchInterval: query => (query.state.data && isActive(query.state.data.status) ? 3000 : false),
  });
  const value = job.data;
  const crumbs = [
    { label: path, to: `/${path}` },
    { label: t('nav.pipelines'), to: `/${path}/pipelines` },
    ...(value ? [{ label: `#${value.pipeline_id}`, to: `/${path}/pipelines/${value.pipeline_id}` }] : []),
  ];
  return (
    <Page
      title={value?.name ?? t('jobs.job')}
      crumbs={crumbs}
      actions={value && <JobActions job={value} done={next => next.id !== id && go(`/${path}/jobs/${next.id}`)} />}
    >
      <Loaded of={job} rows={10}>
        {found => <Body job={found} />}
      </Loaded>
    </Page>
  );
}

function Body({ job }: { job: Job }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const log = useLog(path, job.id);
  const [preview, setPreview] = useState<string>();
  return (
    <div className="stack">
      {job.interrupted && <div className="problem">{t('job.interrupted')}</div>}
      {job.failure_reason && (
        <div className="problem" role="alert">
          <strong>{t('job.failed')}</strong> {job.failure_reason}
        </div>
      )}
      <div className="two">
        <div className="stack">
          {preview && <Preview job={job} file={preview} close={() => setPreview(undefined)} />}
          {job.log_truncated && <p className="notice">{t('job.truncated')}</p>}
          <LogView log={log} name={`${job.name}-${job.id}`} />
        </div>
        <div className="stack">
          <Facts job={job} />
          {job.has_artifacts && <Artifacts job={job} preview={setPreview} />}
        </div>
      </div>
    </div>
  );
}

function Facts({ job }: { job: Job }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  return (
    <Card>
      <dl className="facts">
        <dt>{t('status')}</dt>
        <dd aria-live="polite">
          <Status of={job.status} allowed={job.allow_failure} />
        </dd>
        <dt>{t('duration')}</dt>
        <dd>
          <Took seconds={job.duration} started={job.started_at} running={job.status === 'running'} />
        </dd>
        <dt>{t('jobs.stage')}</dt>
        <dd>{job.stage}</dd>
        <dt>{t('commit.commit')}</dt>
        <dd>
          {job.ref}{' '}
          <Go to={`/${path}/commits/${job.sha}`}>
            <code>{shortSha(job.sha)}</code>
          </Go>
        </dd>
        {job.needs.length > 0 && (
          <>
            <dt>{t('jobs.needs')}</dt>
            <dd>{job.needs.join(', ')}</dd>
          </>
        )}
        {job.environment && (
          <>
            <dt>{t('environment')}</dt>
            <dd>
              <Go to={`/${path}/environments/${encodeURIComponent(job.environment)}`}>{job.environment}</Go>
            </dd>
          </>
        )}
        {job.runner && (
          <>
            <dt>{t('job.runner')}</dt>
            <dd>{job.runner}</dd>
          </>
        )}
        {job.attempts.length > 1 && (
          <>
            <dt>{t('job.attempts')}</dt>
            <dd className="row">
              {job.attempts.map((attempt, i) => (
                <Go key={attempt.id} to={`/${path}/jobs/${attempt.id}`} className="row">
                  {i + 1} <Status of={attempt.status} bare />
                </Go>
              ))}
            </dd>
          </>
        )}
      </dl>
    </Card>
  );
}

function Artifacts({ job, preview }: { job: Job; preview: (file: string) => void }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const artifacts = useQuery(api.artifacts(path, job.id));
  return (
    <Card
      title={t('artifacts.title')}
      flush
      side={
        <a className="small" href={api.artifactArchive(path, job.id)}>
          {t('artifacts.all')}
        </a>
      }
    >
      <Loaded of={artifacts} rows={3}>
        {({ files, expires_at }) => (
          <>
            <table className="table" aria-label={t('artifacts.title')}>
              <tbody>
                {files.map(file => (
                  <tr key={file.path}>
                    <td className="main-cell">
                      {/\.html?$/i.test(file.path) ? (
                        <a
                          href={api.artifactFile(path, job.id, file.path)}
                          onClick={e => {
                            if (e.ctrlKey || e.metaKey || e.shiftKey) return;
                            e.preventDefault();
                            preview(file.path);
                          }}
                        >
                          {file.path}
                        </a>
                      ) : (
                        <a href={api.artifactFile(path, job.id, file.path)}>{file.path}</a>
                      )}
                    </td>
                    <td className="num muted nowrap">{bytes(file.size)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {expires_at && (
              <div className="muted small" style={{ padding: '8px 14px' }}>
                {t('artifacts.until', { date: dateTime(expires_at) })}
              </div>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

// Preview shows an HTML artifact. It runs no script, in an origin of its own: it
// sees neither the session nor the console.
function Preview({ job, file, close }: { job: Job; file: string; close: () => void }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const address = api.artifactFile(path, job.id, file);
  return (
    <Card
      title={file}
      flush
      side={
        <>
          <a className="small" href={address} target="_blank" rel="noreferrer">
            {t('artifacts.newTab')}
          </a>
          <Button size="compact-xs" variant="default" onClick={close}>
            {t('close')}
          </Button>
        </>
      }
    >
      <iframe className="preview" sandbox="" src={address} title={file} />
    </Card>
  );
}
