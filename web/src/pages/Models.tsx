import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Model } from '../api/types';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';
import { useProjectPath } from '../parts/place';
import { ModelTabs } from './ModelTabs';

export function Models() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const models = useQuery(api.models(path));
  return (
    <Page title={t('nav.models')} name={`${t('nav.models')} · ${path}`}>
      <ModelTabs />
      <Loaded of={models}>
        {list => (
          <Listing
            label={t('nav.models')}
            rows={list.items}
            total={list.total}
            id={model => model.name}
            text={model => `${model.name} ${model.description}`}
            empty={<Empty title={t('models.empty')}>{t('models.emptyNext')}</Empty>}
            columns={[
              {
                key: 'name',
                title: t('name'),
                className: 'main-cell',
                sort: model => model.name,
                cell: model => (
                  <>
                    <Go to={`/${path}/models/${model.name}`}>{model.name}</Go>
                    <div className="muted small">{model.description}</div>
                  </>
                ),
              },
              {
                key: 'latest',
                title: t('models.latest'),
                sort: model => model.latest,
                cell: model =>
                  model.latest > 0 ? (
                    <Go to={`/${path}/models/${model.name}/${model.latest}`}>v{model.latest}</Go>
                  ) : (
                    '–'
                  ),
              },
              {
                key: 'aliases',
                title: t('models.aliases'),
                className: 'hide-sm',
                cell: model => <Aliases of={model} />,
              },
              { key: 'deployed', title: t('models.deployed'), cell: model => <Deployed of={model} /> },
              {
                key: 'created',
                title: t('created'),
                className: 'num hide-sm',
                sort: model => model.created_at,
                cell: model => <Ago at={model.created_at} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}

function Aliases({ of }: { of: Model }) {
  return (
    <span className="row">
      {Object.entries(of.aliases).map(([alias, version]) => (
        <span key={alias} className="chip">
          @{alias} v{version}
        </span>
      ))}
    </span>
  );
}

export function Deployed({ of, version }: { of: Model; version?: number }) {
  const path = useProjectPath();
  return (
    <span className="row">
      {of.deployed
        .filter(at => version === undefined || at.version === version)
        .map(at => (
          <Go
            key={at.environment}
            to={`/${path}/environments/${encodeURIComponent(at.environment)}`}
            className="chip accent"
          >
            {at.environment}
            {version === undefined && ` v${at.version}`}
          </Go>
        ))}
    </span>
  );
}
