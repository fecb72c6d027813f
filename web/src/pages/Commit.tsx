import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { DiffView } from '../diff/DiffView';
import { dateTime, shortSha } from '../format/format';
import { CopyButton } from '../parts/Copy';
import { Go } from '../parts/Go';
import { Loaded } from '../parts/Loaded';
import { Card, Page } from '../parts/Page';
import { useProjectPath, useWords } from '../parts/place';
import { Status } from '../parts/Status';

export function CommitPage() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { sha = '' } = useWords();
  const commit = useQuery(api.commit(path, sha));
  const crumbs = [
    { label: path, to: `/${path}` },
    { label: t('commits.title'), to: `/${path}/commits` },
  ];
  return (
    <Page title={commit.data?.title ?? shortSha(sha)} crumbs={crumbs}>
      <Loaded of={commit}>
        {value => (
          <div className="stack">
            <Card>
              {value.message.trim() !== value.title && (
                <pre style={{ whiteSpace: 'pre-wrap', marginTop: 0 }}>
                  {value.message.replace(value.title, '').trim()}
                </pre>
              )}
              <dl className="facts">
                <dt>{t('commit.author')}</dt>
                <dd>
                  {value.author_name} <span className="muted">&lt;{value.author_email}&gt;</span>
                </dd>
                <dt>{t('when')}</dt>
                <dd>{dateTime(value.authored_at)}</dd>
                <dt>SHA</dt>
                <dd>
                  <code>{value.sha}</code> <CopyButton text={value.sha} what="SHA" />{' '}
                  <Go to={`/${path}/tree`} search={{ ref: value.sha }}>
                    {t('commit.browse')}
                  </Go>
                </dd>
                <dt>{t('commit.parents')}</dt>
                <dd className="row">
                  {value.parents.length === 0
                    ? t('commit.first')
                    : value.parents.map(parent => (
                        <Go key={parent} to={`/${path}/commits/${parent}`}>
                          <code>{shortSha(parent)}</code>
                        </Go>
                      ))}
                </dd>
                {value.pipeline && (
                  <>
                    <dt>{t('pipeline.pipeline')}</dt>
                    <dd>
                      <Go to={`/${path}/pipelines/${value.pipeline.id}`} className="row">
                        <Status of={value.pipeline.status} /> #{value.pipeline.id}
                      </Go>
                    </dd>
                  </>
                )}
              </dl>
            </Card>
            <DiffView files={value.files} sha={value.sha} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}
