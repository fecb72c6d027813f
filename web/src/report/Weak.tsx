// Where the model is weak, and whether more rows would help.
import { useTranslation } from 'react-i18next';
import type { LearningCurve, Slices } from '../api/types';
import { number } from '../format/format';
import { metricName, Whisker } from '../parts/Figure';
import { Card } from '../parts/Page';
import { Sentences } from './Errors';
import { Plot } from './Plot';
import { area, around, path } from './ticks';
import { compact, conditions, figure, ofTarget, round, share } from './words';

export function WeakPlaces({ of, unit, label }: { of: Slices; unit?: string; label: (input: string) => string }) {
  const { t } = useTranslation();
  const slices = of.slices ?? [];
  const from = Math.min(of.overall.value, ...slices.map(s => Math.min(s.low, s.rest)));
  const to = Math.max(of.overall.value, ...slices.map(s => s.high));
  return (
    <Card title={t('slices.title')} flush>
      {slices.length === 0 ? (
        <div className="said">
          <Sentences of={of.sentences} />
        </div>
      ) : (
        <table className="table wrap" aria-label={t('slices.title')}>
          <thead>
            <tr>
              <th scope="col">{t('slices.where')}</th>
              <th scope="col" className="num">
                {metricName(of.metric)}
              </th>
              <th scope="col" className="hide-sm" style={{ width: '24%' }}>
                {t('metrics.interval')}
              </th>
              <th scope="col" className="num">
                {t('slices.rest')}
              </th>
            </tr>
          </thead>
          <tbody>
            {slices.map(s => {
              const [value, low, high] = figure(s, unit);
              const [rest] = figure({ value: s.rest, low: s.low, high: s.high }, unit);
              return (
                <tr key={s.text}>
                  <td className="main-cell" title={s.text}>
                    {conditions(s, label, t('slices.missing'))}
                    <div className="muted small">{t('slices.share', { share: share(s.share) })}</div>
                  </td>
                  <td className="num">
                    <strong>{value}</strong>
                    <div className="muted small nowrap">{t('metric.range', { low, high })}</div>
                  </td>
                  <td className="hide-sm">
                    <Whisker value={s.value} low={s.low} high={s.high} from={from} to={to} tone="bad" mark={s.rest} />
                  </td>
                  <td className="num muted">{rest}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      <p className="muted small foot">
        {t('slices.about')} <span lang="en">{of.guard}</span>
      </p>
    </Card>
  );
}

export function Learning({ of, unit }: { of: LearningCurve; unit?: string }) {
  const { t } = useTranslation();
  const { points } = of;
  if (points.length < 2) return null;
  const rows = points.map(p => p.rows);
  const show = unit ? ofTarget(unit) : round;
  const name = metricName(of.metric);
  return (
    <Card title={t('learning.title')}>
      <Plot
        title={t('learning.title')}
        x={{ span: around([0, ...rows]), label: t('learning.rows'), format: compact }}
        y={{ span: around(points.flatMap(p => [p.test, p.low, p.high, p.train])), label: name, format: show }}
        behind={{
          head: [t('learning.rows'), t('learning.test'), t('metrics.interval'), t('learning.train')],
          rows: points.map(p => [
            number(p.rows),
            show(p.test),
            t('metric.range', { low: show(p.low), high: show(p.high) }),
            show(p.train),
          ]),
        }}
      >
        {({ x, y }) => (
          <>
            <path
              className="band"
              d={area(
                rows.map(x),
                points.map(p => y(p.low)),
                points.map(p => y(p.high)),
              )}
            />
            <path className="line faint" d={path(points.map(p => [x(p.rows), y(p.train)]))} />
            <path className="line" d={path(points.map(p => [x(p.rows), y(p.test)]))} />
            {points.map(p => (
              <circle key={p.rows} className="dot" cx={x(p.rows)} cy={y(p.test)} r="4" />
            ))}
          </>
        )}
      </Plot>
      <ul className="legend">
        <li>
          <svg width="18" height="8" aria-hidden="true">
            <line className="line" x1="0" x2="18" y1="4" y2="4" />
          </svg>
          {t('learning.test')}
        </li>
        <li>
          <svg width="18" height="8" aria-hidden="true">
            <line className="line faint" x1="0" x2="18" y1="4" y2="4" />
          </svg>
          {t('learning.train')}
        </li>
      </ul>
      <Sentences of={of.sentences} />
    </Card>
  );
}
