// The evidence of training, most decisive first: gates, what was tried, where
// predictions miss, what they rest on, what to beware of.
import { useTranslation } from 'react-i18next';
import type { Report as Evidence, Gate, Metric } from '../api/types';
import { decimalsFor, humanise, number, percent, quantity } from '../format/format';
import { metricName, Whisker } from '../parts/Figure';
import { Card } from '../parts/Page';
import { Status } from '../parts/Status';
import { Leaderboard } from './Leaderboard';

export function Report({ report }: { report: Evidence }) {
  const { t } = useTranslation();
  const { search } = report;
  const candidates = report.candidates ?? [];
  const unit = report.metrics.find(m => m.name === search.metric)?.unit;
  return (
    <>
      {(report.gates?.length ?? 0) > 0 && <Gates gates={report.gates ?? []} metrics={report.metrics} />}
      {(report.warnings?.length ?? 0) > 0 && (
        <Card title={t('report.warnings')}>
          <ul className="plain-list" lang="en">
            {report.warnings?.map(text => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </Card>
      )}
      {candidates.length > 0 && (
        <Card title={t('report.leaderboard')} flush>
          <Leaderboard candidates={candidates} metric={search.metric} unit={unit} />
          <p className="muted small foot">{t('report.folds', { count: search.folds })}</p>
        </Card>
      )}
      {(report.residuals?.length ?? 0) > 0 && <Residuals report={report} />}
      {(report.importance?.length ?? 0) > 0 && <Weights of={report.importance ?? []} />}
    </>
  );
}

const verdicts = { pass: 'passed', fail: 'failed', 'not enough evidence': 'undecided' } as const;

function Gates({ gates, metrics }: { gates: Gate[]; metrics: Metric[] }) {
  const { t } = useTranslation();
  return (
    <Card title={t('report.gates')} flush>
      <table className="table" aria-label={t('report.gates')}>
        <tbody>
          {gates.map(gate => {
            const unit = metrics.find(m => m.name === gate.metric)?.unit;
            const show = (v: number) => gateFigure(gate, v, unit);
            const limit = gate.min ?? gate.max ?? gate.value;
            return (
              <tr key={`${gate.metric} ${gate.min} ${gate.max}`}>
                <td>
                  <Status of={verdicts[gate.verdict] ?? 'undecided'} />
                </td>
                <td className="main-cell">
                  {gate.metric === 'coverage' ? t('report.coverage') : metricName(gate.metric)}{' '}
                  <span className="muted nowrap">
                    {gate.min !== undefined && t('report.atLeast', { limit: limitText(gate, gate.min, unit) })}{' '}
                    {gate.max !== undefined && t('report.atMost', { limit: limitText(gate, gate.max, unit) })}
                  </span>
                </td>
                <td className="num">
                  <strong>{show(gate.value)}</strong>{' '}
                  <span className="muted nowrap">
                    {t('metric.range', { low: show(gate.low), high: show(gate.high) })}
                  </span>
                </td>
                <td className="hide-sm" style={{ width: '26%' }}>
                  <Whisker
                    {...gate}
                    from={Math.min(gate.low, limit)}
                    to={Math.max(gate.high, limit)}
                    chosen
                    mark={limit}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

function gateFigure(gate: Gate, value: number, unit?: string): string {
  if (gate.metric === 'coverage') return percent(value, 1);
  return quantity(value, unit, decimalsFor(gate.value, gate.low, gate.high));
}

// A limit is shown as it was written.
function limitText(gate: Gate, limit: number, unit?: string): string {
  if (gate.metric === 'coverage') return number(limit, { style: 'percent', maximumFractionDigits: 2 });
  const decimals = String(limit).split('.')[1]?.length ?? 0;
  return quantity(limit, unit, Math.min(decimals, 6));
}

// Residuals draws how far the truth lay from the prediction: half of the cases,
// nine of ten, and all.
function Residuals({ report }: { report: Evidence }) {
  const { t } = useTranslation();
  const at = (share: number) => report.residuals?.find(q => Math.abs(q.share - share) < 1e-9)?.value;
  const unit = report.target.unit;
  const spans = [
    { key: 'half', low: at(0.25), high: at(0.75) },
    { key: 'nine', low: at(0.05), high: at(0.95) },
    { key: 'all', low: at(0), high: at(1) },
  ] as const;
  const [low, high] = [at(0.05) ?? 0, at(0.95) ?? 0];
  const reach = Math.max(-low, high) * 1.05 || 1;
  const x = (v: number) => `${50 + (50 * Math.max(-reach, Math.min(reach, v))) / reach}%`;
  const width = (from: number, to: number) => `${(50 * (to - from)) / reach}%`;
  const decimals = decimalsFor(high, low, high);
  const show = (v: number) => quantity(Math.abs(v), unit, decimals);
  return (
    <Card title={t('report.residuals')} flush>
      <table className="table wrap" aria-label={t('report.residuals')}>
        <thead>
          <tr>
            <td />
            <th scope="col" className="num">
              {t('report.below')}
            </th>
            <td className="hide-sm" />
            <th scope="col">{t('report.above')}</th>
          </tr>
        </thead>
        <tbody>
          {spans.map(
            span =>
              span.low !== undefined &&
              span.high !== undefined && (
                <tr key={span.key}>
                  <th scope="row">{t(`residual.${span.key}`)}</th>
                  <td className="num">{show(Math.min(0, span.low))}</td>
                  <td className="hide-sm" style={{ width: '44%' }}>
                    <svg className="span" aria-hidden="true">
                      <line x1="50%" x2="50%" y1="0" y2="18" />
                      <rect
                        x={x(span.low)}
                        width={width(Math.max(-reach, span.low), Math.min(reach, span.high))}
                        y="5"
                        height="8"
                        rx="2"
                        className={span.key}
                      />
                    </svg>
                  </td>
                  <td>{show(Math.max(0, span.high))}</td>
                </tr>
              ),
          )}
        </tbody>
      </table>
      <p className="muted small foot">{t('report.residualsAbout', { n: number(report.data.holdout) })}</p>
    </Card>
  );
}

function Weights({ of }: { of: NonNullable<Evidence['importance']> }) {
  const { t } = useTranslation();
  const most = of[0]?.share || 1;
  const rest = of.slice(10);
  return (
    <Card title={t('report.weights')} flush>
      <table className="table" aria-label={t('report.weights')}>
        <tbody>
          {of.slice(0, 10).map(item => (
            <tr key={item.input}>
              <td title={item.input}>{item.label || humanise(item.input)}</td>
              <td style={{ width: '45%' }}>
                <div className="meter" aria-hidden="true">
                  <span style={{ width: `${(100 * item.share) / most}%` }} />
                </div>
              </td>
              <td className="num">{percent(item.share, 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="muted small foot">
        {t('report.weightsAbout')}{' '}
        {rest.length > 0 &&
          t('report.weightsRest', {
            count: rest.length,
            share: percent(rest.reduce((sum, item) => sum + item.share, 0)),
          })}
      </p>
    </Card>
  );
}
