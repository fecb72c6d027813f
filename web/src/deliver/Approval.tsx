// A deployment that waits for people: what is asked, and the three answers.
import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { permissions } from '../api/govern';
import * as api from '../api/routes';
import type { Deployment } from '../api/types';
import { Ask, useAct } from '../parts/act';
import { Problem } from '../parts/Loaded';
import { Card } from '../parts/Page';
import { useProjectPath } from '../parts/place';
import { nameOf } from './What';

export function Approval({ deployment: d }: { deployment: Deployment }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const [comment, setComment] = useState('');
  const own = useQuery({ ...permissions(path), staleTime: 60_000 });
  const judge = useAct((verdict: 'approve' | 'reject') => api.judgeDeployment(path, d.id, verdict, comment), {
    quiet: true,
  });
  const given = d.approvals.filter(a => a.verdict === 'approve').length;
  const mayBreak = own.data?.permissions.find(p => p.permission === 'break_glass')?.allowed;
  return (
    <Card title={t('deliver.waiting')}>
      <div className="stack">
        <p>
          {t('deliver.waitingAbout', { user: d.user, what: nameOf(d), count: Math.max(0, d.approvals_needed - given) })}
        </p>
        {d.reason && <p className="muted small">{t('audit.reason', { reason: d.reason })}</p>}
        {d.may_approve ? (
          <TextInput
            label={t('deliver.comment')}
            description={t('deliver.commentAbout')}
            value={comment}
            onChange={e => setComment(e.currentTarget.value)}
          />
        ) : (
          d.approve_refusal && <p className="muted small">{d.approve_refusal}</p>
        )}
        {judge.error && <Problem error={judge.error} />}
        <div className="row">
          {d.may_approve && (
            <>
              <Button loading={judge.isPending} onClick={() => judge.mutate('approve')}>
                {t('deliver.approve')}
              </Button>
              <Button variant="default" disabled={!comment} onClick={() => judge.mutate('reject')}>
                {t('deliver.reject')}
              </Button>
            </>
          )}
          {mayBreak && (
            <Ask
              label={t('deliver.breakGlass')}
              title={t('deliver.breakGlass')}
              confirm={t('deliver.breakGlass')}
              reason={t('deliver.why')}
              danger
              act={reason => api.breakGlass(path, d.id, reason)}
            >
              {t('deliver.breakGlassAbout')}
            </Ask>
          )}
        </div>
      </div>
    </Card>
  );
}

// Verdicts says in a line who let a deployment through, and how.
export function Verdicts({ of: d }: { of: Deployment }) {
  const { t } = useTranslation();
  const said = d.approvals.map(a =>
    t(a.verdict === 'approve' ? 'deliver.approvedBy' : 'deliver.rejectedBy', { name: a.user }),
  );
  return (
    <>
      {d.break_glass && <span className="chip tone-bad">{t('deliver.broken')}</span>}
      {said.length > 0 && <div className="small muted">{said.join(', ')}</div>}
    </>
  );
}
