// Protected branches, and the gate before each: who pushes, who merges, and
// what a merge request needs first.
import { Button, Checkbox, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { ProtectedBranch } from '../api/types';
import { MergeSettings } from '../merge/MergeSettings';
import { Ask, useAct } from '../parts/act';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Empty } from '../parts/Page';
import { useProjectPath } from '../parts/place';

const who = ['none', 'developer', 'maintainer'] as const;
const needs = ['require_pipeline', 'require_resolved', 'require_owners'] as const;
const blank: ProtectedBranch = {
  pattern: '',
  push_role: 'none',
  merge_role: 'maintainer',
  approvals: 1,
  approval_role: 'maintainer',
  require_pipeline: true,
  require_resolved: true,
  require_owners: false,
};

// gated is true of a branch that only a merge request reaches.
export const gated = (b: ProtectedBranch): boolean => b.approvals > 0 || needs.some(need => b[need]);

export function ProtectedBranches() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const list = useQuery(api.protectedBranches(path));
  const project = useQuery(api.project(path));
  const [edited, setEdited] = useState<ProtectedBranch>();
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
                cell: b => (
                  <>
                    <code>{b.pattern}</code>
                    <Needs of={b} />
                  </>
                ),
              },
              { key: 'push', title: t('protect.push'), className: 'hide-sm', cell: b => role(b.push_role) },
              { key: 'merge', title: t('protect.merge'), cell: b => role(b.merge_role) },
              {
                key: 'act',
                title: '',
                className: 'num',
                cell: b => (
                  <span className="row end nowrap-row">
                    <Button
                      variant="default"
                      aria-label={t('protect.edit', { pattern: b.pattern })}
                      onClick={() => setEdited(b)}
                    >
                      {t('mr.edit')}
                    </Button>
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
                  </span>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      <div className="stack">
        <Rule key={edited?.pattern ?? ''} edited={edited} done={() => setEdited(undefined)} />
        <Loaded of={project}>{value => <MergeSettings project={value} />}</Loaded>
      </div>
    </div>
  );
}

// Needs says what a merge request into the branch needs, in words.
function Needs({ of: b }: { of: ProtectedBranch }) {
  const { t } = useTranslation();
  const words: string[] = needs.filter(need => b[need]).map(need => t(`protect.needs.${need}`));
  if (b.approvals > 0) {
    words.unshift(t('protect.approvalsOf', { count: b.approvals, role: t(`role.${b.approval_role as 'developer'}`) }));
  }
  return words.length > 0 && <div className="small muted">{words.join(' · ')}</div>;
}

function Rule({ edited, done }: { edited?: ProtectedBranch; done: () => void }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const [form, setForm] = useState(edited ?? blank);
  const gate = gated(form);
  const act = useAct(() => api.protectBranch(path, { ...form, push_role: gate ? 'none' : form.push_role }), {
    quiet: true,
    done: () => {
      setForm(blank);
      done();
    },
  });
  const data = who.map(value => ({ value, label: t(`protect.${value}`) }));
  const title = edited ? t('protect.edit', { pattern: edited.pattern }) : t('protect.add');
  return (
    <Card title={title}>
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
          readOnly={edited !== undefined}
          value={form.pattern}
          onChange={e => setForm({ ...form, pattern: e.currentTarget.value })}
        />
        <NativeSelect
          label={t('protect.merge')}
          data={data}
          value={form.merge_role}
          onChange={e => setForm({ ...form, merge_role: e.currentTarget.value })}
        />
        <fieldset className="stack tight plain">
          <legend>{t('protect.gate')}</legend>
          <div className="row top">
            <NumberInput
              label={t('protect.approvals')}
              w={110}
              min={0}
              max={20}
              allowDecimal={false}
              clampBehavior="strict"
              stepHoldDelay={400}
              stepHoldInterval={120}
              value={form.approvals}
              onChange={value => setForm({ ...form, approvals: Number(value) || 0 })}
            />
            <NativeSelect
              label={t('protect.approvalRole')}
              className="grow"
              disabled={form.approvals === 0}
              data={who.slice(1).map(value => ({ value, label: t(`protect.${value}`) }))}
              value={form.approval_role}
              onChange={e => setForm({ ...form, approval_role: e.currentTarget.value })}
            />
          </div>
          {needs.map(need => (
            <Checkbox
              key={need}
              label={t(`protect.${need}`)}
              checked={form[need]}
              onChange={e => setForm({ ...form, [need]: e.currentTarget.checked })}
            />
          ))}
        </fieldset>
        <NativeSelect
          label={t('protect.push')}
          description={gate ? t('protect.gated') : undefined}
          disabled={gate}
          data={data}
          value={gate ? 'none' : form.push_role}
          onChange={e => setForm({ ...form, push_role: e.currentTarget.value })}
        />
        {act.error && <Problem error={act.error} />}
        <div className="row">
          <Button type="submit" loading={act.isPending}>
            {edited ? t('save') : t('protect.add')}
          </Button>
          {edited && (
            <Button variant="default" onClick={done}>
              {t('cancel')}
            </Button>
          )}
        </div>
      </form>
    </Card>
  );
}
