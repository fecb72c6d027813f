import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Deployment, Environment } from '../api/types';
import { dateTime, shortSha } from '../format/format';
import { Ask, useAct } from '../parts/act';
import { CopyButton } from '../parts/Copy';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Card, Empty, Page } from '../parts/Page';
import { useGo, useProjectPath, useWords } from '../parts/place';
import { isActive, Status } from '../parts/Status';
import { Approval, Verdicts } from './Approval';
import { Rules } from './Rules';
import { ServiceLog } from './ServiceLog';
import { nameOf, What } from './What';

export function EnvironmentPage() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { env = '' } = useWords();
  const environment = useQuery(api.environment(path, env));
  const deployments = useQuery({
    ...api.deployments(path, env),
    refetchInterval: query => (query.state.data?.items.some(d => isActive(d.status)) ? 2000 : false),
  });
  const crumbs = [
    { label: path, to: `/${path}` },
    { label: t('nav.environments'), to: `/${path}/environments` },
  ];
  const history = deployments.data?.items ?? [];
  const kind = environment.data?.kind || 'model';
  return (
    <Page
      title={env}
      crumbs={crumbs}
      actions={
        <>
          {kind === 'model' && <Deploy environment={env} />}
          <RollBack environment={env} history={history} />
          {environment.data && <Stop environment={environment.data} />}
        </>
      }
    >
      <div className="stack">
        <Loaded of={environment}>{value => <Now environment={value} />}</Loaded>
        {history
          .filter(d => d.status === 'blocked')
          .map(d => (
            <Approval key={d.id} deployment={d} />
          ))}
        <Loaded of={deployments}>{list => <History environment={env} deployments={list.items} />}</Loaded>
        {kind === 'service' && environment.data?.current && <ServiceLog environment={env} />}
        {environment.data && <Rules key={environment.data.id} environment={environment.data} />}
      </div>
    </Page>
  );
}

function Now({ environment: e }: { environment: Environment }) {
  const { t } = useTranslation();
  const page = `/estimate/${e.endpoint}`;
  return (
    <Card title={t('environments.now')} side={<Status of={e.health} />}>
      <dl className="facts">
        <dt>{t('environments.serves')}</dt>
        <dd>
          {e.current ? (
            <>
              <span className="chip">{t(`deliver.kind.${e.current.kind}`)}</span> <What of={e.current} />{' '}
              <span className="muted">{t('environments.sinceAt', { when: dateTime(e.current.created_at) })}</span>
              <Verdicts of={e.current} />
            </>
          ) : (
            t(e.stopped ? 'deliver.stopped' : 'environments.nothing')
          )}
          {e.problem && <div className="tone-bad small">{e.problem}</div>}
        </dd>
        {e.address ? (
          <>
            <dt>{t('deliver.address')}</dt>
            <dd>
              <Address environment={e} />
            </dd>
          </>
        ) : (
          <>
            <dt>{t('environments.endpoint')}</dt>
            <dd>
              <code>{e.endpoint}</code> <CopyButton text={e.endpoint} what={t('environments.endpoint')} />
            </dd>
            <dt>{t('clientPage')}</dt>
            <dd>
              {e.current ? (
                <a href={page}>{location.origin + page}</a>
              ) : (
                <span className="muted">{t('environments.noPage')}</span>
              )}
            </dd>
          </>
        )}
        {e.branch && (
          <>
            <dt>{t('deliver.branch')}</dt>
            <dd>
              <code>{e.branch}</code>
            </dd>
          </>
        )}
        {e.auto_stop_at && (
          <>
            <dt>{t('deliver.stops')}</dt>
            <dd>{dateTime(e.auto_stop_at)}</dd>
          </>
        )}
      </dl>
    </Card>
  );
}

// Address opens a service or site; a private one with a ticket of the reader's
// own, since it stands on another host and knows nothing of this session.
function Address({ environment: e }: { environment: Environment }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const act = useAct(() => api.openEnvironment(path, e.name), { done: ({ url }) => window.location.assign(url) });
  if (e.public || !e.current) return <a href={e.address}>{e.address}</a>;
  return (
    <>
      <span className="row">
        <code>{e.address}</code>
        <Button variant="default" size="compact-sm" loading={act.isPending} onClick={() => act.mutate(undefined)}>
          {t('deliver.open')}
        </Button>
      </span>
      <div className="muted small">{t('deliver.openAbout')}</div>
    </>
  );
}

function Stop({ environment: e }: { environment: Environment }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const go = useGo();
  if (e.current) {
    return (
      <Ask
        label={t('deliver.stop')}
        title={t('deliver.stopNamed', { name: e.name })}
        confirm={t('deliver.stop')}
        danger
        act={() => api.stopEnvironment(path, e.name)}
      >
        {t('deliver.stopAbout')}
      </Ask>
    );
  }
  return (
    <Ask
      label={t('deliver.delete')}
      title={t('deliver.delete')}
      confirm={t('deliver.delete')}
      danger
      act={() => api.deleteEnvironment(path, e.name)}
      done={() => go(`/${path}/environments`)}
    >
      {t('deliver.deleteAbout')}
    </Ask>
  );
}

const sameContent = (a: Deployment, b?: Deployment) =>
  a.model === b?.model && a.version === b.version && a.bundle === b.bundle;

function RollBack({ environment, history }: { environment: string; history: Deployment[] }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const current = history.find(d => d.current);
  const before = history.find(d => d.status === 'success' && !d.current && !sameContent(d, current));
  if (!current || !before) return null;
  const names = { from: nameOf(current), to: nameOf(before) };
  return (
    <Ask
      label={t('rollback.title')}
      title={t('rollback.title')}
      confirm={t('rollback.title')}
      reason={t('reason')}
      danger
      act={reason => api.rollBack(path, environment, reason)}
    >
      {t('rollback.about', names)}
    </Ask>
  );
}

function Deploy({ environment }: { environment: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('deploy.title')}</Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={t('deploy.to', { environment })}
        closeButtonProps={{ 'aria-label': t('close') }}
      >
        {open && <DeployForm environment={environment} close={() => setOpen(false)} />}
      </Modal>
    </>
  );
}

function DeployForm({ environment, close }: { environment: string; close: () => void }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const models = useQuery(api.models(path));
  const [chosen, setChosen] = useState('');
  const model = chosen || (models.data?.items[0]?.name ?? '');
  const versions = useQuery({ ...api.versions(path, model), enabled: Boolean(model) });
  const numbers = (versions.data?.items ?? []).map(v => v.version).sort((a, b) => b - a);
  const [version, setVersion] = useState('');
  const [reason, setReason] = useState('');
  const n = Number(version || numbers[0]);
  const act = useAct(() => api.deploy(path, { environment, model, version: n, reason }), { quiet: true, done: close });
  if (models.data?.items.length === 0) return <Empty title={t('models.empty')}>{t('models.emptyNext')}</Empty>;
  return (
    <form
      className="stack"
      onSubmit={e => {
        e.preventDefault();
        act.mutate(undefined);
      }}
    >
      <NativeSelect
        label={t('model')}
        value={model}
        data={models.data?.items.map(m => m.name) ?? []}
        onChange={e => {
          setChosen(e.currentTarget.value);
          setVersion('');
        }}
      />
      <NativeSelect
        label={t('version')}
        value={String(n)}
        data={numbers.map(v => ({ value: String(v), label: `v${v}` }))}
        onChange={e => setVersion(e.currentTarget.value)}
      />
      <TextInput label={t('reason')} value={reason} onChange={e => setReason(e.currentTarget.value)} />
      {act.error && <Problem error={act.error} />}
      <Button type="submit" disabled={!n} loading={act.isPending}>
        {t('deploy.submit', { what: `${model} v${n || ''}` })}
      </Button>
    </form>
  );
}

function History({ environment, deployments }: { environment: string; deployments: Deployment[] }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const current = deployments.find(d => d.current);
  return (
    <Listing
      label={t('deployments.title')}
      rows={deployments}
      id={d => d.id}
      text={d => `${nameOf(d)} ${d.user} ${d.reason} ${d.commit}`}
      empty={<Empty title={t('deployments.empty')}>{t('environments.emptyNext')}</Empty>}
      columns={[
        {
          key: 'status',
          title: t('status'),
          cell: d => (
            <span className="row">
              <Status of={d.status} />
              {d.current && <span className="chip accent">{t('deployments.current')}</span>}
            </span>
          ),
        },
        {
          key: 'what',
          title: t('version'),
          className: 'main-cell',
          sort: d => d.version,
          cell: d => (
            <>
              <What of={d} />
              <Verdicts of={d} />
              {d.error && <div className="small tone-bad">{d.error}</div>}
              {d.reason && <div className="small muted">{d.reason}</div>}
            </>
          ),
        },
        { key: 'user', title: t('pipeline.by'), className: 'hide-sm', sort: d => d.user, cell: d => d.user },
        {
          key: 'job',
          title: t('deliver.from'),
          className: 'hide-sm',
          cell: d =>
            d.job_id !== null ? (
              <Go to={`/${path}/jobs/${d.job_id}`}>#{d.job_id}</Go>
            ) : d.commit ? (
              <code>{shortSha(d.commit)}</code>
            ) : (
              '–'
            ),
        },
        {
          key: 'when',
          title: t('when'),
          className: 'num',
          sort: d => d.created_at,
          cell: d => <Ago at={d.created_at} />,
        },
        {
          key: 'act',
          title: '',
          className: 'num hide-sm',
          cell: d =>
            d.status !== 'success' || d.current || !current || sameContent(d, current) ? null : (
              <Ask
                label={t('deliver.backTo')}
                title={t('rollback.title')}
                confirm={t('rollback.title')}
                reason={t('reason')}
                danger
                subtle
                act={reason => api.rollBack(path, environment, reason, d.id)}
              >
                {t('rollback.about', { from: nameOf(current), to: nameOf(d) })}
              </Ask>
            ),
        },
      ]}
    />
  );
}
