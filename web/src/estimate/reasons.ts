// Reasons as people read them: the few that matter, up and down, as shares of
// one scale, and one line for all the others.
import type { PredictAnswer } from '../api/types';
import { quantity, signedPercent } from '../format/format';
import { chanceText } from './chances';

export interface Reason {
  input: string;
  value: unknown;
  word?: string; // of a text that is the value
  text: string; // "+12 %" or "+8,400 USD"
  size: number; // 0..1 of the largest
}

export interface Explained {
  base: string;
  up: Reason[];
  down: Reason[];
  others: number; // inputs and words not shown
  othersText: string;
  texts: boolean; // words are told, and the base is the empty text
}

const shown = 4;
const shownOfTexts = 8;

// Effect is what moved the answer: an input, a word of one, or all its other words.
interface Effect {
  input: string;
  value: unknown;
  effect: number;
  amount?: number;
  word?: string;
  count?: number; // of other words
}

// effectsOf tells words in place of the text that they stand in. Words that are not
// told one by one have no value, as what was assumed has none.
function effectsOf(reasons: NonNullable<PredictAnswer['reasons']>): Effect[] {
  return reasons.contributions.flatMap<Effect>(({ words, other_words: other, ...c }) =>
    words
      ? [
          ...words.map(told => ({ ...told, input: c.input, value: c.value })),
          ...(other ? [{ ...other, input: c.input, value: null }] : []),
        ]
      : [c],
  );
}

const tellsWords = (reasons: NonNullable<PredictAnswer['reasons']>): boolean =>
  reasons.contributions.some(c => c.words !== undefined);

const most = (effects: Effect[]): number => (effects.some(c => c.word !== undefined) ? shownOfTexts : shown);

const counted = (effects: Effect[]): number => sum(effects, c => c.count ?? 1);

// explain reads effects as amounts of the target's unit. Effects on a logarithm
// multiply; the server says which amount is due to each, or else they are shown
// as percentages.
export function explain(answer: PredictAnswer, decimals = 0): Explained | undefined {
  const { reasons, unit } = answer;
  if (!reasons) return undefined;
  if (answer.probabilities) return explainChoice(answer.prediction ?? 0, reasons);
  if (answer.label !== undefined) return explainDecision(reasons);
  const log = reasons.scale === 'log';
  const effects = effectsOf(reasons);
  const inMoney = !log || effects.every(c => c.amount !== undefined);
  const text = (of: Effect[]) =>
    inMoney
      ? signed(roughly(sum(of, c => c.amount ?? c.effect)), unit, decimals)
      : signedPercent(Math.expm1(sum(of, c => c.effect)));
  // Effects too small to change the last figure shown are no reasons.
  const floor = log || reasons.scale === 'transformed' ? 0.0005 : 0.5 * 10 ** -decimals;
  const sorted = [...effects].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
  // What was assumed is no reason that a person gave: it goes with the others.
  const told = sorted.filter(c => c.value !== null && c.value !== undefined);
  const up = told.filter(c => c.effect >= floor).slice(0, most(effects));
  const down = told.filter(c => c.effect <= -floor).slice(0, most(effects));
  const largest = Math.max(...[...up, ...down].map(c => Math.abs(c.effect)), Number.MIN_VALUE);
  const rest = sorted.filter(c => !up.includes(c) && !down.includes(c) && c.effect !== 0);
  const reason = (c: Effect): Reason => ({
    input: c.input,
    value: c.value,
    word: c.word,
    text: text([c]),
    size: Math.abs(c.effect) / largest,
  });
  const { interval } = answer;
  const middle = reasons.base_prediction ?? (log ? Math.exp(reasons.base) : reasons.base);
  const typical = interval ? rounded(middle, interval.low, interval.high) : middle;
  return {
    base: quantity(typical, unit, decimals),
    up: up.map(reason),
    down: down.map(reason),
    others: counted(rest),
    othersText: text(rest),
    texts: tellsWords(reasons),
  };
}

// explainChoice reads effects as what they add to the probability.
function explainChoice(prediction: number, reasons: NonNullable<PredictAnswer['reasons']>): Explained {
  const amount = (c: Effect) => c.amount ?? c.effect;
  const effects = effectsOf(reasons);
  const base = reasons.base_prediction ?? prediction - sum(effects, amount);
  return { base: chanceText(base), texts: tellsWords(reasons), ...weighed(effects, amount, 0.0005, signedPercent) };
}

// explainDecision reads effects as shares of all that speaks for or against the
// class: a score of a decision has a scale of its own, which says nothing to people.
function explainDecision(reasons: NonNullable<PredictAnswer['reasons']>): Explained {
  const effects = effectsOf(reasons);
  const all = sum(effects, c => Math.abs(c.effect)) || 1;
  return { base: '', texts: tellsWords(reasons), ...weighed(effects, c => c.effect / all, 0.0005, signedPercent) };
}

// weighed sorts effects by what each amounts to; floor is the least that is told.
function weighed(
  effects: Effect[],
  amount: (c: Effect) => number,
  floor: number,
  text: (amount: number) => string,
): Omit<Explained, 'base' | 'texts'> {
  const sorted = [...effects].sort((a, b) => Math.abs(amount(b)) - Math.abs(amount(a)));
  const told = sorted.filter(c => c.value !== null && c.value !== undefined);
  const up = told.filter(c => amount(c) >= floor).slice(0, most(effects));
  const down = told.filter(c => amount(c) <= -floor).slice(0, most(effects));
  const largest = Math.max(...[...up, ...down].map(c => Math.abs(amount(c))), Number.MIN_VALUE);
  const rest = sorted.filter(c => !up.includes(c) && !down.includes(c) && c.effect !== 0);
  const reason = (c: Effect): Reason => ({
    input: c.input,
    value: c.value,
    word: c.word,
    text: text(amount(c)),
    size: Math.abs(amount(c)) / largest,
  });
  return { up: up.map(reason), down: down.map(reason), others: counted(rest), othersText: text(sum(rest, amount)) };
}

const sum = (of: Effect[], figure: (c: Effect) => number): number => of.reduce((total, c) => total + figure(c), 0);

// roughly keeps two figures of large amounts: reasons are not exact to the dollar.
function roughly(value: number): number {
  const size = Math.abs(value);
  if (size < 1000) return value;
  const unit = 10 ** (Math.floor(Math.log10(size)) - 1);
  return Math.round(value / unit) * unit;
}

function signed(value: number, unit: string | undefined, decimals: number): string {
  const sign = value > 0 ? '+' : value < 0 ? '−' : '';
  return sign + quantity(Math.abs(value), unit, decimals);
}

// shownDecimals: money and large numbers have none, small ones keep three figures.
export function shownDecimals(value: number): number {
  const size = Math.abs(value);
  return size >= 1000 || size === 0 ? 0 : Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(size))));
}

// rounded drops figures that the interval makes meaningless: 312,487 within
// ±20,000 reads 312,000. It keeps three figures of the interval's width.
export function rounded(value: number, low: number, high: number): number {
  const width = high - low;
  if (!(width > 0)) return value;
  const unit = 10 ** (Math.floor(Math.log10(width)) - 2);
  return Math.round(value / unit) * unit;
}
