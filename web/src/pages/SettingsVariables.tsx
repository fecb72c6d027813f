import { Button, Checkbox, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { Ask, useAct } from '../parts/act';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Empty } from '../parts/Page';
import { useProjectPath } from '../parts/place';

const blank = { key: '', value: '', masked: true, protected: false };

export function Variables() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const variables = useQuery(api.variables(path));
  return (
    <div className="two">
      <Loaded of={variables}>
        {list => (
          <Listing
            label={t('settings.variables')}
            rows={list.items}
            id={v => v.key}
            text={v => v.key}
            empty={<Empty title={t('variables.empty')}>{t('variables.emptyNext')}</Empty>}
            columns={[
              {
                key: 'key',
                title: t('variables.key'),
                className: 'main-cell',
                sort: v => v.key,
                cell: v => <code>{v.key}</code>,
              },
              {
                key: 'value',
                title: t('variables.value'),
                className: 'main-cell',
                cell: v => (v.masked ? <span className="muted">{t('variables.hidden')}</span> : <code>{v.value}</code>),
              },
              {
                key: 'flags',
                title: '',
                className: 'hide-sm',
                cell: v => (
                  <span className="row">
                    {v.masked && <span className="chip">{t('variables.masked')}</span>}
                    {v.protected && <span className="chip">{t('branches.protected')}</span>}
                  </span>
                ),
              },
              {
                key: 'act',
                title: '',
                className: 'num',
                cell: v => (
                  <Ask
                    label={t('remove')}
                    ariaLabel={t('variables.remove', { key: v.key })}
                    title={t('variables.remove', { key: v.key })}
                    confirm={t('remove')}
                    danger
                    act={() => api.removeVariable(path, v.key)}
                  >
                    {t('variables.removeAbout', { key: v.key })}
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
  const act = useAct(() => api.setVariable(path, form), { quiet: true, done: () => setForm(blank) });
  return (
    <Card title={t('variables.set')}>
      <form
        className="stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <TextInput
          label={t('variables.key')}
          required
          className="mono"
          value={form.key}
          onChange={e => setForm({ ...form, key: e.currentTarget.value })}
        />
        <TextInput
          label={t('variables.value')}
          autoComplete="off"
          value={form.value}
          onChange={e => setForm({ ...form, value: e.currentTarget.value })}
        />
        <Checkbox
          label={t('variables.masked')}
          description={t('variables.maskedAbout')}
          checked={form.masked}
          onChange={e => setForm({ ...form, masked: e.currentTarget.checked })}
        />
        <Checkbox
          label={t('variables.protectedLabel')}
          description={t('variables.protectedAbout')}
          checked={form.protected}
          onChange={e => setForm({ ...form, protected: e.currentTarget.checked })}
        />
        {act.error && <Problem error={act.error} />}
        <Button type="submit" loading={act.isPending}>
          {t('variables.set')}
        </Button>
      </form>
    </Card>
  );
}
