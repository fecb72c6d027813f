// One column of a data profile: its shape at a glance.
import { useTranslation } from 'react-i18next';
import type { ProfiledColumn } from '../api/types';
import { humanise, number, percent } from '../format/format';

const levelsInSight = 5;

export function ColumnCard(props: { column: ProfiledColumn; rows: number; power?: number; target: boolean }) {
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
      {c.levels && <Levels column={c} rows={rows} />}
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
    </svg>
  );
}

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

function Levels({ column: c, rows }: { column: ProfiledColumn; rows: number }) {
  const { t } = useTranslation();
  const shown = c.levels?.slice(0, levelsInSight) ?? [];
  const most = shown[0]?.count || 1;
  const rest = rows - c.missing - shown.reduce((sum, level) => sum + level.count, 0);
  return (
    <ul className="levels small">
      {shown.map(level => (
        <li key={level.text}>
          <span className="fill" style={{ width: `${(100 * level.count) / most}%` }} />
          <span className="name" title={level.text}>
            {humanise(level.text) || '–'}
          </span>
          <span className="muted">{percent(level.count / rows, level.count / rows < 0.1 ? 1 : 0)}</span>
        </li>
      ))}
      {rest > 0 && <li className="muted">{t('profile.others', { count: rest })}</li>}
    </ul>
  );
}
