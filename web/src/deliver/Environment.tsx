import { Button, Modal, NativeSelect, Switch, TextInput } from '@mantine/core';
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
import { useProjectPath, useWords } from '../parts/place';
import { isActive, Status } from '../parts/Status';

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
  return (
    <Page
      title={env}
      crumbs={crumbs}
      actions={
        <>
          <Deploy environment={env} />
          <RollBack environment={env} history={history} />
        </>
      }
    >
      <div className="stack">
        <Loaded of={environment}>{value => <Now environment={value} />}</Loaded>
        <Loaded of={deployments}>{list => <History deployments={list.items} />}</Loaded>
      </div>
    </Page>
  );
}

function Now({ environment: e }: { environment: Environment }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const act = useAct((change: { public?: boolean; protected?: boolean }) => api.editEnvironment(path, e.name, change));
  const page = `/estimate/${e.endpoint}`;
  return (
    <Card title={t('environments.now')} side={<Status of={e.health} />}>
      <div className="stack">
        <dl className="facts">
          <dt>{t('environments.serves')}</dt>
          <dd>
            {e.current ? (
              <>
                <Go to={`/${path}/models/${e.current.model}/${e.current.version}`}>
                  {e.current.model} v{e.current.version}
                </Go>{' '}
                <span className="muted">{t('environments.sinceAt', { when: dateTime(e.current.created_at) })}</span>
              </>
            ) : (
              t('environments.nothing')
            )}
          </dd>
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
        </dl>
        <div className="row" style={{ gap: 24 }}>
          <Switch
            label={t('environments.publicLabel')}
            description={t('environments.publicAbout')}
            checked={e.public}
            disabled={act.isPending}
            onChange={event => act.mutate({ public: event.currentTarget.checked })}
          />
          <Switch
            label={t('environments.protectedLabel')}
            description={t('environments.protectedAbout')}
            checked={e.protected}
            disabled={act.isPending}
            onChange={event => act.mutate({ protected: event.currentTarget.checked })}
          />
        </div>
      </div>
    </Card>
  );
}

function RollBack({ environment, history }: { environment: string; history: Deployment[] }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const current = history.find(d => d.current);
  const before = history.find(
    d => d.status === 'success' && !d.current && (d.version !== current?.version || d.model !== current?.model),
  );
  if (!current || !before) return null;
  const names = { from: `${current.model} v${current.version}`, to: `${before.model} v${before.version}` };
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

function History({ deployments }: { deployments: Deployment[] }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  return (
    <Listing
      label={t('deployments.title')}
      rows={deployments}
      id={d => d.id}
      text={d => `${d.model} ${d.version} ${d.user} ${d.reason} ${d.commit}`}
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
              <Go to={`/${path}/models/${d.model}/${d.version}`}>
                {d.model} v{d.version}
              </Go>
              {d.error && <div className="small tone-bad">{d.error}</div>}
              {d.reason && <div className="small muted">{d.reason}</div>}
            </>
          ),
        },
        { key: 'user', title: t('pipeline.by'), className: 'hide-sm', sort: d => d.user, cell: d => d.user },
        {
          key: 'job',
          title: t('jobs.job'),
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
      ]}
    />
  );
}
