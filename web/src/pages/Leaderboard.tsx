// What training tried: the candidates with their intervals on one scale.
// Candidates whose intervals leave no difference are said to be tied; those that
// were not scored say why.
import { useTranslation } from 'react-i18next';
import type { Candidate } from '../api/types';
import { bytes, decimalsFor, duration, number, percent, quantity } from '../format/format';
import { metricName, Whisker } from '../parts/Figure';

export function Leaderboard(props: { candidates: Candidate[]; metric?: string; unit?: string }) {
  const { t } = useTranslation();
  const { candidates } = props;
  const ends = candidates.flatMap(c =>
    c.score === undefined ? [] : [c.score_low ?? c.score, c.score_high ?? c.score],
  );
  const [from, to] = [Math.min(...ends), Math.max(...ends)];
  const timed = candidates.some(c => c.fit_seconds);
  const answers = candidates.some(c => c.predict_us);
  const sized = candidates.some(c => c.size);
  const tested = candidates.some(c => c.p !== undefined);
  return (
    <div className="scroll-x">
      <table className="table" aria-label={t('report.leaderboard')}>
        <thead>
          <tr>
            <th scope="col">{t('report.candidate')}</th>
            <th scope="col" className="num">
              {props.metric ? metricName(props.metric) : t('report.score')}
            </th>
            <th scope="col" className="hide-sm" style={{ width: '26%' }}>
              {t('metrics.interval')}
            </th>
            {tested && (
              <th scope="col" className="num hide-sm" title={t('report.pAbout')}>
                {t('report.p')}
              </th>
            )}
            {timed && (
              <th scope="col" className="num hide-sm">
                {t('report.fit')}
              </th>
            )}
            {answers && (
              <th scope="col" className="num hide-sm">
                {t('report.predict')}
              </th>
            )}
            {sized && (
              <th scope="col" className="num hide-sm">
                {t('report.size')}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {candidates.map(c => (
            <tr key={c.name + JSON.stringify(c.params)} className={c.status ? 'out' : undefined}>
              <td className="main-cell">
                <Named candidate={c} />
              </td>
              <td className="num">
                <Score candidate={c} unit={props.unit} />
              </td>
              <td className="hide-sm">
                {c.score !== undefined && (
                  <Whisker
                    value={c.score}
                    low={c.score_low}
                    high={c.score_high}
                    from={from}
                    to={to}
                    chosen={c.chosen}
                  />
                )}
              </td>
              {tested && (
                <td className="num nowrap hide-sm muted">
                  {c.chosen || c.p === undefined ? '–' : percent(c.p, c.p < 0.1 ? 1 : 0)}
                </td>
              )}
              {timed && <td className="num nowrap hide-sm">{c.fit_seconds ? duration(c.fit_seconds) : '–'}</td>}
              {answers && <td className="num nowrap hide-sm">{c.predict_us ? micros(c.predict_us) : '–'}</td>}
              {sized && <td className="num nowrap hide-sm muted">{c.size ? bytes(c.size) : '–'}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ends = ['dropped', 'skipped', 'failed'] as const;

function Named({ candidate: c }: { candidate: Candidate }) {
  const { t } = useTranslation();
  const end = ends.find(one => one === c.status);
  return (
    <>
      <span className="row">
        <strong>{c.name}</strong>
        {c.chosen && <span className="chip accent">{t('report.chosen')}</span>}
        {!c.chosen && c.tied && (
          <span className="chip" title={t('report.tiedAbout')}>
            {t('report.tied')}
          </span>
        )}
        {c.status && <span className="chip">{end ? t(`report.candidate.${end}`) : c.status}</span>}
      </span>
      <div className="muted small">{settings(c.params)}</div>
      {c.reason && (
        <div className="small" lang="en">
          {c.reason}
        </div>
      )}
    </>
  );
}

function Score({ candidate: c, unit }: { candidate: Candidate; unit?: string }) {
  const { t } = useTranslation();
  if (c.score === undefined) return <>–</>;
  const decimals = decimalsFor(c.score, c.score_low, c.score_high);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return (
    <>
      {quantity(c.score, unit, decimals)}
      {c.score_low !== undefined && c.score_high !== undefined && (
        <div className="muted small nowrap">
          {t('metric.range', { low: number(c.score_low, digits), high: number(c.score_high, digits) })}
        </div>
      )}
    </>
  );
}

const micros = (v: number): string =>
  v < 1000 ? `${number(v, { maximumSignificantDigits: 2 })}\u00a0µs` : duration(v / 1e6);

export const settings = (params: Record<string, string> | null): string =>
  Object.entries(params ?? {})
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
