// Which columns of a data profile go together: a heat map, and the strongest
// pairs in words for those who do not see colours.
import { useTranslation } from 'react-i18next';
import type { Profile } from '../api/types';
import { number } from '../format/format';
import { Card } from '../parts/Page';

const pairsInSight = 10;
const names = 150; // the width that names take
const size = (v: number) => number(v, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export function Together({ of }: { of: Profile }) {
  const { t } = useTranslation();
  const pairs = of.pairs?.slice(0, pairsInSight) ?? [];
  if (!of.matrix && pairs.length === 0) return null;
  return (
    <Card title={t('profile.together')}>
      {of.matrix && (
        <>
          <p className="muted small">
            {t('profile.togetherAbout')} <span className="swatch up" />
            {t('profile.up')} <span className="swatch down" />
            {t('profile.down')}
            {of.matrix.left ? ` · ${t('profile.left', { count: of.matrix.left })}` : ''}
          </p>
          <div className="scroll-x">
            <Matrix of={of.matrix} />
          </div>
        </>
      )}
      {pairs.length > 0 && (
        <div className="scroll-x">
          <table className="table" aria-label={t('profile.pairs')}>
            <tbody>
              {pairs.map(p => (
                <tr key={`${p.a}\n${p.b}`}>
                  <td>
                    <code>{p.a}</code>
                  </td>
                  <td>
                    <code>{p.b}</code>
                  </td>
                  <td>
                    <div className="meter" aria-hidden="true">
                      <span style={{ width: `${100 * Math.abs(p.value)}%` }} />
                    </div>
                  </td>
                  <td className="end">{size(p.value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Matrix({ of }: { of: NonNullable<Profile['matrix']> }) {
  const { t } = useTranslation();
  const cell = cellOf(of.columns.length);
  const width = names + cell * of.columns.length;
  const height = cell * of.columns.length;
  return (
    <svg
      className="matrix"
      role="img"
      aria-label={t('profile.together')}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
    >
      {of.columns.map((name, i) => (
        <g key={name} transform={`translate(0 ${i * cell})`}>
          <text x={names - 6} y={cell / 2 + 4} textAnchor="end">
            {name.length > 22 ? `${name.slice(0, 21)}…` : name}
          </text>
          {cells(of.values[i] ?? []).map(c => (
            <rect
              key={c.j}
              className={c.value < 0 ? 'down' : 'up'}
              opacity={c.opacity}
              x={names + c.j * cell}
              width={cell - 1}
              height={cell - 1}
            >
              <title>{t('profile.pair', { a: of.columns[c.j], b: name, value: size(c.value) })}</title>
            </rect>
          ))}
          <rect className="own" x={names + i * cell} width={cell - 1} height={cell - 1} />
        </g>
      ))}
    </svg>
  );
}

export const cellOf = (columns: number) => Math.max(17, Math.min(30, Math.floor(600 / columns)));

// cells are what a row of the matrix draws: nothing where nothing was measured.
export const cells = (row: (number | null)[]) =>
  row.flatMap((v, j) => (v === null ? [] : [{ j, value: v / 100, opacity: Math.max(0.04, Math.abs(v) / 100) }]));
