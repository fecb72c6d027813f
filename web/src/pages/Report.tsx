// What training tried: the candidates with their intervals on one scale.
// Candidates whose intervals leave no difference are said to be tied.
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/client';
import * as api from '../api/routes';
import type { Candidate } from '../api/types';
import { decimalsFor, duration, humanise, number, percent } from '../format/format';
import { Whisker } from '../parts/Figure';
import { Loaded } from '../parts/Loaded';
import { Card } from '../parts/Page';
import { useProjectPath } from '../parts/place';

export function Report({ model, version }: { model: string; version: number }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const report = useQuery(api.versionReport(path, model, version));
  // A version registered by other means has no report, and that is no error.
  if (report.error instanceof ApiError && report.error.status === 404) return null;
  return (
    <Loaded of={report}>
      {value => (
        <>
          {(value.leaderboard?.length ?? 0) > 0 && (
            <Card title={t('report.leaderboard')} flush>
              <Leaderboard candidates={value.leaderboard ?? []} />
            </Card>
          )}
          {(value.importance?.length ?? 0) > 0 && (
            <Card title={t('report.importance')} flush>
              <table className="table" aria-label={t('report.importance')}>
                <tbody>
                  {value.importance?.slice(0, 10).map(item => (
                    <tr key={item.input}>
                      <td>{humanise(item.input)}</td>
                      <td style={{ width: '45%' }}>
                        <div className="meter" aria-hidden="true">
                          <span style={{ width: `${Math.min(100, item.share * 100)}%` }} />
                        </div>
                      </td>
                      <td className="num">{percent(item.share, 1)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Card>
          )}
        </>
      )}
    </Loaded>
  );
}

export function Leaderboard({ candidates }: { candidates: Candidate[] }) {
  const { t } = useTranslation();
  const from = Math.min(...candidates.map(c => c.score_low));
  const to = Math.max(...candidates.map(c => c.score_high));
  return (
    <div className="scroll-x">
      <table className="table" aria-label={t('report.leaderboard')}>
        <thead>
          <tr>
            <th scope="col">{t('report.candidate')}</th>
            <th scope="col" className="num">
              {t('report.score')}
            </th>
            <th scope="col" className="hide-sm" style={{ width: '32%' }}>
              {t('metrics.interval')}
            </th>
            <th scope="col" className="num hide-sm">
              {t('report.fit')}
            </th>
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
                    {c.chosen && <span className="chip accent">{t('report.chosen')}</span>}
                    {!c.chosen && c.tied && <span className="chip">{t('report.tied')}</span>}
                  </span>
                  <span className="muted small">
                    {Object.entries(c.params ?? {})
                      .map(([key, value]) => `${key} ${value}`)
                      .join(', ')}
                  </span>
                </td>
                <td className="num">
                  {number(c.score, digits)}
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
                <td className="num nowrap hide-sm">{duration(c.fit_seconds)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
