// Numbers with their uncertainty.
import { useTranslation } from 'react-i18next';
import type { Metric } from '../api/types';
import { decimalsFor, number, percent, quantity } from '../format/format';

export const metricName = (name: string): string =>
  ({ rmse: 'RMSE', mae: 'MAE', r2: 'R²', mape: 'MAPE', auc: 'AUC' })[name.toLowerCase()] ?? name;

// MetricValue is "27,310 USD (25,900 to 28,800)": value, unit, interval.
export function MetricValue({ metric: m }: { metric: Metric }) {
  const { t } = useTranslation();
  const decimals = decimalsFor(m.value, m.low, m.high);
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
}) {
  const x = (v: number) => `${props.to > props.from ? 2 + (96 * (v - props.from)) / (props.to - props.from) : 50}%`;
  return (
    <svg className={props.chosen ? 'whisker chosen' : 'whisker'} aria-hidden="true">
      <line x1={x(props.low)} x2={x(props.high)} y1="9" y2="9" />
      <line x1={x(props.low)} x2={x(props.low)} y1="5" y2="13" />
      <line x1={x(props.high)} x2={x(props.high)} y1="5" y2="13" />
      <circle cx={x(props.value)} cy="9" r="4" />
    </svg>
  );
}
