// What training tried: the candidates with their intervals on one scale.
// Candidates whose intervals leave no difference are said to be tied.
import { useTranslation } from 'react-i18next';
import type { Candidate } from '../api/types';
import { decimalsFor, duration, number, percent, quantity } from '../format/format';
import { metricName, Whisker } from '../parts/Figure';

export function Leaderboard(props: { candidates: Candidate[]; metric?: string; unit?: string }) {
  const { t } = useTranslation();
  const { candidates } = props;
  const from = Math.min(...candidates.map(c => c.score_low));
  const to = Math.max(...candidates.map(c => c.score_high));
  const timed = candidates.some(c => c.fit_seconds);
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
            <th scope="col" className="hide-sm" style={{ width: '32%' }}>
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
          </tr>
        </thead>
        <tbody>
          {candidates.map(c => {
            const decimals = decimalsFor(c.score, c.score_low, c.score_high);
            const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
            return (
              <tr key={c.name + JSON.stringify(c.params)}>
                <td className="main-cell">
                  <span className="row">
                    <strong>{c.name}</strong>
                    <span className="muted small">{settings(c.params)}</span>
                    {c.chosen && <span className="chip accent">{t('report.chosen')}</span>}
                    {!c.chosen && c.tied && (
                      <span className="chip" title={t('report.tiedAbout')}>
                        {t('report.tied')}
                      </span>
                    )}
                  </span>
                </td>
                <td className="num">
                  {quantity(c.score, props.unit, decimals)}
                  <div className="muted small nowrap">
                    {t('metric.range', { low: number(c.score_low, digits), high: number(c.score_high, digits) })}
                  </div>
                </td>
                <td className="hide-sm">
                  <Whisker
                    value={c.score}
                    low={c.score_low}
                    high={c.score_high}
                    from={from}
                    to={to}
                    chosen={c.chosen}
                  />
                </td>
                {tested && (
                  <td className="num nowrap hide-sm muted">
                    {c.chosen || c.p === undefined ? '–' : percent(c.p, c.p < 0.1 ? 1 : 0)}
                  </td>
                )}
                {timed && (
                  <td className="num nowrap hide-sm">{c.fit_seconds === undefined ? '–' : duration(c.fit_seconds)}</td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export const settings = (params: Record<string, string> | null): string =>
  Object.entries(params ?? {})
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
