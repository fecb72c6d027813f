import { IconFile, IconFolder, IconLink, IconPackage } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { TreeEntry } from '../api/types';
import { bytes } from '../format/format';
import { Go } from '../parts/Go';
import { Loaded } from '../parts/Loaded';
import { Empty, Page } from '../parts/Page';
import { useProjectPath, useQueryWords, useSetQuery } from '../parts/place';
import { BranchSelect, CodeTabs, Trail } from './CodeTabs';

const icons = { dir: IconFolder, file: IconFile, link: IconLink, submodule: IconPackage };

export function Tree() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { ref: asked, path: dir = '' } = useQueryWords();
  const setQuery = useSetQuery();
  const project = useQuery(api.project(path));
  const ref = asked ?? project.data?.default_branch ?? '';
  const empty = project.data?.empty ?? false;
  const tree = useQuery({ ...api.tree(path, ref, dir), enabled: Boolean(ref) && !empty });
  return (
    <Page title={t('tree.title')} name={`${t('tree.title')} · ${path}`}>
      <CodeTabs />
      {empty ? (
        <div className="card">
          <Empty title={t('overview.emptyTitle')}>
            <Go to={`/${path}`}>{t('tree.howToPush')}</Go>
          </Empty>
        </div>
      ) : (
        <section className="card">
          <div className="head">
            <BranchSelect value={ref} onChange={value => setQuery({ ref: value, path: dir })} />
            <Trail at={dir} refName={ref} />
            <Go to={`/${path}/commits`} search={{ ref, path: dir || undefined }}>
              {t('file.history')}
            </Go>
          </div>
          <Loaded of={tree} rows={8}>
            {value => <Entries entries={value.entries} refName={ref} dir={dir} />}
          </Loaded>
        </section>
      )}
    </Page>
  );
}

function Entries({ entries, refName, dir }: { entries: TreeEntry[]; refName: string; dir: string }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const sorted = [...entries].sort(
    (a, b) => Number(b.type === 'dir') - Number(a.type === 'dir') || a.name.localeCompare(b.name),
  );
  const up = dir.split('/').slice(0, -1).join('/');
  return (
    <table className="table" aria-label={t('tree.title')}>
      <tbody>
        {dir && (
          <tr>
            <td colSpan={2}>
              <Go to={`/${path}/tree`} search={{ ref: refName, path: up || undefined }} aria-label={t('tree.up')}>
                ..
              </Go>
            </td>
          </tr>
        )}
        {sorted.map(entry => {
          const Icon = icons[entry.type] ?? IconFile;
          return (
            <tr key={entry.path}>
              <td className="main-cell">
                <span className="row" style={{ flexWrap: 'nowrap' }}>
                  <Icon size={16} stroke={1.7} className="tone-quiet" aria-label={t(`entry.${entry.type}`)} />
                  {entry.type === 'submodule' ? (
                    entry.name
                  ) : (
                    <Go
                      to={`/${path}/${entry.type === 'dir' ? 'tree' : 'file'}`}
                      search={{ ref: refName, path: entry.path }}
                    >
                      {entry.name}
                    </Go>
                  )}
                </span>
              </td>
              <td className="num muted">{entry.type === 'file' ? bytes(entry.size) : ''}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
