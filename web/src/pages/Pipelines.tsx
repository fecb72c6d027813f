import { Button, Modal } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { PipelineSummary } from '../api/types';
import { shortSha } from '../format/format';
import { useAct } from '../parts/act';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Ago, Took } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';
import { useGo, useProjectPath, useQueryWords, useSetQuery } from '../parts/place';
import { isActive, Status } from '../parts/Status';
import { BranchSelect } from './CodeTabs';

const states = ['running', 'success', 'failed', 'canceled'] as const;

export function Pipelines() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { ref, status, page } = useQueryWords();
  const setQuery = useSetQuery();
  const pipelines = useQuery({
    ...api.pipelines(path, { ref, status, page, per_page: 50 }),
    placeholderData: keepPreviousData,
    // The live stream refreshes at once; this is for when it is cut.
    refetchInterval: query => (query.state.data?.items.some(p => isActive(p.status)) ? 5000 : 30_000),
  });
  const filtered = Boolean(ref || status);
  return (
    <Page title={t('nav.pipelines')} name={`${t('nav.pipelines')} · ${path}`} actions={<RunButton />}>
      <nav className="tabs" aria-label={t('pipelines.byStatus')}>
        {[undefined, ...states].map(state => (
          <a
            key={state ?? 'all'}
            href={state ? `?status=${state}` : '?'}
            data-status={status === state ? 'active' : undefined}
            aria-current={status === state ? 'page' : undefined}
            onClick={e => {
              e.preventDefault();
              setQuery({ status: state, page: undefined });
            }}
          >
            {state ? t(`status.${state}`) : t('pipelines.all')}
          </a>
        ))}
      </nav>
      <Loaded of={pipelines} rows={8}>
        {list => (
          <Listing
            label={t('nav.pipelines')}
            rows={list.items}
            total={list.total}
            id={pipeline => pipeline.id}
            text={p => `${p.id} ${p.ref} ${p.title} ${p.user} ${p.sha}`}
            empty={
              filtered ? (
                <Empty title={t('pipelines.noneSuch')}>
                  <Go to={`/${path}/pipelines`}>{t('pipelines.showAll')}</Go>
                </Empty>
              ) : (
                <Empty title={t('pipelines.empty')}>{t('pipelines.emptyNext')}</Empty>
              )
            }
            columns={[
              {
                key: 'status',
                title: t('status'),
                sort: p => p.status,
                cell: p => (
                  <Go to={`/${path}/pipelines/${p.id}`}>
                    <Status of={p.status} />
                  </Go>
                ),
              },
              {
                key: 'what',
                title: t('pipeline.pipeline'),
                className: 'main-cell',
                sort: p => p.id,
                cell: p => <What of={p} />,
              },
              {
                key: 'user',
                title: t('pipeline.by'),
                className: 'hide-sm',
                cell: p => `${p.user}, ${t(`source.${p.source}`)}`,
              },
              {
                key: 'took',
                title: t('duration'),
                className: 'num hide-sm',
                sort: p => p.duration ?? 0,
                cell: p => <Took seconds={p.duration} started={p.started_at} running={p.status === 'running'} />,
              },
              {
                key: 'when',
                title: t('when'),
                className: 'num',
                sort: p => p.created_at,
                cell: p => <Ago at={p.created_at} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}

function What({ of: p }: { of: PipelineSummary }) {
  const path = useProjectPath();
  return (
    <>
      <Go to={`/${path}/pipelines/${p.id}`}>
        #{p.id} {p.title}
      </Go>
      <div className="muted small">
        {p.ref} <code>{shortSha(p.sha)}</code>
        {p.error && <span className="tone-bad"> · {p.error}</span>}
      </div>
    </>
  );
}

function RunButton() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const go = useGo();
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState<string>();
  const project = useQuery(api.project(path));
  const ref = chosen ?? project.data?.default_branch ?? '';
  const act = useAct(() => api.runPipeline(path, ref), {
    quiet: true,
    done: pipeline => go(`/${path}/pipelines/${pipeline.id}`),
  });
  return (
    <>
      <Button variant="default" leftSection={<IconPlayerPlay size={15} />} onClick={() => setOpen(true)}>
        {t('pipelines.run')}
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={t('pipelines.run')}
        closeButtonProps={{ 'aria-label': t('close') }}
      >
        <div className="stack">
          <BranchSelect value={ref} onChange={setChosen} />
          {act.error && <Problem error={act.error} />}
          <Button loading={act.isPending} onClick={() => act.mutate(undefined)}>
            {t('pipelines.runOn', { ref })}
          </Button>
        </div>
      </Modal>
    </>
  );
}
