// One version of a model: how good it is and how sure we are of that, what it
// wants, where it came from, how to use it.
import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Metric, ModelVersion } from '../api/types';
import { bytes, dateTime, number, percent, shortDigest, shortSha } from '../format/format';
import { Ask, useAct } from '../parts/act';
import { CopyButton, Snippet } from '../parts/Copy';
import { MetricValue, metricName, Whisker } from '../parts/Figure';
import { Go } from '../parts/Go';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Page } from '../parts/Page';
import { useProjectPath, useWords } from '../parts/place';
import { Report } from './Report';
import { Signature } from './Signature';
import { languages, type SnippetLanguage, snippet } from './snippets';

export function VersionPage() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { model = '', version = '' } = useWords();
  const n = Number(version.replace(/^v/, ''));
  const found = useQuery(api.modelVersion(path, model, n));
  const crumbs = [
    { label: path, to: `/${path}` },
    { label: t('nav.models'), to: `/${path}/models` },
    { label: model, to: `/${path}/models/${model}` },
  ];
  return (
    <Page
      title={`${model} v${n}`}
      crumbs={crumbs}
      actions={
        <Button component="a" variant="default" href={api.versionArchive(path, model, n)}>
          {t('versions.archive')}
        </Button>
      }
    >
      <Loaded of={found} rows={10}>
        {value => (
          <div className="two">
            <div className="stack">
              <Metrics metrics={value.metrics} interval={value.interval} />
              <Report model={model} version={n} />
              <Signature signature={value.signature} />
            </div>
            <div className="stack">
              <Facts value={value} />
              <AliasCard value={value} />
              <Use value={value} />
              <Files model={model} version={n} />
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Metrics({ metrics, interval }: { metrics: Metric[]; interval: ModelVersion['interval'] }) {
  const { t } = useTranslation();
  return (
    <Card title={t('metrics.title')} flush>
      {metrics.length === 0 ? (
        <div className="empty">{t('metrics.none')}</div>
      ) : (
        <table className="table" aria-label={t('metrics.title')}>
          <tbody>
            {metrics.map(m => (
              <tr key={m.name}>
                <th scope="row">{metricName(m.name)}</th>
                <td>
                  <MetricValue metric={m} />
                </td>
                <td className="hide-sm" style={{ width: '34%' }}>
                  <Whisker {...m} from={m.low} to={m.high} />
                </td>
                <td className="muted small num nowrap hide-sm">
                  {t('metric.about', { level: percent(m.level), n: number(m.n) })}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {interval && (
        <div className="muted small" style={{ padding: '8px 14px' }}>
          {t('metrics.coverage', {
            level: percent(interval.level),
            coverage: percent(interval.coverage, 1),
            n: number(interval.covered_of),
          })}
        </div>
      )}
    </Card>
  );
}

function Facts({ value: v }: { value: ModelVersion }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  return (
    <Card title={t('versions.origin')}>
      <dl className="facts">
        <dt>{t('versions.algorithm')}</dt>
        <dd>{v.algorithm}</dd>
        <dt>{t('created')}</dt>
        <dd>
          {dateTime(v.created_at)}, {v.user}
        </dd>
        <dt>{t('commit.commit')}</dt>
        <dd>
          {v.ref}{' '}
          <Go to={`/${path}/commits/${v.commit}`}>
            <code>{shortSha(v.commit)}</code>
          </Go>
        </dd>
        {v.job_id !== null && (
          <>
            <dt>{t('jobs.job')}</dt>
            <dd>
              <Go to={`/${path}/jobs/${v.job_id}`}>#{v.job_id}</Go>
            </dd>
          </>
        )}
        <dt>{t('versions.data')}</dt>
        <dd>
          <code>{shortDigest(v.data_digest)}</code> <CopyButton text={v.data_digest} what={t('versions.data')} />
        </dd>
        <dt>{t('versions.package')}</dt>
        <dd>
          <code>{shortDigest(v.digest)}</code> <CopyButton text={v.digest} what={t('versions.package')} />{' '}
          {bytes(v.size)}
        </dd>
      </dl>
    </Card>
  );
}

function AliasCard({ value: v }: { value: ModelVersion }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const [alias, setAlias] = useState('');
  const act = useAct(() => api.setAlias(path, v.model, alias.replace(/^@/, ''), v.version), {
    quiet: true,
    done: () => setAlias(''),
  });
  return (
    <Card title={t('models.aliases')}>
      <form
        className="stack tight"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <div className="row">
          {v.aliases.length === 0 && <span className="muted">{t('aliases.none')}</span>}
          {v.aliases.map(name => (
            <span key={name} className="row" style={{ gap: 0 }}>
              <span className="chip">@{name}</span>
              <Ask
                subtle
                label="×"
                ariaLabel={t('aliases.remove', { name })}
                title={t('aliases.remove', { name })}
                confirm={t('remove')}
                danger
                act={() => api.removeAlias(path, v.model, name)}
              >
                {t('aliases.removeAbout', { name, version: v.version })}
              </Ask>
            </span>
          ))}
        </div>
        <div className="row">
          <TextInput
            size="xs"
            className="grow"
            aria-label={t('aliases.name')}
            placeholder={t('aliases.name')}
            value={alias}
            onChange={e => setAlias(e.currentTarget.value)}
          />
          <Button type="submit" variant="default" disabled={!alias.trim()} loading={act.isPending}>
            {t('aliases.set')}
          </Button>
        </div>
        {act.error && <Problem error={act.error} />}
      </form>
    </Card>
  );
}

function Use({ value: v }: { value: ModelVersion }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const [language, setLanguage] = useState<SnippetLanguage>('curl');
  const environments = useQuery(api.environments(path));
  const serving = environments.data?.items.filter(e => e.current?.model === v.model) ?? [];
  const at = serving.find(e => e.tier === 'production') ?? serving[0];
  if (!at) return null;
  const example = Object.fromEntries(
    v.signature.inputs.map(input => [input.name, input.kind === 'number' ? (input.median ?? 0) : (input.mode ?? null)]),
  );
  return (
    <Card title={t('use.title')}>
      <div className="stack tight">
        <SegmentedControl
          size="xs"
          aria-label={t('use.language')}
          value={language}
          onChange={value => setLanguage(value as SnippetLanguage)}
          data={[...languages]}
        />
        <Snippet
          label={language}
          text={snippet(language, { origin: location.origin, endpoint: at.endpoint, example })}
        />
        <span className="muted small">{t('use.about', { environment: at.name })}</span>
      </div>
    </Card>
  );
}

function Files({ model, version }: { model: string; version: number }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const files = useQuery(api.versionFiles(path, model, version));
  return (
    <Card title={t('tree.title')} flush>
      <Loaded of={files} rows={3}>
        {list => (
          <table className="table" aria-label={t('tree.title')}>
            <tbody>
              {list.files.map(file => (
                <tr key={file.path}>
                  <td className="main-cell">
                    <a href={api.versionFile(path, model, version, file.path)}>{file.path}</a>
                  </td>
                  <td className="num muted nowrap">{bytes(file.size)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Loaded>
    </Card>
  );
}
