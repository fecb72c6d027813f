// The variables that jobs and services get: of a project or of a group.
import { Button, Checkbox, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/govern';
import type { Variable } from '../api/types';
import { Ask, useAct } from '../parts/act';
import { Go } from '../parts/Go';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Empty } from '../parts/Page';

const blank = {
  key: '',
  environment: '*',
  value: '',
  masked: true,
  hidden: false,
  protected: false,
  file: false,
  raw: false,
  description: '',
};
type Draft = typeof blank & { known?: boolean };

export function Variables({ at }: { at: string }) {
  const { t } = useTranslation();
  const variables = useQuery(api.variables(at));
  const [draft, setDraft] = useState<Draft>(blank);
  return (
    <div className="two">
      <Loaded of={variables}>
        {list => (
          <Listing
            label={t('settings.variables')}
            rows={list.items}
            id={v => `${v.inherited}/${v.environment}/${v.key}`}
            text={v => `${v.key} ${v.environment} ${v.description}`}
            empty={<Empty title={t('variables.empty')}>{t('variables.emptyNext')}</Empty>}
            columns={[
              {
                key: 'key',
                title: t('variables.key'),
                className: 'main-cell',
                sort: v => v.key,
                cell: v => (
                  <>
                    <code>{v.key}</code>
                    {v.description && <div className="muted small">{v.description}</div>}
                  </>
                ),
              },
              {
                key: 'value',
                title: t('variables.value'),
                className: 'main-cell',
                cell: v =>
                  v.inherited || v.hidden || v.value === '' ? (
                    <span className="muted">{t('variables.hidden')}</span>
                  ) : (
                    <code>{v.value}</code>
                  ),
              },
              {
                key: 'environment',
                title: t('environment'),
                className: 'hide-sm',
                sort: v => v.environment,
                cell: v => (v.environment === '*' ? t('variables.every') : <code>{v.environment}</code>),
              },
              { key: 'flags', title: '', className: 'hide-sm', cell: v => <Flags of={v} /> },
              {
                key: 'act',
                title: '',
                className: 'num',
                cell: v =>
                  v.inherited ? (
                    <Go to={`/groups/${v.inherited}`} search={{ tab: 'variables' }} className="muted small">
                      {t('members.inherited', { group: v.inherited })}
                    </Go>
                  ) : (
                    <span className="row nowrap nowrap-row">
                      <Button
                        variant="subtle"
                        aria-label={t('variables.change', { key: v.key })}
                        onClick={() => setDraft({ ...v, known: true })}
                      >
                        {t('change')}
                      </Button>
                      <Ask
                        label={t('remove')}
                        ariaLabel={t('variables.remove', { key: v.key })}
                        title={t('variables.remove', { key: v.key })}
                        confirm={t('remove')}
                        danger
                        act={() => api.removeVariable(at, v.key, v.environment)}
                      >
                        {t('variables.removeAbout', { key: v.key })}
                      </Ask>
                    </span>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      <Form at={at} draft={draft} setDraft={setDraft} />
    </div>
  );
}

function Flags({ of: v }: { of: Variable }) {
  const { t } = useTranslation();
  const shown = (['masked', 'hidden', 'protected', 'file', 'raw'] as const).filter(
    flag => v[flag] && !(flag === 'masked' && v.hidden),
  );
  return (
    <span className="row">
      {shown.map(flag => (
        <span key={flag} className="chip">
          {t(`variables.flag.${flag}`)}
        </span>
      ))}
    </span>
  );
}

function Form({ at, draft, setDraft }: { at: string; draft: Draft; setDraft: (draft: Draft) => void }) {
  const { t } = useTranslation();
  const act = useAct(
    () => {
      const { key, environment, known, value, ...flags } = draft;
      const kept = known && value === '';
      const { masked, hidden, protected: guarded, file, raw, description } = flags;
      const body = { masked: masked || hidden, hidden, protected: guarded, file, raw, description };
      return api.setVariable(at, key, environment || '*', kept ? body : { ...body, value });
    },
    { quiet: true, done: () => setDraft(blank) },
  );
  const check = (flag: 'masked' | 'hidden' | 'protected' | 'file' | 'raw') => (
    <Checkbox
      key={flag}
      label={t(`variables.flag.${flag}`)}
      description={t(`variables.about.${flag}`)}
      checked={draft[flag]}
      onChange={e => setDraft({ ...draft, [flag]: e.currentTarget.checked })}
    />
  );
  return (
    <Card title={draft.known ? t('variables.change', { key: draft.key }) : t('variables.set')}>
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
          readOnly={draft.known}
          value={draft.key}
          onChange={e => setDraft({ ...draft, key: e.currentTarget.value })}
        />
        <Textarea
          label={t('variables.value')}
          description={draft.known ? t('variables.keeps') : undefined}
          autoComplete="off"
          autosize
          minRows={1}
          maxRows={8}
          value={draft.value}
          onChange={e => setDraft({ ...draft, value: e.currentTarget.value })}
        />
        <TextInput
          label={t('environment')}
          description={t('variables.environmentAbout')}
          readOnly={draft.known}
          value={draft.environment}
          onChange={e => setDraft({ ...draft, environment: e.currentTarget.value })}
        />
        <TextInput
          label={t('description')}
          value={draft.description}
          onChange={e => setDraft({ ...draft, description: e.currentTarget.value })}
        />
        {(['masked', 'hidden', 'protected', 'file', 'raw'] as const).map(check)}
        {act.error && <Problem error={act.error} />}
        <div className="row">
          <Button type="submit" loading={act.isPending}>
            {draft.known ? t('save') : t('variables.set')}
          </Button>
          {draft.known && (
            <Button variant="default" onClick={() => setDraft(blank)}>
              {t('cancel')}
            </Button>
          )}
        </div>
      </form>
    </Card>
  );
}
