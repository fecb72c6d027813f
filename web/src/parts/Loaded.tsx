// A query's three faces: bones while it loads, the server's sentence when it
// was refused, the thing itself.
import { Button } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/client';

export function Loaded<T>(props: { of: UseQueryResult<T>; rows?: number; children: (value: T) => ReactNode }) {
  const { data, error, refetch } = props.of;
  if (data !== undefined) return <>{props.children(data)}</>;
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  return <Bones rows={props.rows ?? 5} />;
}

export function Bones({ rows }: { rows: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" style={{ padding: 14 }}>
      <span className="visually-hidden">{t('loading')}</span>
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bones have no identity
        <div key={i} className="skeleton" style={{ height: 16, margin: '10px 0', width: `${90 - ((i * 17) % 50)}%` }} />
      ))}
    </div>
  );
}

export function useSentence(): (error: unknown) => string {
  const { t } = useTranslation();
  return error => {
    if (error instanceof ApiError) return error.status === 0 ? t('error.unreachable') : error.message;
    return error instanceof Error ? error.message : String(error);
  };
}

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const sentence = useSentence();
  const status = error instanceof ApiError ? error.status : undefined;
  const details = error instanceof ApiError ? error.errors.filter(e => e.message && e.message !== error.message) : [];
  return (
    <div className="problem" role="alert">
      <div className="row between">
        <div className="grow">
          <strong>{title(t, status)}</strong> <span>{sentence(error)}</span>
        </div>
        {retry && status !== 403 && (
          <Button variant="default" onClick={retry}>
            {t('retry.load')}
          </Button>
        )}
      </div>
      {details.length > 0 && (
        <ul>
          {details.map(e => (
            <li key={e.location + e.message}>
              {e.location && <code>{e.location}</code>} {e.message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function title(t: (key: 'error.notFound' | 'error.denied' | 'error.other') => string, status?: number): string {
  if (status === 404) return t('error.notFound');
  if (status === 403) return t('error.denied');
  return t('error.other');
}
