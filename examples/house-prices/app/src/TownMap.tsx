import { memo, useMemo } from 'react';
import type { Place, Point, Sale } from './api';
import { projection } from './projection';
import { type Language, money, spelled, words } from './words';

interface Props {
  places: Place[];
  points: Point[];
  failed: boolean;
  comparables: Sale[];
  chosen: string;
  choose: (neighborhood: string) => void;
  language: Language;
}

const width = 720;

// TownMap draws the town from the sales themselves: no tiles, nobody else's
// server.
export function TownMap({ places, points, failed, comparables, chosen, choose, language }: Props) {
  const w = words[language];
  const project = useMemo(() => projection(points, width), [points]);
  return (
    <section className="card map" aria-label={w.map}>
      <h2>{w.map}</h2>
      <p className="hint small">{failed ? w.noMap : w.mapAbout}</p>
      {points.length > 0 && (
        <svg viewBox={`0 0 ${width} ${project.height}`} role="group" aria-label={w.map}>
          <Dots points={points} />
          {places.map(place => {
            const [x, y] = project.at(place.longitude, place.latitude);
            const name = spelled(place.name);
            const pick = () => choose(place.name);
            return (
              <g
                key={place.name}
                className={place.name === chosen ? 'place chosen' : 'place'}
                role="button"
                tabIndex={0}
                aria-pressed={place.name === chosen}
                aria-label={`${name}, ${w.median} ${money(place.median, language)}`}
                onClick={pick}
                onKeyDown={e => {
                  if (e.key !== 'Enter' && e.key !== ' ') return;
                  e.preventDefault();
                  pick();
                }}
                transform={`translate(${x} ${y})`}
              >
                <title>{`${name} · ${w.median} ${money(place.median, language)}`}</title>
                <circle r="9" />
                {place.name === chosen && <text y="-14">{name}</text>}
              </g>
            );
          })}
          {comparables.map((s, i) => {
            const [x, y] = project.at(s.longitude, s.latitude);
            return (
              <g key={`${x},${y},${s.price}`} className="mark" transform={`translate(${x} ${y})`} aria-hidden="true">
                <circle r="8" />
                <text y="3.5">{i + 1}</text>
              </g>
            );
          })}
        </svg>
      )}
    </section>
  );
}

// The 2,412 dots never change: they are drawn once, as one path per shade.
const shades = 5;
const Dots = memo(function Dots({ points }: { points: Point[] }) {
  const paths = useMemo(() => {
    const project = projection(points, width);
    const prices = points.map(p => p[2]).sort((a, b) => a - b);
    const limits = Array.from({ length: shades - 1 }, (_, i) => prices[Math.floor(((i + 1) / shades) * prices.length)] ?? 0);
    const drawn = Array.from({ length: shades }, () => '');
    for (const [longitude, latitude, price] of points) {
      const [x, y] = project.at(longitude, latitude);
      drawn[limits.filter(limit => price >= limit).length] += `M${x.toFixed(1)} ${y.toFixed(1)}h.01`;
    }
    return drawn;
  }, [points]);
  return (
    <g className="dots" aria-hidden="true">
      {paths.map((path, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a shade is its place
        <path key={i} className={`shade${i}`} d={path} />
      ))}
    </g>
  );
});
