// The evidence of training, most decisive first: gates, other models, what to
// beware of, what was tried, where predictions miss, what they rest on.
import { useTranslation } from 'react-i18next';
import type { Report as Evidence, Gate, Metric } from '../api/types';
import { bytes, decimalsFor, duration, humanise, number, percent, quantity } from '../format/format';
import { metricName, Whisker } from '../parts/Figure';
import { Card } from '../parts/Page';
import { Status } from '../parts/Status';
import { ClassCurves, Confusion, Thresholds } from '../report/Classes';
import { Errors } from '../report/Errors';
import { Dependence, Effects, Missed } from '../report/Inputs';
import { Versus } from '../report/Versus';
import { Learning, WeakPlaces } from '../report/Weak';
import { labels, sentence } from '../report/words';
import '../report/report.css';
import { Leaderboard } from './Leaderboard';

export function Report({ report }: { report: Evidence }) {
  const { t } = useTranslation();
  const { search } = report;
  const candidates = report.candidates ?? [];
  const unit = unitOf(report, search.metric);
  // The version in use first: it is what this one would replace.
  const versus = [...(report.versus ?? [])].sort((a, b) => Number(b.role === 'present') - Number(a.role === 'present'));
  return (
    <>
      {report.quick && <Quick skipped={report.quick.skipped} />}
      {(report.gates?.length ?? 0) > 0 && <Gates gates={report.gates ?? []} metrics={report.metrics} />}
      {versus.map(one => (
        <Versus key={one.role + one.with} of={one} />
      ))}
      {(report.warnings?.length ?? 0) > 0 && (
        <Card title={t('report.warnings')}>
          <ul className="plain-list" lang="en">
            {report.warnings?.map(text => (
              <li key={text}>{sentence(text)}</li>
            ))}
          </ul>
        </Card>
      )}
      {candidates.length > 0 && (
        <Card title={t('report.leaderboard')} flush>
          <Leaderboard candidates={candidates} metric={search.metric} unit={unit} />
          <p className="muted small foot">
            {t('report.folds', { count: search.folds })}{' '}
            {(search.repeats ?? 1) > 1 && t('report.repeats', { count: search.repeats })}
          </p>
        </Card>
      )}
      {(report.residuals?.length ?? 0) > 0 && <Residuals report={report} />}
      <Found report={report} />
    </>
  );
}

// unitOf is the unit of a metric, where it has one.
const unitOf = (report: Evidence, metric: string) => report.metrics.find(m => m.name === metric)?.unit;

// Found is what was found out about the model, as far as its rows allowed.
function Found({ report }: { report: Evidence }) {
  const found = report.evidence ?? {};
  const label = labels(report);
  const { unit } = report.target;
  return (
    <>
      {found.residuals && <Errors of={found.residuals} unit={unit} />}
      {report.positive_because && (
        <p className="muted small" lang="en">
          {report.positive_because}
        </p>
      )}
      {found.confusion && <Confusion of={found.confusion} />}
      <ClassCurves roc={found.roc} precision={found.precision_recall} calibration={found.calibration} />
      {(found.thresholds?.length ?? 0) > 0 && (
        <Thresholds of={found.thresholds ?? []} positive={report.positive ?? ''} />
      )}
      {found.slices && <WeakPlaces of={found.slices} unit={unitOf(report, found.slices.metric)} label={label} />}
      {(report.importance?.length ?? 0) > 0 && <Weights of={report.importance ?? []} />}
      {found.effects && <Effects of={found.effects} label={label} />}
      {found.permutation && (
        <Missed of={found.permutation} unit={unitOf(report, found.permutation.metric)} label={label} />
      )}
      {found.dependence && (
        <Dependence curves={found.dependence.curves} rows={found.dependence.rows} unit={unit} label={label} />
      )}
      {found.learning_curve && (
        <Learning of={found.learning_curve} unit={unitOf(report, found.learning_curve.metric)} />
      )}
    </>
  );
}

function Quick({ skipped }: { skipped: string[] }) {
  const { t } = useTranslation();
  return (
    <section className="notice">
      <strong>{t('report.quick')}</strong> {t('report.quickAbout')}
      <ul className="plain-list" lang="en">
        {skipped.map(text => (
          <li key={text}>{sentence(text)}</li>
        ))}
      </ul>
    </section>
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
            // A package leaves out times: they differ from run to run.
            const clocked = times.includes(gate.metric) && gate.value === 0;
            const sure = gate.low < gate.high;
            return (
              <tr key={`${gate.metric} ${gate.min} ${gate.max}`}>
                <td>
                  <Status of={verdicts[gate.verdict] ?? 'undecided'} />
                </td>
                <td className="main-cell">
                  {metricName(gate.metric)}{' '}
                  <span className="muted nowrap">
                    {gate.min !== undefined && t('report.atLeast', { limit: limitText(gate, gate.min, unit) })}{' '}
                    {gate.max !== undefined && t('report.atMost', { limit: limitText(gate, gate.max, unit) })}
                  </span>
                </td>
                <td className="num">
                  {clocked ? <span className="muted">{t('report.clock')}</span> : <strong>{show(gate.value)}</strong>}{' '}
                  {sure && (
                    <span className="muted nowrap">
                      {t('metric.range', { low: show(gate.low), high: show(gate.high) })}
                    </span>
                  )}
                </td>
                <td className="hide-sm" style={{ width: '26%' }}>
                  {!clocked && (
                    <Whisker
                      value={gate.value}
                      low={sure ? gate.low : undefined}
                      high={sure ? gate.high : undefined}
                      from={Math.min(gate.low, limit)}
                      to={Math.max(gate.high, limit)}
                      chosen
                      mark={limit}
                    />
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

const times = ['fit_seconds', 'predict_us'];

// cost says a figure that is no metric of predictions.
function cost(metric: string, value: number): string | undefined {
  if (metric === 'size') return bytes(value);
  if (metric === 'fit_seconds') return duration(value);
  if (metric === 'predict_us') return `${number(value, { maximumSignificantDigits: 3 })}\u00a0µs`;
  return undefined;
}

function gateFigure(gate: Gate, value: number, unit?: string): string {
  if (gate.metric === 'coverage') return percent(value, 1);
  return cost(gate.metric, value) ?? quantity(value, unit, decimalsFor(gate.value, gate.low, gate.high));
}

// A limit is shown as it was written.
function limitText(gate: Gate, limit: number, unit?: string): string {
  if (gate.metric === 'coverage') return number(limit, { style: 'percent', maximumFractionDigits: 2 });
  const said = cost(gate.metric, limit);
  if (said) return said;
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
