// Numbers with their uncertainty.
import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Metric } from '../api/types';
import { decimalsFor, humanise, number, percent, quantity } from '../format/format';

// metricName says a metric in the person's language. Some carry a number in
// their name: pinball_0.9, tweedie_1.5, top_3. One of another system is made readable.
export function metricName(name: string): string {
  const known = `measure.${name.toLowerCase()}`;
  if (i18next.exists(known)) return i18next.t(known as 'measure.rmse');
  const [, kind, figure] = /^(pinball|tweedie|top)_([\d.]+)$/.exec(name) ?? [];
  if (kind) return i18next.t(`measures.${kind as 'top'}`, { number: number(Number(figure)) });
  return humanise(name);
}

// MetricValue is "27,310 USD (25,900 to 28,800)": value, unit, interval.
// A figure that came without an interval is told without.
export function MetricValue({ metric: m }: { metric: Metric }) {
  const { t } = useTranslation();
  const decimals = decimalsFor(m.value, m.low, m.high);
  if (m.n === 0 && m.low === m.high) return <strong>{quantity(m.value, m.unit, decimals)}</strong>;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return (
    <span title={t('metric.about', { level: percent(m.level), n: number(m.n) })}>
      <strong>{quantity(m.value, m.unit, decimals)}</strong>{' '}
      <span className="muted nowrap">
        {t('metric.range', { low: number(m.low, digits), high: number(m.high, digits) })}
      </span>
    </span>
  );
}

// Whisker draws a value and its interval on a scale that its neighbours share.
export function Whisker(props: {
  value: number;
  low?: number; // without both ends there is the value alone
  high?: number;
  from: number;
  to: number;
  chosen?: boolean;
  tone?: 'good' | 'bad' | 'quiet';
  other?: { value: number; low: number; high: number }; // to compare with, drawn faintly
  mark?: number; // a limit, drawn as a line
}) {
  const x = (v: number) => `${props.to > props.from ? 2 + (96 * (v - props.from)) / (props.to - props.from) : 50}%`;
  return (
    <svg className={`whisker ${props.chosen ? 'chosen' : (props.tone ?? '')}`} aria-hidden="true">
      {props.mark !== undefined && <line className="mark" x1={x(props.mark)} x2={x(props.mark)} y1="0" y2="18" />}
      {props.other && (
        <g className="other">
          <line x1={x(props.other.low)} x2={x(props.other.high)} y1="9" y2="9" />
          <circle cx={x(props.other.value)} cy="9" r="3.5" />
        </g>
      )}
      {props.low !== undefined && props.high !== undefined && (
        <>
          <line x1={x(props.low)} x2={x(props.high)} y1="9" y2="9" />
          <line x1={x(props.low)} x2={x(props.low)} y1="5" y2="13" />
          <line x1={x(props.high)} x2={x(props.high)} y1="5" y2="13" />
        </>
      )}
      <circle cx={x(props.value)} cy="9" r="4" />
    </svg>
  );
}
