import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { Ask, useAct } from '../parts/act';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Empty } from '../parts/Page';
import { useProjectPath } from '../parts/place';

const who = ['none', 'developer', 'maintainer'] as const;
const blank = { pattern: '', push_role: 'maintainer', merge_role: 'maintainer' };

export function ProtectedBranches() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const list = useQuery(api.protectedBranches(path));
  const role = (name: string) => t(`protect.${name as (typeof who)[number]}`);
  return (
    <div className="two">
      <Loaded of={list}>
        {({ items }) => (
          <Listing
            label={t('settings.protected')}
            rows={items}
            id={b => b.pattern}
            empty={<Empty title={t('protect.empty')}>{t('protect.emptyNext')}</Empty>}
            columns={[
              {
                key: 'pattern',
                title: t('branch'),
                className: 'main-cell',
                sort: b => b.pattern,
                cell: b => <code>{b.pattern}</code>,
              },
              { key: 'push', title: t('protect.push'), cell: b => role(b.push_role) },
              { key: 'merge', title: t('protect.merge'), cell: b => role(b.merge_role) },
              {
                key: 'act',
                title: '',
                className: 'num',
                cell: b => (
                  <Ask
                    label={t('remove')}
                    ariaLabel={t('protect.remove', { pattern: b.pattern })}
                    title={t('protect.remove', { pattern: b.pattern })}
                    confirm={t('remove')}
                    danger
                    act={() => api.unprotectBranch(path, b.pattern)}
                  >
                    {t('protect.removeAbout', { pattern: b.pattern })}
                  </Ask>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      <Add />
    </div>
  );
}

function Add() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const [form, setForm] = useState(blank);
  const act = useAct(() => api.protectBranch(path, form), { quiet: true, done: () => setForm(blank) });
  const data = who.map(value => ({ value, label: t(`protect.${value}`) }));
  return (
    <Card title={t('protect.add')}>
      <form
        className="stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <TextInput
          label={t('branch')}
          description={t('protect.pattern')}
          required
          value={form.pattern}
          onChange={e => setForm({ ...form, pattern: e.currentTarget.value })}
        />
        <NativeSelect
          label={t('protect.push')}
          data={data}
          value={form.push_role}
          onChange={e => setForm({ ...form, push_role: e.currentTarget.value })}
        />
        <NativeSelect
          label={t('protect.merge')}
          data={data}
          value={form.merge_role}
          onChange={e => setForm({ ...form, merge_role: e.currentTarget.value })}
        />
        {act.error && <Problem error={act.error} />}
        <Button type="submit" loading={act.isPending}>
          {t('protect.add')}
        </Button>
      </form>
    </Card>
  );
}
