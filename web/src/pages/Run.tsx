// One training run: what it reached, what it tried, from which commit.
import { useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Run } from '../api/types';
import { dateTime, duration, number, percent, shortSha } from '../format/format';
import { Go } from '../parts/Go';
import { Loaded } from '../parts/Loaded';
import { Card, Page } from '../parts/Page';
import { useProjectPath, useWords } from '../parts/place';
import { Status } from '../parts/Status';
import { Leaderboard, settings } from './Leaderboard';
import { Metrics } from './Metrics';
import { chosenOf, Made } from './Runs';

export function RunPage() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const id = Number(useWords().id);
  const run = useQuery(api.run(path, id));
  const crumbs = [
    { label: path, to: `/${path}` },
    { label: t('nav.models'), to: `/${path}/models` },
    { label: t('runs.title'), to: `/${path}/runs` },
  ];
  return (
    <Page title={`#${id} ${run.data?.name ?? ''}`} crumbs={crumbs}>
      <Loaded of={run} rows={10}>
        {value => (
          <div className="two">
            <div className="stack">
              <Metrics metrics={value.metrics} notes={notes(value, t)} />
              {value.candidates.length > 0 && (
                <Card title={t('report.leaderboard')} flush>
                  <Leaderboard candidates={value.candidates} />
                </Card>
              )}
            </div>
            <Facts run={value} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function notes(run: Run, t: TFunction): string[] {
  const first = run.metrics[0];
  return first ? [t('metrics.notes', { level: percent(first.level), n: number(first.n) })] : [];
}

function Facts({ run }: { run: Run }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const took = run.finished_at
    ? (new Date(run.finished_at).getTime() - new Date(run.created_at).getTime()) / 1000
    : undefined;
  return (
    <Card title={t('versions.origin')}>
      <dl className="facts">
        <dt>{t('status')}</dt>
        <dd>
          <Status of={run.status} />
        </dd>
        <dt>{t('versions.algorithm')}</dt>
        <dd>
          {chosenOf(run)?.name ?? '–'} <span className="muted">{settings(run.params)}</span>
        </dd>
        <dt>{t('version')}</dt>
        <dd>
          <Made run={run} />
        </dd>
        <dt>{t('created')}</dt>
        <dd>
          {dateTime(run.created_at)}, {run.user}
        </dd>
        {took !== undefined && (
          <>
            <dt>{t('duration')}</dt>
            <dd>{duration(took)}</dd>
          </>
        )}
        {run.commit && (
          <>
            <dt>{t('commit.commit')}</dt>
            <dd>
              <Go to={`/${path}/commits/${run.commit}`}>
                <code>{shortSha(run.commit)}</code>
              </Go>
            </dd>
          </>
        )}
        {run.job_id !== null && (
          <>
            <dt>{t('jobs.job')}</dt>
            <dd>
              <Go to={`/${path}/jobs/${run.job_id}`}>#{run.job_id}</Go>
            </dd>
          </>
        )}
      </dl>
    </Card>
  );
}
