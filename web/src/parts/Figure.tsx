// Numbers with their uncertainty.
import { useTranslation } from 'react-i18next';
import type { Metric } from '../api/types';
import { decimalsFor, humanise, number, percent, quantity } from '../format/format';

export const metricName = (name: string): string => names[name.toLowerCase()] ?? humanise(name);

const names: Record<string, string> = {
  rmse: 'RMSE',
  mae: 'MAE',
  median_ae: 'Median AE',
  r2: 'R²',
  mape: 'MAPE',
  rmsle: 'RMSLE',
  auc: 'AUC',
};

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
  low: number;
  high: number;
  from: number;
  to: number;
  chosen?: boolean;
  other?: { value: number; low: number; high: number }; // to compare with, drawn faintly
  mark?: number; // a limit, drawn as a line
}) {
  const x = (v: number) => `${props.to > props.from ? 2 + (96 * (v - props.from)) / (props.to - props.from) : 50}%`;
  return (
    <svg className={props.chosen ? 'whisker chosen' : 'whisker'} aria-hidden="true">
      {props.mark !== undefined && <line className="mark" x1={x(props.mark)} x2={x(props.mark)} y1="0" y2="18" />}
      {props.other && (
        <g className="other">
          <line x1={x(props.other.low)} x2={x(props.other.high)} y1="9" y2="9" />
          <circle cx={x(props.other.value)} cy="9" r="3.5" />
        </g>
      )}
      <line x1={x(props.low)} x2={x(props.high)} y1="9" y2="9" />
      <line x1={x(props.low)} x2={x(props.low)} y1="5" y2="13" />
      <line x1={x(props.high)} x2={x(props.high)} y1="5" y2="13" />
      <circle cx={x(props.value)} cy="9" r="4" />
    </svg>
  );
}
