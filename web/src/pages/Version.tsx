// One version of a model: how good it is and how sure we are of that, what it
// wants, where it came from, how to use it.
import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/client';
import * as api from '../api/routes';
import type { ModelVersion, Report as ReportOf } from '../api/types';
import { bytes, dateTime, number, percent, shortDigest, shortSha } from '../format/format';
import { Ask, useAct } from '../parts/act';
import { Contents } from '../parts/Contents';
import { CopyButton, Snippet } from '../parts/Copy';
import { Go } from '../parts/Go';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Page } from '../parts/Page';
import { useProjectPath, useWords } from '../parts/place';
import { Metrics } from './Metrics';
import { Report } from './Report';
import { Signature } from './Signature';
import { languages, type SnippetLanguage, snippet } from './snippets';

export function VersionPage() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { model = '', version = '' } = useWords();
  const n = Number(version.replace(/^v/, ''));
  const found = useQuery(api.modelVersion(path, model, n));
  const profiled = useProfiled(path, model, n);
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
        <>
          {profiled && (
            <Go to={`/${path}/models/${model}/${n}/profile`} className="button">
              {t('profile.title')}
            </Go>
          )}
          <Button component="a" variant="default" href={api.versionArchive(path, model, n)}>
            {t('versions.archive')}
          </Button>
        </>
      }
    >
      <Loaded of={found} rows={10}>
        {value => <Version value={value} />}
      </Loaded>
    </Page>
  );
}

function Version({ value }: { value: ModelVersion }) {
  const evidence = useRef<HTMLDivElement>(null);
  return (
    <>
      <Contents of={evidence} wide={false} />
      <div className="two">
        <div className="stack" ref={evidence}>
          <Evidence version={value} />
        </div>
        <div className="stack full">
          <Facts value={value} />
          <AliasCard value={value} />
          <Use value={value} />
          <Files model={value.model} version={value.version} />
          <Contents of={evidence} wide />
        </div>
      </div>
    </>
  );
}

// useProfiled tells whether the package has a profile of the rows that the model
// learnt from: a model of another system brings none.
function useProfiled(path: string, model: string, version: number): boolean {
  const files = useQuery(api.versionFiles(path, model, version));
  return files.data?.files.some(file => file.path === 'profile.json') ?? false;
}

// Evidence is the figures at once, and all that the training report adds to
// them when it is there; a version registered by other means has none.
function Evidence({ version: v }: { version: ModelVersion }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const found = useQuery(api.versionReport(path, v.model, v.version));
  // A model that another system trained has a report without its training.
  const told = found.data;
  const report = told && trained(told) ? told : undefined;
  const notes: string[] = [];
  const first = v.metrics[0];
  if (first && first.n > 0) notes.push(t('metrics.notes', { level: percent(first.level), n: number(first.n) }));
  if (report) {
    const { train, calibration } = report.data;
    notes.push(
      calibration > 0
        ? t('metrics.rows', { train: number(train), calibration: number(calibration) })
        : t('metrics.trained', { train: number(train) }),
    );
  }
  if (v.interval) {
    const { level, coverage, covered_of: n } = v.interval;
    notes.push(t('metrics.coverage', { level: percent(level), coverage: percent(coverage, 1), n: number(n) }));
  }
  if (v.set) {
    const { level, coverage, covered_of: n } = v.set;
    notes.push(t('metrics.set', { level: percent(level), coverage: percent(coverage, 1), n: number(n) }));
  }
  if (report?.interval) {
    const { low, high, method, classes } = report.interval;
    if (classes) notes.push(t('metrics.setSize', { classes: number(classes, { maximumFractionDigits: 2 }) }));
    notes.push(t('metrics.promise', { method, low: percent(low, 1), high: percent(high, 1) }));
  }
  const absent = found.error instanceof ApiError && found.error.status === 404;
  return (
    <>
      <Metrics metrics={v.metrics} baseline={report?.baseline} notes={notes} />
      {!absent && <Loaded of={found}>{value => trained(value) && <Report report={value} />}</Loaded>}
      <Signature signature={v.signature} importance={report?.importance ?? []} />
    </>
  );
}

const trained = (report: ReportOf): boolean => report.search !== undefined;

function Facts({ value: v }: { value: ModelVersion }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const profiled = useProfiled(path, v.model, v.version);
  return (
    <Card title={t('versions.origin')}>
      <dl className="facts">
        <dt>{t('versions.algorithm')}</dt>
        <dd>{v.algorithm}</dd>
        {v.parity && (
          <>
            <dt>{t('versions.parity')}</dt>
            <dd className="tone-good">
              <IconCircleCheck size={16} aria-hidden /> {v.parity.system}:{' '}
              {t('versions.equal', {
                count: v.parity.rows,
                within: v.parity.within.toExponential(0),
              })}
            </dd>
          </>
        )}
        <dt>{t('created')}</dt>
        <dd>
          {dateTime(v.created_at)}, {v.user}
        </dd>
        <dt>{t('commit.commit')}</dt>
        <dd>
          {v.ref}{' '}
          {v.commit ? (
            <Go to={`/${path}/commits/${v.commit}`}>
              <code>{shortSha(v.commit)}</code>
            </Go>
          ) : (
            '–'
          )}
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
          {v.data_digest ? (
            <>
              <code>{shortDigest(v.data_digest)}</code> <CopyButton
                text={v.data_digest}
                what={t('versions.data')}
              />{' '}
            </>
          ) : (
            '–'
          )}
          {profiled && <Go to={`/${path}/models/${v.model}/${v.version}/profile`}>{t('profile.short')}</Go>}
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
  const output = v.signature.output;
  const answer = output.task === 'vector' ? 'values' : (output.classes?.length ?? 0) > 0 ? 'label' : 'prediction';
  const serving = environments.data?.items.filter(e => e.current?.model === v.model) ?? [];
  const at = serving.find(e => e.tier === 'production') ?? serving[0];
  if (!at) return null;
  // What the model cannot do without, and otherwise a few inputs: a question must be readable.
  const asked = v.signature.inputs.filter(input => input.required);
  const inputs = asked.length > 0 ? asked : v.signature.inputs.slice(0, 6);
  const example = Object.fromEntries(
    inputs.map(input => [input.name, input.kind === 'number' ? (input.median ?? 0) : (input.mode ?? null)]),
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
          text={snippet(language, { origin: location.origin, endpoint: at.endpoint, example, answer })}
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
