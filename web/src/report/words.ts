// How a report's figures are said.

import type { Comparison, EffectScale, Report, Slice } from '../api/types';
import { decimalsFor, humanise, number, percent, quantity } from '../format/format';
import { type Span, ticks } from './ticks';

// round is a value of an input, or a figure without a unit. Four digits are not
// grouped: they may be a year.
export const round = (v: number): string =>
  number(v, {
    useGrouping: Math.abs(v) >= 10_000,
    ...(Math.abs(v) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 5 }),
  });

// compact is a number of an axis: 250K, where there is little room.
export const compact = (v: number): string => number(v, { notation: 'compact', maximumSignificantDigits: 3 });

// money is a figure of an axis with the target's unit.
export function ofTarget(unit?: string): (v: number) => string {
  if (unit && /^[A-Z]{3}$/.test(unit)) {
    return v =>
      number(v, {
        style: 'currency',
        currency: unit,
        currencyDisplay: 'narrowSymbol',
        notation: 'compact',
        maximumSignificantDigits: 3,
      });
  }
  return compact;
}

// figure is a value in its unit with the decimals that its interval deserves.
export function figure(of: { value: number; low: number; high: number }, unit?: string): [string, string, string] {
  const decimals = decimalsFor(of.value, of.low, of.high);
  return [quantity(of.value, unit, decimals), plain(of.low, decimals), plain(of.high, decimals)];
}

export const plain = (v: number, decimals: number): string =>
  number(v, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

// sentence begins a finding of the report with a capital and ends it with a stop.
export function sentence(text: string): string {
  const trimmed = text.trim();
  const begun = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

// labels are the names that the recipe gives to inputs.
export function labels(report: Report): (input: string) => string {
  const given = new Map(report.importance?.map(item => [item.input, item.label]));
  return input => given.get(input) || humanise(input);
}

// effect says a contribution: on the log scale it multiplies.
export function effect(scale: EffectScale, v: number): string {
  if (scale === 'log') return `×${number(Math.exp(v), { maximumSignificantDigits: 3 })}`;
  return number(v, { maximumSignificantDigits: 2, signDisplay: 'exceptZero' });
}

// effectTicks are round effects of an axis: on the log scale, round factors.
export function effectTicks(scale: EffectScale, [low, high]: Span, most: number): number[] {
  if (scale !== 'log') return ticks([low, high], most);
  return ticks([Math.exp(low), Math.exp(high)], most)
    .filter(factor => factor > 0)
    .map(Math.log);
}

// gain says how much better a model is than another.
export function gain(c: Comparison, v: number): string {
  if (c.gain_unit === '%')
    return number(v / 100, { style: 'percent', signDisplay: 'exceptZero', maximumSignificantDigits: 2 });
  const decimals = decimalsFor(c.gain, c.gain_low, c.gain_high);
  return number(v, { signDisplay: 'exceptZero', minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

// conditions says which rows a slice has, by the labels of its inputs; of dates
// and of yes or no, in the report's own words, which know what the column is.
export function conditions(
  slice: Pick<Slice, 'conditions' | 'text'>,
  label: (input: string) => string,
  missing: string,
): string {
  if (/ = (true|false)\b|\d{4}-\d\d-\d\d/.test(slice.text)) return slice.text;
  const said = slice.conditions.map(c => {
    if (c.op === 'missing') return `${label(c.column)} ${missing}`;
    if (c.level !== undefined) return `${label(c.column)} = ${humanise(c.level)}`;
    const value = round(c.value);
    return `${label(c.column)} ${c.op === '<=' ? '≤' : c.op} ${value}`;
  });
  return said.join(' · ');
}

export const share = (v: number): string => percent(v, v > 0 && v < 0.1 ? 1 : 0);
