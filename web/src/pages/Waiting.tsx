// What waits for this person, of all projects.
import { IconAlertTriangle, IconAt, IconGitMerge, IconGitPullRequest, IconRocket } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Waiting as Item } from '../api/types';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Empty, Page } from '../parts/Page';

const icons = {
  review: IconGitPullRequest,
  mention: IconAt,
  ready: IconGitMerge,
  deployment: IconRocket,
  failed: IconAlertTriangle,
};

export function WaitingPage() {
  const { t } = useTranslation();
  const waiting = useQuery(api.waiting());
  return (
    <Page title={t('waiting.title')}>
      <Loaded of={waiting}>
        {list => (
          <Listing
            label={t('waiting.title')}
            rows={list.items}
            id={item => `${item.kind} ${item.link} ${item.at}`}
            text={item => `${item.title} ${item.project} ${item.who}`}
            empty={<Empty title={t('waiting.empty')}>{t('waiting.emptyNext')}</Empty>}
            columns={[
              { key: 'kind', title: t('waiting.for'), sort: item => item.kind, cell: item => <Kind of={item} /> },
              {
                key: 'title',
                title: t('waiting.what'),
                className: 'main-cell',
                cell: item => (
                  <>
                    <Target item={item} />
                    <div className="muted small">
                      {item.project}
                      {item.who && ` · ${item.who}`}
                    </div>
                  </>
                ),
              },
              {
                key: 'at',
                title: t('when'),
                className: 'num hide-sm',
                sort: item => item.at,
                cell: item => <Ago at={item.at} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}

function Kind({ of }: { of: Item }) {
  const { t } = useTranslation();
  const Icon = icons[of.kind] ?? IconGitPullRequest;
  return (
    <span className="row nowrap-row" title={t(`waiting.${of.kind}`)}>
      <Icon size={16} aria-hidden="true" /> <span className="hide-sm">{t(`waiting.${of.kind}`)}</span>
    </span>
  );
}

// Target leads to a path of the console, with the query and the hash it may have.
function Target({ item }: { item: Item }) {
  const at = new URL(item.link, location.origin);
  return (
    <Go to={at.pathname} search={Object.fromEntries(at.searchParams)} hash={at.hash.slice(1) || undefined}>
      {item.title}
    </Go>
  );
}
