// A model: its versions, newest first, each figure with its interval drawn on
// the scale of all versions.
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Model, ModelVersion } from '../api/types';
import { shortSha } from '../format/format';
import { MetricValue, metricName, Whisker } from '../parts/Figure';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';
import { useProjectPath, useWords } from '../parts/place';
import { Deployed } from './Models';

export function ModelPage() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { model: name = '' } = useWords();
  const model = useQuery(api.model(path, name));
  const versions = useQuery(api.versions(path, name));
  const crumbs = [
    { label: path, to: `/${path}` },
    { label: t('nav.models'), to: `/${path}/models` },
  ];
  return (
    <Page title={name} crumbs={crumbs}>
      <Loaded of={model}>
        {found => (
          <div className="stack">
            {found.description && (
              <p className="muted" style={{ margin: 0 }}>
                {found.description}
              </p>
            )}
            <Loaded of={versions}>{list => <Versions model={found} versions={list.items} />}</Loaded>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Versions({ model, versions }: { model: Model; versions: ModelVersion[] }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const first = versions[0]?.metrics[0]?.name;
  const figures = versions.flatMap(v => v.metrics.filter(m => m.name === first));
  const from = Math.min(...figures.map(m => m.low));
  const to = Math.max(...figures.map(m => m.high));
  const figure = (v: ModelVersion) => v.metrics.find(m => m.name === first);
  return (
    <Listing
      label={t('versions.title')}
      rows={[...versions].sort((a, b) => b.version - a.version)}
      id={v => v.version}
      text={v => `${v.version} ${v.algorithm} ${v.ref} ${v.user} ${v.aliases.join(' ')}`}
      empty={<Empty title={t('versions.empty')}>{t('models.emptyNext')}</Empty>}
      columns={[
        {
          key: 'version',
          title: t('version'),
          sort: v => v.version,
          cell: v => (
            <span className="row">
              <Go to={`/${path}/models/${model.name}/${v.version}`}>v{v.version}</Go>
              {v.aliases.map(alias => (
                <span key={alias} className="chip">
                  @{alias}
                </span>
              ))}
              <Deployed of={model} version={v.version} />
            </span>
          ),
        },
        {
          key: 'algorithm',
          title: t('versions.algorithm'),
          className: 'hide-sm',
          sort: v => v.algorithm,
          cell: v => v.algorithm,
        },
        {
          key: 'metric',
          title: first ? metricName(first) : t('metrics.title'),
          sort: v => figure(v)?.value ?? 0,
          cell: v => {
            const m = figure(v);
            return m ? <MetricValue metric={m} /> : '–';
          },
        },
        {
          key: 'drawn',
          title: t('metrics.interval'),
          className: 'hide-sm',
          cell: v => {
            const m = figure(v);
            return m && <Whisker {...m} from={from} to={to} />;
          },
        },
        {
          key: 'from',
          title: t('versions.from'),
          className: 'hide-sm',
          cell: v => (
            <span className="small">
              {v.ref} <code>{shortSha(v.commit)}</code>
            </span>
          ),
        },
        {
          key: 'created',
          title: t('when'),
          className: 'num hide-sm',
          sort: v => v.created_at,
          cell: v => <Ago at={v.created_at} />,
        },
      ]}
    />
  );
}
