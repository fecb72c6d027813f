// The rows that a version learnt from: what to beware of first, then a card for
// each column.
import { NativeSelect, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Profile, Warning } from '../api/types';
import { number } from '../format/format';
import { Loaded } from '../parts/Loaded';
import { Card, Page } from '../parts/Page';
import { useProjectPath, useQueryWords, useSetQuery, useWords } from '../parts/place';
import { ColumnCard } from './ProfileColumn';
import { Together } from './ProfileMatrix';
import { OverTime } from './ProfileTime';

export function ProfilePage() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { model = '', version = '' } = useWords();
  const n = Number(version.replace(/^v/, ''));
  const profile = useQuery(api.versionProfile(path, model, n));
  const crumbs = [
    { label: path, to: `/${path}` },
    { label: t('nav.models'), to: `/${path}/models` },
    { label: model, to: `/${path}/models/${model}` },
    { label: `v${n}`, to: `/${path}/models/${model}/${n}` },
  ];
  return (
    <Page title={t('profile.title')} name={`${t('profile.title')} · ${model} v${n}`} crumbs={crumbs}>
      <Loaded of={profile} rows={10}>
        {value => (
          <div className="stack">
            <p className="muted lead">{t('profile.about', { model, version: n })}</p>
            <Size of={value} />
            <Warnings of={value.warnings ?? []} />
            {value.drift && <OverTime of={value.drift} />}
            <Together of={value} />
            <Columns of={value} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Size({ of }: { of: Profile }) {
  const { t } = useTranslation();
  const figures: [string, string][] = [
    [t('profile.rows'), number(of.rows)],
    [t('profile.columns'), number(of.columns)],
    [t('profile.missing'), number(of.missing)],
    [t('profile.duplicates'), number(of.duplicates)],
  ];
  if (of.target) figures.push([t('profile.target'), of.target]);
  return (
    <dl className="figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const tones = { high: 'bad', medium: 'warn', low: 'quiet' } as const;
const inSight = 4; // places of a warning

// The sentences are the profile's own, which is part of the package: English.
function Warnings({ of }: { of: Warning[] }) {
  const { t } = useTranslation();
  return (
    <Card title={t('profile.warnings')} flush>
      {of.length === 0 && <div className="empty">{t('profile.noWarning')}</div>}
      {of.length > 0 && (
        <table className="table top" aria-label={t('profile.warnings')}>
          <tbody>
            {of.map(warning => {
              const more = warning.items.length - inSight + (warning.more ?? 0);
              return (
                <tr key={warning.kind + warning.severity}>
                  <td className={`nowrap small tone-${tones[warning.severity]}`}>
                    {t(`severity.${warning.severity}`)}
                  </td>
                  <td className="main-cell" lang="en">
                    <strong>{warning.title}</strong>
                    <div className="muted small">{warning.advice}</div>
                  </td>
                  <td className="small" lang="en" style={{ width: '50%' }}>
                    {warning.items.slice(0, inSight).map(item => (
                      <div key={item.column + item.text}>
                        {item.column && <code>{item.column}</code>} {item.text}
                      </div>
                    ))}
                    {more > 0 && <span className="muted">{t('profile.more', { count: more })}</span>}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Card>
  );
}

function Columns({ of }: { of: Profile }) {
  const { t } = useTranslation();
  const { q = '', order = of.relations?.length ? 'power' : 'file' } = useQueryWords();
  const setQuery = useSetQuery();
  const power = new Map(of.relations?.map(r => [r.column, r.power]));
  const rank = (name: string) => (name === of.target ? 2 : (power.get(name) ?? -1));
  const shown = of.variables.filter(v => v.name.toLowerCase().includes(q.trim().toLowerCase()));
  if (order === 'power') shown.sort((a, b) => rank(b.name) - rank(a.name));
  if (order === 'name') shown.sort((a, b) => a.name.localeCompare(b.name));
  const orders = [
    { value: 'power', label: t('profile.byPower') },
    { value: 'name', label: t('profile.byName') },
    { value: 'file', label: t('profile.asFile') },
  ];
  return (
    <section aria-label={t('profile.columns')} className="stack">
      <div className="row">
        <TextInput
          size="xs"
          className="grow"
          aria-label={t('profile.find')}
          placeholder={t('profile.find')}
          leftSection={<IconSearch size={14} />}
          value={q}
          onChange={e => setQuery({ q: e.currentTarget.value })}
        />
        <NativeSelect
          size="xs"
          aria-label={t('profile.order')}
          value={order}
          data={of.relations?.length ? orders : orders.slice(1)}
          onChange={e => setQuery({ order: e.currentTarget.value })}
        />
      </div>
      {shown.length === 0 && <div className="card empty">{t('list.noMatch', { filter: q })}</div>}
      <div className="tiles small-tiles">
        {shown.map(column => (
          <ColumnCard
            key={column.name}
            column={column}
            rows={of.rows}
            power={power.get(column.name)}
            target={column.name === of.target}
            outcome={of.outcome}
          />
        ))}
      </div>
    </section>
  );
}
