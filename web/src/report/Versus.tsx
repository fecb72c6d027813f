// The model beside others on the same held-out rows: the version in use, and a
// plain model, which a less plain one must beat to be worth its trouble.
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Better, Versus as Compared, Comparison } from '../api/types';
import { decimalsFor } from '../format/format';
import { metricName, Whisker } from '../parts/Figure';
import { Card } from '../parts/Page';
import { gain, plain, sentence } from './words';

export function Versus({ of }: { of: Compared }) {
  const { t } = useTranslation();
  const title = of.role === 'present' ? t('versus.present', { name: of.with }) : t('versus.plain', { name: of.with });
  const metrics = of.metrics ?? [];
  return (
    <Card title={title} side={of.verdict && <Judged verdict={of.verdict} />} flush>
      <p className="said" lang="en">
        {sentence(of.sentence)}
      </p>
      {of.seen && <p className="said muted small">{t('versus.seen')}</p>}
      {metrics.length > 0 && (
        <table className="table wrap versus" aria-label={title}>
          <thead>
            <tr>
              <th scope="col">{t('versus.metric')}</th>
              <th scope="col" className="num">
                {t('versus.other')}
              </th>
              <th scope="col" className="num">
                {t('versus.this')}
              </th>
              <th scope="col" className="hide-sm" style={{ width: '28%' }}>
                {t('metrics.interval')}
              </th>
              <th scope="col" className="num">
                {t('versus.gain')}
              </th>
            </tr>
          </thead>
          <tbody>
            {metrics.map(c => (
              <Line key={c.name} of={c} />
            ))}
          </tbody>
        </table>
      )}
      <p className="muted small foot">{t('versus.about', { n: of.rows })}</p>
    </Card>
  );
}

function Line({ of: c }: { of: Comparison }) {
  const { t } = useTranslation();
  const decimals = decimalsFor(c.candidate, Math.min(c.current, c.candidate), Math.max(c.current, c.candidate));
  const reach = Math.max(Math.abs(c.gain_low), Math.abs(c.gain_high));
  return (
    <tr title={c.sentence}>
      <th scope="row">{metricName(c.name)}</th>
      <td className="num muted">{plain(c.current, decimals)}</td>
      <td className="num">{plain(c.candidate, decimals)}</td>
      <td className="hide-sm">
        <Whisker
          value={c.gain}
          low={c.gain_low}
          high={c.gain_high}
          from={-reach}
          to={reach}
          tone={tones[c.verdict]}
          mark={0}
        />
      </td>
      <td className="num">
        <strong className={`tone-${tones[c.verdict]}`}>{gain(c, c.gain)}</strong>
        {c.gain_unit === 'points' && ` ${t('versus.points')}`}
        <div className="muted small nowrap">
          {t('metric.range', { low: gain(c, c.gain_low), high: gain(c, c.gain_high) })}
        </div>
      </td>
    </tr>
  );
}

const tones = { better: 'good', worse: 'bad', undecided: 'quiet' } as const;
const icons = { better: IconCircleCheck, worse: IconCircleX, undecided: IconAlertTriangle };

function Judged({ verdict }: { verdict: Better }) {
  const { t } = useTranslation();
  const Icon = icons[verdict];
  return (
    <span className={`status tone-${verdict === 'undecided' ? 'warn' : tones[verdict]}`}>
      <Icon size={16} stroke={1.9} aria-hidden="true" />
      {t(`better.${verdict}`)}
    </span>
  );
}
