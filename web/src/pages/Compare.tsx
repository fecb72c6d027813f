// Two refs side by side, and the plain merge of one into the other.
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { DiffView } from '../diff/DiffView';
import { Ask } from '../parts/act';
import { Loaded } from '../parts/Loaded';
import { Empty, Page } from '../parts/Page';
import { useGo, useProjectPath, useQueryWords, useSetQuery } from '../parts/place';
import { BranchSelect, CodeTabs } from './CodeTabs';
import { CommitList } from './Commits';

export function Compare() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const words = useQueryWords();
  const setQuery = useSetQuery();
  const go = useGo();
  const project = useQuery(api.project(path));
  const from = words.from ?? project.data?.default_branch ?? '';
  const to = words.to ?? '';
  const ready = Boolean(from && to && from !== to);
  const compare = useQuery({ ...api.compare(path, from, to), enabled: ready });
  return (
    <Page title={t('compare.title')} name={`${t('compare.title')} · ${path}`}>
      <CodeTabs />
      <div className="stack">
        <div className="row">
          <BranchSelect value={from} label={t('compare.from')} onChange={value => setQuery({ from: value })} />
          <span aria-hidden="true">…</span>
          <BranchSelect value={to} label={t('compare.to')} onChange={value => setQuery({ to: value })} />
          {ready && (compare.data?.commits.length ?? 0) > 0 && (
            <Button onClick={() => go(`/${path}/merge-requests/new`, { source: to, target: from })}>
              {t('mr.new')}
            </Button>
          )}
          {ready && (compare.data?.commits.length ?? 0) > 0 && (
            <Ask
              label={t('compare.merge', { to, from })}
              title={t('compare.merge', { to, from })}
              confirm={t('compare.mergeConfirm')}
              act={() => api.merge(path, { source: to, target: from })}
              done={() => go(`/${path}/pipelines`, { ref: from })}
            >
              {t('compare.mergeAbout', { count: compare.data?.commits.length ?? 0, to, from })}
            </Ask>
          )}
        </div>
        {ready ? (
          <Loaded of={compare}>
            {value => (
              <>
                <CommitList
                  commits={value.commits}
                  empty={<Empty title={t('compare.same')}>{t('compare.sameAbout', { to, from })}</Empty>}
                />
                {value.files.length > 0 && <DiffView files={value.files} sha={to} />}
              </>
            )}
          </Loaded>
        ) : (
          <div className="card">
            <Empty title={t('compare.choose')}>{t('compare.chooseAbout')}</Empty>
          </div>
        )}
      </div>
    </Page>
  );
}
