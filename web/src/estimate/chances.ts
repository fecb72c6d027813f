// Chances: how a model that tells classes apart says what is likely.
import type { PredictAnswer } from '../api/types';
import { humanise, percent } from '../format/format';
import { odds, type Words } from './words';

const shown = 6;

// chances are the classes, the likeliest first; of many, the first few.
export function chances(answer: PredictAnswer): [string, number][] {
  return Object.entries(answer.probabilities ?? {})
    .map(([name, chance]): [string, number] => [name, chance ?? 0])
    .sort((a, b) => b[1] - a[1])
    .slice(0, shown);
}

// chanceText never says that something is certain or impossible.
export function chanceText(chance: number): string {
  if (chance > 0.999) return `> ${percent(0.999, 1)}`;
  if (chance < 0.001) return `< ${percent(0.001, 1)}`;
  return percent(chance, chance < 0.1 || chance > 0.9 ? 1 : 0);
}

// className says a label to people.
export function className(label: string, w: Words): string {
  if (/^(yes|true)$/i.test(label)) return w.yes;
  if (/^(no|false)$/i.test(label)) return w.no;
  return /[A-Za-z]/.test(label) ? humanise(label) : label;
}

// likely says which answers hold the true one as often as is promised. The
// likeliest stands above already, so it comes first here.
export function likely(answer: PredictAnswer, w: Words): string {
  const { set, probabilities } = answer;
  if (!set) return '';
  const chance = (name: string) => probabilities?.[name] ?? 0;
  const names = [...set.classes].sort((a, b) => chance(b) - chance(a)).map(name => className(name, w));
  const times = odds(w, set.level);
  if (names.length === 0) return w.noneLikely;
  if (names.length === 1) return w.alone(names[0] ?? '', times);
  if (names.length === Object.keys(probabilities ?? {}).length) return w.anyOf(times);
  return w.oneOf(names.join(', '), times);
}
