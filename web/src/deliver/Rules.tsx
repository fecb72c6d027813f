// Who may deploy to an environment, with whose approval, and where it runs.
import { Button, NativeSelect, NumberInput, Switch } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Environment } from '../api/types';
import { useAct } from '../parts/act';
import { Problem } from '../parts/Loaded';
import { Card } from '../parts/Page';
import { useProjectPath } from '../parts/place';

export function Rules({ environment: e }: { environment: Environment }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const [form, setForm] = useState({
    public: e.public,
    protected: e.protected,
    deploy_role: e.deploy_role,
    approvals: e.approvals,
    approval_role: e.approval_role,
    target: e.target as string,
  });
  const act = useAct(() => api.editEnvironment(path, e.name, form), { quiet: true });
  const roles = (['developer', 'maintainer'] as const).map(value => ({ value, label: t(`role.${value}`) }));
  return (
    <Card title={t('deliver.rules')}>
      <form
        className="stack"
        style={{ maxWidth: 560 }}
        onSubmit={event => {
          event.preventDefault();
          act.mutate(undefined);
        }}
      >
        <Switch
          label={t('environments.publicLabel')}
          description={t('environments.publicAbout')}
          checked={form.public}
          onChange={event => setForm({ ...form, public: event.currentTarget.checked })}
        />
        <Switch
          label={t('environments.protectedLabel')}
          description={t('environments.protectedAbout')}
          checked={form.protected}
          onChange={event => setForm({ ...form, protected: event.currentTarget.checked })}
        />
        {form.protected && (
          <>
            <NativeSelect
              label={t('deliver.role')}
              value={form.deploy_role}
              data={roles}
              onChange={event => setForm({ ...form, deploy_role: event.currentTarget.value })}
            />
            <NumberInput
              label={t('deliver.approvals')}
              value={form.approvals}
              min={0}
              max={10}
              allowDecimal={false}
              hideControls
              onChange={value => setForm({ ...form, approvals: Number(value) || 0 })}
            />
            {form.approvals > 0 && (
              <NativeSelect
                label={t('deliver.approvalRole')}
                value={form.approval_role}
                data={roles}
                onChange={event => setForm({ ...form, approval_role: event.currentTarget.value })}
              />
            )}
          </>
        )}
        <NativeSelect
          label={t('deliver.target')}
          value={form.target}
          data={(['embedded', 'docker'] as const).map(value => ({ value, label: t(`deliver.target.${value}`) }))}
          onChange={event => setForm({ ...form, target: event.currentTarget.value })}
        />
        {act.error && <Problem error={act.error} />}
        <div className="row">
          <Button type="submit" loading={act.isPending}>
            {t('save')}
          </Button>
          <span role="status" className="tone-good">
            {act.isSuccess && t('saved')}
          </span>
        </div>
      </form>
    </Card>
  );
}
