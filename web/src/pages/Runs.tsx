// Training runs, newest first: what each reached, and what became of it.
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Run } from '../api/types';
import { shortSha } from '../format/format';
import { MetricValue, metricName, Whisker } from '../parts/Figure';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';
import { useProjectPath, useQueryWords } from '../parts/place';
import { Status } from '../parts/Status';
import { settings } from './Leaderboard';
import { ModelTabs } from './ModelTabs';

export function Runs() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { page } = useQueryWords();
  const runs = useQuery(api.runs(path, page));
  return (
    <Page title={t('nav.models')} name={`${t('runs.title')} · ${path}`}>
      <ModelTabs />
      <Loaded of={runs}>{list => <Table runs={list.items} total={list.total} />}</Loaded>
    </Page>
  );
}

export const chosenOf = (run: Run) => run.candidates.find(c => c.chosen);

function Table({ runs, total }: { runs: Run[]; total: number }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  // Runs are compared by the metric that the newest of them names first.
  const first = runs.find(run => run.metrics.length > 0)?.metrics[0]?.name;
  const figure = (run: Run) => run.metrics.find(m => m.name === first);
  const figures = runs.flatMap(run => figure(run) ?? []);
  const from = Math.min(...figures.map(m => m.low));
  const to = Math.max(...figures.map(m => m.high));
  return (
    <Listing
      label={t('runs.title')}
      rows={runs}
      total={total}
      id={run => run.id}
      text={run => `${run.name} ${run.user} ${run.commit} ${chosenOf(run)?.name ?? ''} ${settings(run.params)}`}
      empty={<Empty title={t('runs.empty')}>{t('runs.emptyNext')}</Empty>}
      columns={[
        { key: 'status', title: t('status'), sort: run => run.status, cell: run => <Status of={run.status} /> },
        {
          key: 'run',
          title: t('runs.run'),
          className: 'main-cell',
          sort: run => run.id,
          cell: run => (
            <>
              <Go to={`/${path}/runs/${run.id}`}>
                #{run.id} {run.name}
              </Go>
              <div className="muted small">
                {chosenOf(run)?.name} {settings(run.params)}
              </div>
            </>
          ),
        },
        {
          key: 'metric',
          title: first ? metricName(first) : t('metrics.title'),
          sort: run => figure(run)?.value ?? 0,
          cell: run => {
            const m = figure(run) ?? run.metrics[0];
            if (!m) return '–';
            // A run of another kind of model has figures of its own.
            return (
              <>
                {m.name !== first && <span className="muted">{metricName(m.name)} </span>}
                <MetricValue metric={m} />
              </>
            );
          },
        },
        {
          key: 'drawn',
          title: t('metrics.interval'),
          className: 'hide-sm',
          cell: run => {
            const m = figure(run);
            return m && <Whisker {...m} from={from} to={to} />;
          },
        },
        {
          key: 'tried',
          title: t('runs.tried'),
          className: 'num hide-sm',
          sort: run => run.candidates.length,
          cell: run => run.candidates.length || '–',
        },
        {
          key: 'model',
          title: t('version'),
          className: 'hide-sm',
          cell: run => <Made run={run} />,
        },
        {
          key: 'commit',
          title: t('commit.commit'),
          className: 'hide-sm',
          cell: run =>
            run.commit && <Go to={`/${path}/commits/${run.commit}`}>{<code>{shortSha(run.commit)}</code>}</Go>,
        },
        {
          key: 'when',
          title: t('when'),
          className: 'num hide-sm',
          sort: run => run.created_at,
          cell: run => <Ago at={run.created_at} />,
        },
      ]}
    />
  );
}

// Made is the version that a run gave, if it was registered.
export function Made({ run }: { run: Run }) {
  const path = useProjectPath();
  if (!run.model) return <>–</>;
  return (
    <Go to={`/${path}/models/${run.model.name}/${run.model.version}`} className="nowrap">
      {run.model.name} v{run.model.version}
    </Go>
  );
}
