// What predictions rest on: what each input does to single predictions, what
// the model would miss without it, and how the answer follows it.
import { useTranslation } from 'react-i18next';
import type { DependenceCurve, Effect, EffectBin, Effects as Overview, Permutation } from '../api/types';
import { humanise, number, percent } from '../format/format';
import { metricName, Whisker } from '../parts/Figure';
import { Card } from '../parts/Page';
import { Sentences } from './Errors';
import { Figures, Plot, useWidth } from './Plot';
import { area, around, path, type Span, scale } from './ticks';
import { compact, effect, effectTicks, figure, ofTarget, round, sentence, share } from './words';

type Label = (input: string) => string;

// Effects draws a strip per input: between which contributions nine of ten rows
// lie, for each range of the input's values from low to high.
export function Effects({ of, label }: { of: Overview; label: Label }) {
  const { t } = useTranslation();
  const shaped = of.inputs.filter(e => (e.shape?.length ?? 0) > 0);
  if (shaped.length === 0) return null;
  const bins = shaped.flatMap(e => e.shape ?? []);
  const span = around([0, ...bins.flatMap(b => [b.quantiles[0] ?? b.mean, b.quantiles[4] ?? b.mean])]);
  return (
    <Card title={t('effects.title')}>
      <ul className="strips">
        {shaped.map(e => (
          <li key={e.input}>
            <div>
              <strong>{e.label || label(e.input)}</strong> {e.class && <span className="chip">{e.class}</span>}
              {e.sentence && (
                <div className="muted small" lang="en">
                  {sentence(e.sentence)}
                </div>
              )}
            </div>
            <Strip of={e} span={span} scaleOf={of.scale} />
          </li>
        ))}
        <li aria-hidden="true">
          <div className="muted small">{t('effects.axis')}</div>
          <Ruler span={span} of={of.scale} />
        </li>
      </ul>
      <p className="muted small lead">
        {t(`scale.${of.scale}`)} {t('effects.about', { n: number(of.rows) })} {of.by && t(`effects.${of.by}`)}
      </p>
      <Figures
        title={t('effects.title')}
        of={{
          head: [t('signature.input'), t('effects.values'), t('chart.rows'), t('effects.mean'), t('effects.nine')],
          rows: shaped.flatMap(e =>
            (e.shape ?? []).map(b => [
              e.label || label(e.input),
              binName(b, t('effects.missing')),
              number(b.rows),
              effect(of.scale, b.mean),
              `${effect(of.scale, b.quantiles[0] ?? b.mean)} – ${effect(of.scale, b.quantiles[4] ?? b.mean)}`,
            ]),
          ),
        }}
      />
    </Card>
  );
}

function Strip({ of, span, scaleOf }: { of: Effect; span: Span; scaleOf: Overview['scale'] }) {
  const { t } = useTranslation();
  const [box, width] = useWidth(320);
  const x = scale(span, 4, width - 4);
  const shape = of.shape ?? [];
  const each = 34 / shape.length;
  return (
    <div ref={box} className="strip">
      <svg width={width} height="38" aria-hidden="true">
        <line className="even" x1={x(0)} x2={x(0)} y1="0" y2="38" />
        {shape.map((bin, i) => {
          const [low, high] = [x(bin.quantiles[0] ?? bin.mean), x(bin.quantiles[4] ?? bin.mean)];
          return (
            <rect
              key={`${bin.from} ${bin.level} ${bin.missing}`}
              x={Math.min(low, high - 2)}
              width={Math.max(2, high - low)}
              y={2 + each * i}
              height={Math.max(1, each * 0.85)}
              rx="1"
              style={{ fill: shade(shape, i) }}
            >
              <title>{`${binName(bin, t('effects.missing'))}: ${effect(scaleOf, bin.mean)}`}</title>
            </rect>
          );
        })}
      </svg>
    </div>
  );
}

// shade goes from the colour of low values to that of high ones; levels and
// missing values have no order.
function shade(shape: EffectBin[], i: number): string {
  const bin = shape[i];
  const ordered = shape.filter(b => b.level === undefined && !b.missing);
  if (!bin || bin.level !== undefined || bin.missing || ordered.length < 2) return 'var(--line-strong)';
  const part = Math.round((100 * ordered.indexOf(bin)) / (ordered.length - 1));
  return `color-mix(in oklab, var(--chart-high) ${part}%, var(--chart-low))`;
}

function binName(bin: EffectBin, missing: string): string {
  if (bin.missing) return missing;
  if (bin.level !== undefined) return humanise(bin.level);
  return bin.from === bin.to ? round(bin.from) : `${round(bin.from)} – ${round(bin.to)}`;
}

function Ruler({ span, of }: { span: Span; of: Overview['scale'] }) {
  const [box, width] = useWidth(320);
  const x = scale(span, 4, width - 4);
  return (
    <div ref={box} className="strip">
      <svg width={width} height="16" aria-hidden="true">
        {effectTicks(of, span, Math.max(2, Math.floor(width / 70))).map(v => (
          <text key={v} x={Math.max(14, Math.min(width - 14, x(v)))} y="12" textAnchor="middle">
            {effect(of, v)}
          </text>
        ))}
      </svg>
    </div>
  );
}

const inSight = 10;

export function Missed({ of, unit, label }: { of: Permutation; unit?: string; label: Label }) {
  const { t } = useTranslation();
  const shown = of.columns.slice(0, inSight);
  if (shown.length === 0) return null;
  const from = Math.min(0, ...shown.map(c => c.low));
  const to = Math.max(...shown.map(c => c.high));
  const name = metricName(of.metric);
  return (
    <Card title={t('missed.title')} flush>
      <table className="table missed" aria-label={t('missed.title')}>
        <tbody>
          {shown.map(c => {
            const [value, low, high] = figure({ value: c.rise, low: c.low, high: c.high }, unit);
            return (
              <tr key={c.columns.join(' ')}>
                <td title={c.columns.join(', ')}>{c.columns.map(label).join(', ')}</td>
                <td style={{ width: '36%' }}>
                  <Whisker value={c.rise} low={c.low} high={c.high} from={from} to={to} chosen={c.needed} mark={0} />
                </td>
                <td className={c.needed ? 'num' : 'num muted'}>
                  {value}
                  <div className="muted small nowrap">{t('metric.range', { low, high })}</div>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <div className="foot small">
        <p className="muted lead">
          {t('missed.about', { metric: name, n: number(of.rows), level: percent(of.level) })}
        </p>
        <Sentences of={of.sentences} />
      </div>
    </Card>
  );
}

// Dependence is the mean answer if all rows had one value of an input. The
// charts share their scale: what moves the answer little looks flat.
export function Dependence(props: { curves: DependenceCurve[]; rows: number; unit?: string; label: Label }) {
  const { t } = useTranslation();
  const { curves } = props;
  if (curves.length === 0) return null;
  const span = around(curves.flatMap(c => c.points.flatMap(p => [p.low, p.high])));
  return (
    <Card title={t('dependence.title')}>
      <div className="charts small">
        {curves.map(c => (
          <Curve key={c.input + c.class} of={c} span={span} unit={props.unit} label={props.label} />
        ))}
      </div>
      <p className="muted small lead">{t('dependence.about', { n: number(props.rows) })}</p>
    </Card>
  );
}

function Curve({ of: c, span, unit, label }: { of: DependenceCurve; span: Span; unit?: string; label: Label }) {
  const { t } = useTranslation();
  const name = label(c.input);
  const title = c.class ? t('dependence.ofClass', { name, of: c.class }) : name;
  const show = c.class ? share : ofTarget(unit);
  const behind = {
    head: [name, t(c.class ? 'dependence.chance' : 'dependence.answer'), t('metrics.interval'), t('chart.rows')],
    rows: c.points.map(p => [
      p.level === undefined ? round(p.value) : humanise(p.level),
      show(p.mean),
      t('metric.range', { low: show(p.low), high: show(p.high) }),
      share(p.share),
    ]),
  };
  if (c.points.some(p => p.level !== undefined)) return <Levels of={c} span={span} title={title} show={show} />;
  const values = c.points.map(p => p.value);
  const year = values.every(v => v >= 1500 && v <= 2200);
  const most = Math.max(...c.points.map(p => p.share));
  return (
    <figure>
      <h3 title={c.input}>{title}</h3>
      <Plot
        title={title}
        height={160}
        x={{
          span: around(values),
          label: '',
          format: year ? v => number(v, { useGrouping: false, maximumFractionDigits: 0 }) : compact,
        }}
        y={{ span, label: '', format: show, most: 4 }}
        behind={behind}
      >
        {({ x, y, bottom }) => (
          <>
            {c.points.map(p => (
              <line
                key={p.value}
                className="rug"
                x1={x(p.value)}
                x2={x(p.value)}
                y1={bottom}
                y2={bottom - (26 * p.share) / most}
              />
            ))}
            <path
              className="band"
              d={area(
                values.map(x),
                c.points.map(p => y(p.low)),
                c.points.map(p => y(p.high)),
              )}
            />
            <path className="line" d={path(c.points.map(p => [x(p.value), y(p.mean)]))} />
          </>
        )}
      </Plot>
    </figure>
  );
}

const levelsInSight = 8; // the most frequent

function Levels({
  of: c,
  span,
  title,
  show,
}: {
  of: DependenceCurve;
  span: Span;
  title: string;
  show: (v: number) => string;
}) {
  const { t } = useTranslation();
  const shown = [...c.points].sort((a, b) => b.share - a.share).slice(0, levelsInSight);
  const rest = c.points.length - shown.length;
  shown.sort((a, b) => b.mean - a.mean);
  return (
    <figure>
      <h3 title={c.input}>{title}</h3>
      <table className="table levels-table" aria-label={title}>
        <tbody>
          {shown.map(p => (
            <tr key={p.level}>
              <td>{humanise(p.level || t('effects.missing'))}</td>
              <td style={{ width: '44%' }}>
                <Whisker value={p.mean} low={p.low} high={p.high} from={span[0]} to={span[1]} chosen />
              </td>
              <td className="num">{show(p.mean)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rest > 0 && <p className="muted small">{t('dependence.levels', { count: rest })}</p>}
    </figure>
  );
}
