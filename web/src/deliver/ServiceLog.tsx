// The last lines that a service wrote, and what it writes now.
import { Button, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { Loaded } from '../parts/Loaded';
import { Card } from '../parts/Page';
import { useProjectPath } from '../parts/place';

export function ServiceLog({ environment }: { environment: string }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const [follow, setFollow] = useState(false);
  const log = useQuery({ ...api.environmentLogs(path, environment, 500), refetchInterval: follow ? 1500 : false });
  return (
    <Card
      title={t('deliver.logs')}
      side={
        <span className="row">
          <Switch
            size="xs"
            label={t('deliver.logsFollow')}
            checked={follow}
            onChange={e => setFollow(e.currentTarget.checked)}
          />
          <Button variant="default" size="compact-xs" onClick={() => void log.refetch()}>
            {t('deliver.refresh')}
          </Button>
        </span>
      }
    >
      <Loaded of={log} rows={4}>
        {({ text }) =>
          text ? (
            <pre
              className="snippet small"
              tabIndex={0}
              aria-label={t('deliver.logs')}
              style={{ maxHeight: 420, overflow: 'auto' }}
            >
              {text}
            </pre>
          ) : (
            <p className="muted">{t('deliver.noLogs')}</p>
          )
        }
      </Loaded>
    </Card>
  );
}
