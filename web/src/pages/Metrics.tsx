// The figures of a model, each with its interval, beside what always answering
// the same would reach on the same rows.
import { useTranslation } from 'react-i18next';
import type { Metric } from '../api/types';
import { decimalsFor, quantity } from '../format/format';
import { MetricValue, metricName, Whisker } from '../parts/Figure';
import { Card } from '../parts/Page';

export function Metrics(props: { metrics: Metric[]; baseline?: Metric[] | null; notes: string[] }) {
  const { t } = useTranslation();
  const { metrics } = props;
  const baseline = props.baseline ?? [];
  return (
    <Card title={t('metrics.title')} flush>
      {metrics.length === 0 ? (
        <div className="empty">{t('metrics.none')}</div>
      ) : (
        <table className="table wrap" aria-label={t('metrics.title')}>
          {baseline.length > 0 && (
            <thead>
              <tr>
                <td />
                <th scope="col">{t('metrics.value')}</th>
                <th scope="col" className="hide-sm">
                  {t('metrics.interval')}
                </th>
                <th scope="col" className="num">
                  {t('metrics.baseline')}
                </th>
              </tr>
            </thead>
          )}
          <tbody>
            {metrics.map(m => (
              <Line
                key={m.name}
                metric={m}
                base={baseline.find(b => b.name === m.name)}
                compared={baseline.length > 0}
              />
            ))}
          </tbody>
        </table>
      )}
      {props.notes.length > 0 && <p className="muted small foot">{props.notes.join(' ')}</p>}
    </Card>
  );
}

function Line({ metric: m, base, compared }: { metric: Metric; base?: Metric; compared: boolean }) {
  // One scale for both shows how far the model is from guessing.
  const from = base ? Math.min(m.low, base.low) : m.low;
  const to = base ? Math.max(m.high, base.high) : m.high;
  return (
    <tr>
      <th scope="row">{metricName(m.name)}</th>
      <td>
        <MetricValue metric={m} />
      </td>
      <td className="hide-sm" style={{ width: '32%' }}>
        <Whisker {...m} from={from} to={to} chosen other={base} />
      </td>
      {compared && (
        <td className="num muted">
          {base ? quantity(base.value, base.unit, Math.min(decimals(base), decimals(m))) : '–'}
        </td>
      )}
    </tr>
  );
}

// A guess may be certain to the last decimal: it is told no finer than the model's figure.
const decimals = (m: Metric): number => decimalsFor(m.value, m.low, m.high);
