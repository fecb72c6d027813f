// The badge of what waits for this person, on every page.
import { IconInbox } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { Go } from '../parts/Go';

export function NeedsYou() {
  const { t } = useTranslation();
  const waiting = useQuery({ ...api.waiting(), staleTime: 20_000, refetchInterval: 60_000 });
  const count = waiting.data?.total ?? 0;
  const label = count > 0 ? t('waiting.count', { count }) : t('waiting.none');
  return (
    <Go to="/waiting" className="needs" aria-label={label} title={label}>
      <IconInbox size={19} aria-hidden="true" />
      {count > 0 && <span className="badge">{count > 99 ? '99+' : count}</span>}
    </Go>
  );
}
