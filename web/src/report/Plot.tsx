// A chart: two axes, what is drawn between them, and the figures behind it as a
// table for whoever cannot see it or wants them exactly.
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Span, scale, ticks } from './ticks';

export interface Axis {
  span: Span;
  label: string;
  format: (v: number) => string;
  most?: number; // ticks
}

// Inside is the drawing area in pixels, and where values lie in it.
export interface Inside {
  x: (v: number) => number;
  y: (v: number) => number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Behind {
  head: string[];
  rows: string[][];
}

const digit = 6.4; // width of a digit at the size of ticks

export function Plot(props: {
  title: string; // what it shows: the chart's name for who listens
  x: Axis;
  y: Axis;
  height?: number;
  behind?: Behind;
  children: (inside: Inside) => ReactNode;
}) {
  const [box, width] = useWidth(420);
  const { x, y } = props;
  const height = props.height ?? 240;
  const yTicks = ticks(y.span, y.most ?? 5);
  const widest = Math.max(0, ...yTicks.map(v => y.format(v).length));
  const [left, right, top, bottom] = [Math.round(widest * digit) + 8, width - 12, 24, height - 36];
  const xTicks = ticks(x.span, Math.min(x.most ?? 6, Math.max(2, Math.floor((right - left) / 55))));
  const inside: Inside = { x: scale(x.span, left, right), y: scale(y.span, bottom, top), left, right, top, bottom };
  return (
    <div className="plot" ref={box}>
      <svg width={width} height={height} role="img" aria-label={props.title}>
        {yTicks.map(v => (
          <g key={v}>
            <line className="grid" x1={left} x2={right} y1={inside.y(v)} y2={inside.y(v)} />
            <text x={left - 6} y={inside.y(v)} dy="0.35em" textAnchor="end">
              {y.format(v)}
            </text>
          </g>
        ))}
        {xTicks.map(v => (
          <text key={v} x={inside.x(v)} y={bottom + 14} textAnchor={inside.x(v) > right - 12 ? 'end' : 'middle'}>
            {x.format(v)}
          </text>
        ))}
        <line className="axis" x1={left} x2={right} y1={bottom} y2={bottom} />
        <text className="name" x={0} y={12}>
          {y.label}
        </text>
        <text className="name" x={right} y={height - 6} textAnchor="end">
          {x.label}
        </text>
        {props.children(inside)}
      </svg>
      {props.behind && <Figures of={props.behind} title={props.title} />}
    </div>
  );
}

// Figures is the table behind a chart, folded.
export function Figures({ of, title }: { of: Behind; title: string }) {
  const { t } = useTranslation();
  return (
    <details className="behind">
      <summary>{t('chart.figures')}</summary>
      <div className="scroll-x" role="region" aria-label={title} tabIndex={0}>
        <table className="table small">
          <thead>
            <tr>
              {of.head.map((name, i) => (
                <th key={name} scope="col" className={i > 0 ? 'num' : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {of.rows.map(row => (
              <tr key={row.join('|')}>
                {row.map((cell, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: columns stay where they are
                  <td key={i} className={i > 0 ? 'num nowrap' : 'nowrap'}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

// useWidth measures a box, so that a chart's text keeps its size on every screen.
export function useWidth(otherwise: number): [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(otherwise);
  useEffect(() => {
    const element = box.current;
    if (!element || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(([entry]) => {
      const found = Math.floor(entry?.contentRect.width ?? 0);
      if (found > 0) setWidth(found);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}
