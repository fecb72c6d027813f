// Scales of charts: where an axis begins and ends, and which numbers stand on it.

export type Span = [number, number];

// around is a span that holds all values, with a little room at both ends. One
// value alone, or none, still gets a span.
export function around(values: number[], room = 0.04): Span {
  const known = values.filter(Number.isFinite);
  const low = known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = known.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (low > high) return [0, 1];
  const width = high - low || Math.abs(low) / 10 || 1;
  return high > low ? [low - room * width, high + room * width] : [low - width / 2, high + width / 2];
}

// ticks are round numbers inside a span: 1, 2 or 5 times a power of ten apart,
// at most about so many.
export function ticks([low, high]: Span, most = 5): number[] {
  const width = high - low;
  if (!(width > 0) || !Number.isFinite(width)) return [];
  const rough = width / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find(n => n * power >= rough * 0.999) ?? 10);
  const found: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k++)
    found.push(Number((k * step).toPrecision(12)));
  return found;
}

// scale maps a span of values to a span of pixels.
export function scale([low, high]: Span, from: number, to: number): (v: number) => number {
  return v => from + ((v - low) / (high - low || 1)) * (to - from);
}

// path draws a line through points of the screen.
export function path(points: [number, number][]): string {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

// area is what lies between two lines over the same places.
export function area(xs: number[], low: number[], high: number[]): string {
  const there = xs.map((x, i): [number, number] => [x, high[i] ?? 0]);
  const back = xs.map((x, i): [number, number] => [x, low[i] ?? 0]).reverse();
  return `${path([...there, ...back])}Z`;
}
