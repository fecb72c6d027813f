// What can be done with a job, by its state.
import { Button } from '@mantine/core';
import { IconPlayerPlay, IconPlayerStop, IconRefresh } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Job, JobSummary } from '../api/types';
import { useAct } from '../parts/act';
import { useProjectPath } from '../parts/place';
import { isActive } from '../parts/Status';

export function JobActions({ job, done }: { job: JobSummary; done?: (job: Job) => void }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const act = useAct((what: 'cancel' | 'retry' | 'play') => api.actOnJob(path, job.id, what), { done });
  const what = isActive(job.status)
    ? 'cancel'
    : job.status === 'manual'
      ? 'play'
      : job.status === 'skipped'
        ? undefined
        : 'retry';
  if (!what) return null;
  const Icon = { cancel: IconPlayerStop, play: IconPlayerPlay, retry: IconRefresh }[what];
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={<Icon size={13} />}
      aria-label={t(`job.${what}Named`, { name: job.name })}
      loading={act.isPending}
      onClick={() => act.mutate(what)}
    >
      {t(`job.${what}`)}
    </Button>
  );
}
