// Where a prediction of a number misses: each held-out row beside the line of
// the right ones, and how errors change as predictions grow.
import { useTranslation } from 'react-i18next';
import type { Residuals } from '../api/types';
import { number, quantity } from '../format/format';
import { Card } from '../parts/Page';
import { Plot } from './Plot';
import { area, around, path } from './ticks';
import { ofTarget, sentence } from './words';

export function Errors({ of, unit }: { of: Residuals; unit?: string }) {
  const { t } = useTranslation();
  const show = ofTarget(unit);
  const { tenths, points } = of;
  const span = around(points.flat());
  const errors = around([0, ...tenths.flatMap(d => [d.p10, d.p90, d.low, d.high])]);
  const middle = tenths.map(d => (d.from + d.to) / 2);
  return (
    <Card title={t('errors.title')}>
      <div className="charts">
        <figure>
          <h3>{t('errors.scatter')}</h3>
          <Plot
            title={t('errors.scatter')}
            x={{ span, label: t('errors.predicted'), format: show }}
            y={{ span, label: t('errors.true'), format: show }}
          >
            {({ x, y }) => (
              <>
                <path className="even" d={path(span.map(v => [x(v), y(v)]))} />
                {points.map(([predicted, truth], i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: rows of a sample have no other name
                  <circle key={i} className="point" cx={x(predicted)} cy={y(truth)} r="2.4" />
                ))}
              </>
            )}
          </Plot>
          <p className="muted small">
            {t('errors.scatterAbout', { shown: number(points.length), n: number(of.rows) })}
          </p>
        </figure>
        <figure>
          <h3>{t('errors.growing')}</h3>
          <Plot
            title={t('errors.growing')}
            x={{ span: around(middle), label: t('errors.predicted'), format: show }}
            y={{ span: errors, label: t('errors.error'), format: show }}
            behind={{
              head: [
                t('errors.predicted'),
                t('chart.rows'),
                t('errors.mean'),
                t('metrics.interval'),
                t('errors.typical'),
                t('errors.eight'),
              ],
              rows: tenths.map(d => [
                `${show(d.from)} – ${show(d.to)}`,
                number(d.rows),
                quantity(d.mean, undefined, places(d.typical)),
                t('metric.range', { low: show(d.low), high: show(d.high) }),
                quantity(d.typical, undefined, places(d.typical)),
                `${show(d.p10)} – ${show(d.p90)}`,
              ]),
            }}
          >
            {({ x, y, left, right }) => (
              <>
                <path
                  className="band"
                  d={area(
                    middle.map(x),
                    tenths.map(d => y(d.p10)),
                    tenths.map(d => y(d.p90)),
                  )}
                />
                <line className="even" x1={left} x2={right} y1={y(0)} y2={y(0)} />
                {tenths.map((d, i) => (
                  <g key={d.from}>
                    <line
                      className="whisk"
                      x1={x(middle[i] ?? 0)}
                      x2={x(middle[i] ?? 0)}
                      y1={y(d.low)}
                      y2={y(d.high)}
                    />
                    <circle className="dot" cx={x(middle[i] ?? 0)} cy={y(d.mean)} r="4" />
                  </g>
                ))}
              </>
            )}
          </Plot>
          <p className="muted small">{t('errors.growingAbout')}</p>
        </figure>
      </div>
      <Sentences of={of.sentences} />
    </Card>
  );
}

const places = (typical: number) => Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(Math.abs(typical) || 1))));

// Sentences are findings in the report's own words.
export function Sentences({ of }: { of?: string[] | null }) {
  if (!of?.length) return null;
  return (
    <ul className="plain-list small" lang="en">
      {of.map(text => (
        <li key={text}>{sentence(text)}</li>
      ))}
    </ul>
  );
}
