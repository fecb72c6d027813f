import { IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';
import { useProjectPath } from '../parts/place';
import { CodeTabs } from './CodeTabs';

export function Branches() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const project = useQuery(api.project(path));
  const branches = useQuery(api.branches(path));
  const main = project.data?.default_branch;
  return (
    <Page title={t('branches.title')} name={`${t('branches.title')} · ${path}`}>
      <CodeTabs />
      <Loaded of={branches}>
        {list => (
          <Listing
            label={t('branches.title')}
            rows={list.items}
            id={branch => branch.name}
            text={branch => branch.name}
            empty={<Empty title={t('branches.empty')}>{t('overview.emptyNext')}</Empty>}
            columns={[
              {
                key: 'name',
                title: t('branch'),
                className: 'main-cell',
                sort: branch => branch.name,
                cell: branch => (
                  <span className="row">
                    <Go to={`/${path}/tree`} search={{ ref: branch.name }}>
                      {branch.name}
                    </Go>
                    {branch.default && <span className="chip">{t('branches.default')}</span>}
                    {branch.protected && (
                      <span className="chip">
                        <IconLock size={12} aria-hidden="true" /> {t('branches.protected')}
                      </span>
                    )}
                  </span>
                ),
              },
              {
                key: 'commit',
                title: t('branches.last'),
                className: 'hide-sm main-cell',
                cell: branch => <Go to={`/${path}/commits/${branch.sha}`}>{branch.commit.title}</Go>,
              },
              {
                key: 'when',
                title: t('when'),
                sort: branch => branch.commit.authored_at,
                cell: branch => <Ago at={branch.commit.authored_at} />,
              },
              {
                key: 'compare',
                title: '',
                className: 'num',
                cell: branch =>
                  !branch.default &&
                  main && (
                    <span className="row end">
                      <Go to={`/${path}/merge-requests/new`} search={{ source: branch.name, target: main }}>
                        {t('mr.new')}
                      </Go>
                      <Go to={`/${path}/compare`} search={{ from: main, to: branch.name }}>
                        {t('compare.title')}
                      </Go>
                    </span>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}
