// What a classifier told for rows of which class, how well it ranks them, and
// whether its probabilities come true.
import { useTranslation } from 'react-i18next';
import type { Calibration, Choice, ClassCurve, Confusion as Counts } from '../api/types';
import { number, percent } from '../format/format';
import { Card } from '../parts/Page';
import { Plot } from './Plot';
import { path } from './ticks';
import { sentence, share } from './words';

export function Confusion({ of }: { of: Counts }) {
  const { t } = useTranslation();
  return (
    <Card title={t('confusion.title')} flush>
      <div className="scroll-x" role="region" aria-label={t('confusion.title')} tabIndex={0}>
        <table className="table confusion">
          <thead>
            <tr>
              <th scope="col">{t('confusion.true')}</th>
              {of.classes.map(name => (
                <th key={name} scope="col" className="num">
                  <span className="muted">{t('confusion.told')} </span>
                  {name}
                </th>
              ))}
              <th scope="col" className="num">
                {t('confusion.precision')}
              </th>
              <th scope="col" className="num">
                {t('confusion.recall')}
              </th>
            </tr>
          </thead>
          <tbody>
            {of.classes.map((name, row) => {
              const counts = of.counts[row] ?? [];
              const all = counts.reduce((a, b) => a + b, 0) || 1;
              const figures = of.figures[row];
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {counts.map((n, column) => (
                    <td
                      key={of.classes[column]}
                      className={row === column ? 'num right' : 'num'}
                      style={{ '--weight': `${Math.round((36 * n) / all)}%` } as React.CSSProperties}
                    >
                      {number(n)}
                      <div className="small">{share(n / all)}</div>
                    </td>
                  ))}
                  <Shared of={figures?.precision} />
                  <Shared of={figures?.recall} />
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p className="muted small foot">
        {t('confusion.about')} {of.more ? t('confusion.more', { count: of.more }) : ''}
      </p>
    </Card>
  );
}

function Shared({ of }: { of?: { value: number; low: number; high: number } }) {
  const { t } = useTranslation();
  if (!of) return <td className="num">–</td>;
  return (
    <td className="num">
      {percent(of.value, 1)}
      <div className="muted small nowrap">{t('metric.range', { low: percent(of.low), high: percent(of.high) })}</div>
    </td>
  );
}

export interface Curves {
  roc?: ClassCurve[];
  precision?: ClassCurve[];
  calibration?: Calibration[];
}

export function ClassCurves({ roc = [], precision = [], calibration = [] }: Curves) {
  const { t } = useTranslation();
  if (roc.length + precision.length + calibration.length === 0) return null;
  return (
    <Card title={t('curves.title')}>
      <div className="charts">
        {roc.length > 0 && <Curve of={roc} name="roc" guess={() => [0, 1]} />}
        {precision.length > 0 && <Curve of={precision} name="precision" guess={curve => [curve.base, curve.base]} />}
        {calibration.map(one => (
          <Reliability key={one.class} of={one} />
        ))}
      </div>
    </Card>
  );
}

const whole: [number, number] = [0, 1];
const axis = (label: string) => ({ span: whole, label, format: (v: number) => percent(v) });

// Curve is a line per class, beside what guessing gives.
function Curve(props: { of: ClassCurve[]; name: 'roc' | 'precision'; guess: (of: ClassCurve) => [number, number] }) {
  const { of, name, guess } = props;
  const { t } = useTranslation();
  const title = t(`${name}.title`);
  return (
    <figure>
      <h3>{title}</h3>
      <Plot
        title={title}
        x={axis(t(`${name}.x`))}
        y={axis(t(`${name}.y`))}
        behind={{
          head: [t('roc.class'), t('roc.threshold'), t(`${name}.x`), t(`${name}.y`)],
          rows: of.flatMap(curve =>
            every(curve.points, 12).map(p => [curve.class, share(p.threshold), share(p.x), share(p.y)]),
          ),
        }}
      >
        {({ x, y }) => (
          <>
            {of.map(curve => {
              const [from, to] = guess(curve);
              return (
                <path
                  key={curve.class}
                  className="even"
                  d={path([
                    [x(0), y(from)],
                    [x(1), y(to)],
                  ])}
                />
              );
            })}
            {of.map((curve, i) => (
              <path key={curve.class} className={`line k${i % 6}`} d={path(curve.points.map(p => [x(p.x), y(p.y)]))} />
            ))}
          </>
        )}
      </Plot>
      <ul className="legend">
        {of.map((curve, i) => (
          <li key={curve.class}>
            <svg width="18" height="8" aria-hidden="true">
              <line className={`line k${i % 6}`} x1="0" x2="18" y1="4" y2="4" />
            </svg>
            {curve.class}: {t(`${name}.area`, { area: number(curve.area, { maximumFractionDigits: 3 }) })}
          </li>
        ))}
      </ul>
      <p className="muted small">{t(`${name}.about`)}</p>
    </figure>
  );
}

// Thresholds is what drawing the line elsewhere than at a half would do.
export function Thresholds({ of, positive }: { of: Choice[]; positive: string }) {
  const { t } = useTranslation();
  return (
    <Card title={t('thresholds.title')} flush>
      <div className="scroll-x" role="region" aria-label={t('thresholds.title')} tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col" className="num">
                {t('thresholds.from', { name: positive })}
              </th>
              {(['chosen', 'precision', 'recall', 'specificity', 'f1', 'missed', 'alarms'] as const).map(key => (
                <th key={key} scope="col" className="num">
                  {t(`thresholds.${key}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {of.map(choice => (
              <tr key={choice.threshold}>
                <th scope="row" className="num">
                  {share(choice.threshold)}
                </th>
                <td className="num">{share(choice.chosen)}</td>
                <td className="num">{share(choice.precision)}</td>
                <td className="num">{share(choice.recall)}</td>
                <td className="num">{share(choice.specificity)}</td>
                <td className="num">{number(choice.f1, { maximumFractionDigits: 3 })}</td>
                <td className="num">{number(choice.missed)}</td>
                <td className="num">{number(choice.alarms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="muted small foot">{t('thresholds.about', { name: positive })}</p>
    </Card>
  );
}

function Reliability({ of }: { of: Calibration }) {
  const { t } = useTranslation();
  const title = t('calibration.title', { name: of.class });
  return (
    <figure>
      <h3>{title}</h3>
      <Plot
        title={title}
        x={axis(t('calibration.x'))}
        y={axis(t('calibration.y'))}
        behind={{
          head: [t('calibration.x'), t('calibration.y'), t('metrics.interval'), t('chart.rows')],
          rows: of.bins.map(b => [
            share(b.predicted),
            share(b.observed),
            t('metric.range', { low: share(b.low), high: share(b.high) }),
            number(b.rows),
          ]),
        }}
      >
        {({ x, y }) => (
          <>
            <path
              className="even"
              d={path([
                [x(0), y(0)],
                [x(1), y(1)],
              ])}
            />
            <path className="line" d={path(of.bins.map(b => [x(b.predicted), y(b.observed)]))} />
            {of.bins.map(b => (
              <g key={b.from}>
                <line className="whisk" x1={x(b.predicted)} x2={x(b.predicted)} y1={y(b.low)} y2={y(b.high)} />
                <circle className="dot" cx={x(b.predicted)} cy={y(b.observed)} r="4">
                  <title>{`${share(b.predicted)} → ${share(b.observed)}`}</title>
                </circle>
              </g>
            ))}
          </>
        )}
      </Plot>
      <p className="small" lang="en">
        {sentence(of.sentence)}
      </p>
    </figure>
  );
}

// every takes at most so many of a list, the first and the last among them.
export function every<T>(list: T[], most: number): T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))] as T);
}
