import { IconLock, IconWorld } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { What } from '../deliver/What';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';
import { useProjectPath } from '../parts/place';
import { Status } from '../parts/Status';

const rank = { production: 0, staging: 1, testing: 2, development: 3, other: 4 };

export function Environments() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const environments = useQuery(api.environments(path));
  return (
    <Page title={t('nav.environments')} name={`${t('nav.environments')} · ${path}`}>
      <Loaded of={environments}>
        {list => (
          <Listing
            label={t('nav.environments')}
            rows={[...list.items].sort((a, b) => rank[a.tier] - rank[b.tier] || a.name.localeCompare(b.name))}
            id={e => e.id}
            text={e => e.name}
            empty={<Empty title={t('environments.empty')}>{t('environments.emptyNext')}</Empty>}
            columns={[
              {
                key: 'name',
                title: t('name'),
                className: 'main-cell',
                sort: e => e.name,
                cell: e => (
                  <span className="row">
                    <Go to={`/${path}/environments/${encodeURIComponent(e.name)}`}>{e.name}</Go>
                    {e.public && (
                      <span className="chip">
                        <IconWorld size={12} aria-hidden="true" /> {t('environments.public')}
                      </span>
                    )}
                    {e.protected && (
                      <span className="chip">
                        <IconLock size={12} aria-hidden="true" /> {t('branches.protected')}
                      </span>
                    )}
                  </span>
                ),
              },
              { key: 'health', title: t('status'), sort: e => e.health, cell: e => <Status of={e.health} /> },
              {
                key: 'version',
                title: t('environments.serves'),
                cell: e => (e.current ? <What of={e.current} /> : <span className="muted">–</span>),
              },
              {
                key: 'when',
                title: t('environments.since'),
                className: 'hide-sm',
                sort: e => e.current?.created_at ?? '',
                cell: e => (e.current ? <Ago at={e.current.created_at} /> : '–'),
              },
              {
                key: 'page',
                title: '',
                className: 'num',
                cell: e =>
                  e.current?.kind === 'model' ? (
                    <a href={`/estimate/${e.endpoint}`}>{t('clientPage')}</a>
                  ) : (
                    e.current && e.public && <a href={e.address}>{t('deliver.open')}</a>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}
