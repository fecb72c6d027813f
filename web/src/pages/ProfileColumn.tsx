// One column of a data profile: its shape at a glance.
import { useTranslation } from 'react-i18next';
import type { ProfiledColumn } from '../api/types';
import { humanise, number, percent } from '../format/format';

const levelsInSight = 5;

export function ColumnCard(props: {
  column: ProfiledColumn;
  rows: number;
  power?: number;
  target: boolean;
  outcome?: string;
}) {
  const { t } = useTranslation();
  const { column: c, rows } = props;
  const facts: string[] = [t(`kind.${c.kind}`), t('profile.distinct', { count: c.distinct })];
  if (c.missing > 0) facts.push(t('profile.absent', { share: percent(c.missing / rows, 1) }));
  return (
    <article className="card column" aria-label={c.name}>
      <header>
        <h3>
          <code>{c.name}</code>
          {props.target && <span className="chip accent">{t('profile.target')}</span>}
        </h3>
        <div className="muted small">{facts.join(' · ')}</div>
      </header>
      {c.numbers?.histogram && <Histogram of={c.numbers.histogram} />}
      {c.numbers && <Range of={c.numbers} plain={c.kind === 'time' || isYear(c)} />}
      {c.levels && <Levels column={c} rows={rows} outcome={props.outcome} />}
      {c.numbers?.histogram?.target?.some(m => m !== null) && (
        <div className="muted small means-key">{t('profile.meansOf', { outcome: props.outcome })}</div>
      )}
      {props.power !== undefined && (
        <div className="muted small end">{t('profile.power', { power: percent(props.power) })}</div>
      )}
    </article>
  );
}

const isYear = (c: ProfiledColumn) =>
  Boolean(c.numbers?.whole && /year|yr/i.test(c.name) && c.numbers.max <= 2200 && c.numbers.max >= 1500);

type Numbers = NonNullable<ProfiledColumn['numbers']>;

// Histogram draws the counts; long tails that were cut off are the bars apart.
function Histogram({ of }: { of: NonNullable<Numbers['histogram']> }) {
  const bars = [
    ...(of.below ? [{ count: of.below, tail: true }] : []),
    ...of.counts.map(count => ({ count, tail: false })),
    ...(of.above ? [{ count: of.above, tail: true }] : []),
  ];
  const most = Math.max(...bars.map(b => b.count), 1);
  const width = 100 / bars.length;
  return (
    <svg className="histogram" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">
      {bars.map((bar, i) => {
        const height = bar.count > 0 ? Math.max(1, (40 * bar.count) / most) : 0;
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            key={i}
            className={bar.tail ? 'tail' : undefined}
            x={i * width}
            y={40 - height}
            width={width * 0.9}
            height={height}
          />
        );
      })}
      <Means of={of} first={of.below ? 1 : 0} width={width} />
    </svg>
  );
}

// Means draws the outcome's mean in each bar with its interval, between the
// least and the greatest mean; an interval that leaves the picture is cut.
function Means({ of, first, width }: { of: NonNullable<Numbers['histogram']>; first: number; width: number }) {
  const dots = meanDots(of.target ?? [], of.half ?? []);
  if (dots.length < 2) return null;
  const x = (i: number) => (first + i + 0.45) * width;
  return (
    <g className="means">
      {dots.map(d => (
        <path key={d.i} className="interval" d={`M${x(d.i)} ${d.top}V${d.bottom}`} />
      ))}
      <polyline points={dots.map(d => `${x(d.i)},${d.y}`).join(' ')} />
    </g>
  );
}

// meanDots places means on a height of 40; exported for its test.
export function meanDots(means: (number | null)[], halves: (number | null)[]) {
  const known = means.filter(m => m !== null);
  const low = Math.min(...known);
  const high = Math.max(...known);
  if (!(high > low)) return [];
  const y = (v: number) => Math.min(40, Math.max(0, 3 + (34 * (high - v)) / (high - low)));
  return means.flatMap((m, i) => {
    if (m === null) return [];
    const half = halves[i] ?? 0;
    return [{ i, y: y(m), top: y(m + half), bottom: y(m - half) }];
  });
}

const meanText = (level: { text: string; target?: number; half?: number }, outcome?: string) =>
  `${level.text}: ${outcome} ${number(level.target ?? 0)}${level.half === undefined ? '' : ` ± ${number(level.half)}`}`;

function Range({ of, plain }: { of: Numbers; plain: boolean }) {
  const { t } = useTranslation();
  const show = (v: number) => number(v, { maximumSignificantDigits: plain ? 8 : 6, useGrouping: !plain });
  return (
    <div className="row between small range">
      <span>{show(of.min)}</span>
      <span className="muted">{t('profile.median', { value: show(of.quantiles.p50) })}</span>
      <span>{show(of.max)}</span>
    </div>
  );
}

function Levels({ column: c, rows, outcome }: { column: ProfiledColumn; rows: number; outcome?: string }) {
  const { t } = useTranslation();
  const shown = c.levels?.slice(0, levelsInSight) ?? [];
  const most = shown[0]?.count || 1;
  const rest = rows - c.missing - shown.reduce((sum, level) => sum + level.count, 0);
  return (
    <ul className="levels small">
      {shown.map(level => (
        <li key={level.text}>
          <span className="fill" style={{ width: `${(100 * level.count) / most}%` }} />
          <span className="name" title={level.target === undefined ? level.text : meanText(level, outcome)}>
            {humanise(level.text) || '–'}
          </span>
          <span className="muted">{percent(level.count / rows, level.count / rows < 0.1 ? 1 : 0)}</span>
        </li>
      ))}
      {rest > 0 && <li className="muted">{t('profile.others', { count: rest })}</li>}
    </ul>
  );
}
