// From a model's inputs to a form: which control asks for each, in which
// order, and what it starts with.
import type { Input } from '../api/types';
import { humanise, number } from '../format/format';

export type Control =
  | { kind: 'number'; step: number | 'any'; slider: boolean }
  | { kind: 'choices'; options: Option[] } // few: all in sight
  | { kind: 'select'; options: Option[] }
  | { kind: 'search'; options: Option[] } // many: found by typing
  | { kind: 'text' } // free text, of any length
  | { kind: 'date' };

export interface Option {
  value: string; // as the model knows it
  label: string;
}

export interface Field {
  input: Input;
  label: string;
  control: Control;
  initial: string; // "" is not known
}

export type Values = Record<string, string>;

const inSight = 4;
const inSelect = 14;
const firstGroup = 10;

export function labelOf(input: Input): string {
  return input.label || humanise(input.name);
}

export function levelLabel(level: string, words: { yes: string; no: string; none: string }): string {
  const plain = level.trim();
  if (/^(y|yes|true)$/i.test(plain)) return words.yes;
  if (/^(n|no|false)$/i.test(plain)) return words.no;
  if (plain === '') return words.none;
  return humanise(plain);
}

export function fieldOf(input: Input, words: { yes: string; no: string; none: string }): Field {
  const label = labelOf(input);
  if (input.kind === 'time') return { input, label, control: { kind: 'date' }, initial: '' };
  if (input.kind === 'bool') {
    const options = [
      { value: 'true', label: words.yes },
      { value: 'false', label: words.no },
    ];
    return { input, label, control: { kind: 'choices', options }, initial: input.mode ?? '' };
  }
  if (input.text) return { input, label, control: { kind: 'text' }, initial: '' };
  if (input.kind === 'category') {
    const options = (input.levels ?? []).map(level => ({ value: level, label: levelLabel(level, words) }));
    const short = options.every(o => o.label.length <= 14);
    const kind =
      options.length <= inSight && short ? 'choices' : options.length <= inSelect ? 'select' : ('search' as const);
    return { input, label, control: { kind, options }, initial: input.mode ?? '' };
  }
  return { input, label, control: numberControl(input), initial: initialNumber(input) };
}

// A whole number with a handful of values (bathrooms) is a choice; any other
// number is typed, with a slider over the usual range.
function numberControl(input: Input): Control {
  const { min, max, low, high, whole } = input;
  if (whole && min !== undefined && max !== undefined && max - min <= 5 && max > min) {
    const options = Array.from({ length: max - min + 1 }, (_, i) => {
      const value = String(min + i);
      return { value, label: value };
    });
    return { kind: 'choices', options };
  }
  const slider = low !== undefined && high !== undefined && high > low;
  return { kind: 'number', step: whole ? 1 : 'any', slider };
}

function initialNumber(input: Input): string {
  if (input.median === undefined) return '';
  return String(input.whole ? Math.round(input.median) : Number(input.median.toPrecision(6)));
}

// isYear tells years, which are never written 2,010.
export function isYear(input: Input): boolean {
  return Boolean(
    input.whole && input.min !== undefined && input.min >= 1500 && input.max !== undefined && input.max <= 2200,
  );
}

export function plainNumber(input: Input, value: number): string {
  return number(value, { useGrouping: !isYear(input), maximumFractionDigits: 4 });
}

// filled puts back the zeros among an input's statistics, which the registry's
// JSON leaves out; an input without any statistics stays as it is.
export function filled(input: Input): Input {
  const { min, max, low, high, median } = input;
  if (input.kind !== 'number' || [min, max, low, high, median].every(v => v === undefined)) return input;
  return { ...input, min: min ?? 0, max: max ?? 0, low: low ?? 0, high: high ?? 0, median: median ?? 0 };
}

// order puts first what the recipe wants asked first (form), or else the inputs
// that matter most. Without importances the model's own order stands.
export function order(inputs: Input[], form: string[] = []): { main: Input[]; more: Input[] } {
  const sorted = [...inputs].sort((a, b) => (b.importance ?? 0) - (a.importance ?? 0));
  const required = sorted.filter(input => input.required);
  const wanted = form.flatMap(name => inputs.find(input => input.name === name) ?? []);
  const main = wanted.length > 0 ? wanted : sorted.slice(0, firstGroup);
  // What the model cannot do without is never folded away.
  for (const input of required) if (!main.includes(input)) main.push(input);
  return { main, more: sorted.filter(input => !main.includes(input)) };
}

// rowOf is the question as the server takes it: typed values, and nothing for
// what is not known.
export function rowOf(fields: Field[], values: Values): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const { input } of fields) {
    const value = values[input.name] ?? '';
    if (value === '') continue;
    if (input.kind === 'number') {
      const parsed = parseNumber(value);
      // What is no number goes as it was typed: the server says what it expected.
      row[input.name] = Number.isNaN(parsed) ? value : parsed;
    } else if (input.kind === 'bool') row[input.name] = value === 'true';
    else row[input.name] = value;
  }
  return row;
}

// parseNumber reads what people type: "1 250,5", "1,250.5", "1250".
export function parseNumber(text: string): number {
  let plain = text.replace(/[\s\u00a0\u202f'’_]/g, '');
  const comma = plain.lastIndexOf(',');
  const dot = plain.lastIndexOf('.');
  if (comma >= 0 && dot >= 0) {
    plain = comma > dot ? plain.replace(/\./g, '').replace(',', '.') : plain.replace(/,/g, '');
  } else if (comma >= 0) {
    // "1,250" groups, "2,5" is a decimal comma; three digits after a comma group.
    plain = /^-?\d{1,3}(,\d{3})+$/.test(plain) ? plain.replace(/,/g, '') : plain.replace(',', '.');
  }
  return plain === '' ? Number.NaN : Number(plain);
}

// fromHash and toHash keep what a person changed in the address, so that an
// estimate can be sent as a link; the part after # never reaches the server.
export function fromHash(hash: string, fields: Field[]): Values {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const values: Values = {};
  for (const field of fields) values[field.input.name] = given.get(field.input.name) ?? field.initial;
  return values;
}

export function toHash(fields: Field[], values: Values): string {
  const changed = new URLSearchParams();
  for (const field of fields) {
    const value = values[field.input.name] ?? '';
    if (value !== field.initial) changed.set(field.input.name, value);
  }
  const text = changed.toString();
  return text ? `#${text}` : '';
}
