// The audit log of a project, or of the whole server: who did what, from where,
// and what changed.
import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/govern';
import type { AuditEntry } from '../api/types';
import { dateTime } from '../format/format';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Empty, Page } from '../parts/Page';
import { useQueryWords, useSetQuery } from '../parts/place';
import { dayAfter } from './roles';

export function AuditPage() {
  const { t } = useTranslation();
  return (
    <Page title={t('audit.title')} actions={<Verify />}>
      <Audit at="" />
    </Page>
  );
}

// at is a project's address; empty for the whole server.
export function Audit({ at }: { at: string }) {
  const { t } = useTranslation();
  const words = useQueryWords();
  const setQuery = useSetQuery();
  const filter = {
    actor: words.actor,
    action: words.action,
    from: words.from && new Date(`${words.from}T00:00:00`).toISOString(),
    to: words.to && dayAfter(words.to),
  };
  const list = useQuery(api.audit(at, { ...filter, page: words.page }));
  const field = (key: 'actor' | 'action' | 'from' | 'to') => (
    <TextInput
      key={key}
      size="xs"
      type={key === 'from' || key === 'to' ? 'date' : 'text'}
      aria-label={t(`audit.${key}`)}
      placeholder={t(`audit.${key}`)}
      title={t(`audit.${key}`)}
      value={words[key] ?? ''}
      onChange={e => setQuery({ [key]: e.currentTarget.value, page: undefined })}
    />
  );
  return (
    <div className="stack">
      <p className="muted lead">{t('audit.about')}</p>
      <Loaded of={list}>
        {({ items, total }) => (
          <Listing
            label={t('audit.title')}
            rows={items}
            total={total}
            id={a => a.seq}
            empty={<Empty title={t('audit.empty')}>{t('audit.emptyNext')}</Empty>}
            tools={
              <div className="row grow">
                {(['actor', 'action', 'from', 'to'] as const).map(field)}
                <span className="grow" />
                <a className="small" href={api.auditFile(at, 'csv', filter)} download>
                  CSV
                </a>
                <a className="small" href={api.auditFile(at, 'jsonl', filter)} download>
                  JSON
                </a>
              </div>
            }
            columns={[
              {
                key: 'at',
                title: t('when'),
                className: 'nowrap',
                cell: a => <time dateTime={a.at}>{dateTime(a.at)}</time>,
              },
              {
                key: 'who',
                title: t('audit.actor'),
                cell: a => (
                  <>
                    {a.username || t('audit.nobody')}{' '}
                    <div className="muted small hide-sm">
                      {a.via} {a.address}
                    </div>
                  </>
                ),
              },
              {
                key: 'what',
                title: t('audit.action'),
                className: 'main-cell',
                cell: a => <What entry={a} server={at === ''} />,
              },
            ]}
          />
        )}
      </Loaded>
    </div>
  );
}

function What({ entry: a, server }: { entry: AuditEntry; server: boolean }) {
  const { t } = useTranslation();
  const changed = a.before !== null || a.after !== null;
  return (
    <>
      <code>{a.action}</code> {a.target}
      {a.alarm && <span className="chip tone-bad"> {t('audit.alarm')}</span>}
      {server && a.project && <span className="muted small"> · {a.project}</span>}
      {a.reason && <div className="small">{t('audit.reason', { reason: a.reason })}</div>}
      {changed && (
        <details>
          <summary className="small muted">{t('audit.changed')}</summary>
          <pre className="snippet small">
            {a.before !== null && `− ${JSON.stringify(a.before)}\n`}
            {a.after !== null && `+ ${JSON.stringify(a.after)}`}
          </pre>
        </details>
      )}
    </>
  );
}

function Verify() {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const verdict = useQuery({ ...api.verifyAudit(), enabled: asked });
  return (
    <div className="row" role="status">
      {verdict.data?.ok && <span className="tone-good small">{t('audit.whole', { count: verdict.data.entries })}</span>}
      {verdict.data && !verdict.data.ok && <span className="tone-bad">{verdict.data.problem}</span>}
      {verdict.error && <Problem error={verdict.error} />}
      <Button
        variant="default"
        loading={verdict.isFetching}
        onClick={() => (asked ? void verdict.refetch() : setAsked(true))}
      >
        {t('audit.verify')}
      </Button>
    </div>
  );
}
