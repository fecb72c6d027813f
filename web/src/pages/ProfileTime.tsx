// How the columns of a data profile went over time: early rows against late ones.
import { useTranslation } from 'react-i18next';
import type { ProfiledDrift } from '../api/types';
import { date, number, percent } from '../format/format';
import { Card } from '../parts/Page';

type Shift = ProfiledDrift['shifts'][number];

export const drifts = (s: Shift) => s.verdict === 'changed' || s.verdict === 'changed much';

export function OverTime({ of }: { of: ProfiledDrift }) {
  const { t } = useTranslation();
  const moved = of.shifts.filter(drifts);
  const rest = of.shifts.length - moved.length + (of.more ?? 0);
  const at = (v: number) =>
    of.kind === 'time' ? date(new Date(v * 1000).toISOString()) : number(v, { useGrouping: false });
  return (
    <Card title={t('profile.time')}>
      <p className="muted small">
        {t('profile.timeAbout', { column: of.column, early: at(of.early), late: at(of.late) })}
      </p>
      {moved.length === 0 && <div className="empty">{t('profile.noDrift')}</div>}
      {moved.length > 0 && (
        <div className="scroll-x">
          <table className="table top">
            <thead>
              <tr>
                <th>{t('profile.column')}</th>
                <th>{t('profile.course')}</th>
                <th className="end">{t('profile.drifting')}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {moved.map(s => (
                <Row key={s.column} of={s} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rest > 0 && <p className="muted small">{t('profile.steady', { count: rest })}</p>}
    </Card>
  );
}

function Row({ of }: { of: Shift }) {
  const { t } = useTranslation();
  const much = of.verdict === 'changed much';
  const digits = (share: number) => percent(share, share < 0.1 ? 1 : 0);
  return (
    <tr>
      <td>
        <code>{of.column}</code>
      </td>
      <td>
        <Course points={of.points} />
      </td>
      <td className="end nowrap">
        {digits(of.effect)}
        <div className="muted small">{t('profile.interval', { low: digits(of.low), high: digits(of.high) })}</div>
      </td>
      <td className="main-cell small">
        <span className={`tone-${much ? 'bad' : 'warn'}`}>{t(much ? 'verdict.much' : 'verdict.changed')}</span>{' '}
        <span className="muted">
          <span lang="en">{of.words?.join('; ')}</span>
          {of.level !== undefined && ` · ${t('profile.shareOf', { level: of.level })}`}
        </span>
      </td>
    </tr>
  );
}

// Course draws the means between their least and greatest; the early and the
// late third are shaded.
function Course({ points }: { points: (number | null)[] }) {
  const line = course(points);
  if (line === '') return null;
  return (
    <svg className="spark" viewBox="0 0 120 28" preserveAspectRatio="none" aria-hidden="true">
      <rect x={0} y={0} width={40} height={28} />
      <rect x={80} y={0} width={40} height={28} />
      <polyline points={line} />
    </svg>
  );
}

// course places the means on 120 by 28; '' when there are not two.
export function course(points: (number | null)[]): string {
  const known = points.filter(p => p !== null);
  if (known.length < 2) return '';
  const low = Math.min(...known);
  const high = Math.max(...known);
  const y = (v: number) => (high > low ? 3 + (22 * (high - v)) / (high - low) : 14);
  return points
    .flatMap((p, i) => (p === null ? [] : [`${((i + 0.5) * 120) / points.length},${Math.round(10 * y(p)) / 10}`]))
    .join(' ');
}
