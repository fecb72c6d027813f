// Two columns out of one unified diff: a run of removed lines stands beside
// the run of added lines that follows it, line by line.
import type { DiffLine } from './parse';

export interface Pair {
  left?: DiffLine; // as it was: same or removed
  right?: DiffLine; // as it is: same or added
}

export function pair(lines: DiffLine[]): Pair[] {
  const pairs: Pair[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const flush = () => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) pairs.push({ left: removed[i], right: added[i] });
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === 'removed') {
      if (added.length > 0) flush();
      removed.push(line);
    } else if (line.kind === 'added') added.push(line);
    else if (line.kind === 'same') {
      flush();
      pairs.push({ left: line, right: line });
    }
    // A note ("no newline at the end") belongs to the line before it, not to a row of its own.
  }
  flush();
  return pairs;
}

export interface Mark {
  from: number;
  to: number;
}

// partners finds, for each removed or added line, the line that it may have
// been changed from or into: the one at the same place of the other run.
export function partners(lines: DiffLine[]): Map<DiffLine, DiffLine> {
  const found = new Map<DiffLine, DiffLine>();
  for (let i = 0; i < lines.length; ) {
    let j = i;
    while (lines[j]?.kind === 'removed') j++;
    let k = j;
    if (lines[k]?.kind === 'note') k++;
    const start = k;
    while (lines[k]?.kind === 'added') k++;
    for (let n = 0; n < Math.min(j - i, k - start); n++) {
      const [old, now] = [lines[i + n], lines[start + n]];
      if (!old || !now) continue;
      found.set(old, now);
      found.set(now, old);
    }
    i = Math.max(k, i + 1);
  }
  return found;
}

const word = /\w/;

// changed is the part of text that other has otherwise: what is left when the
// common beginning and end are taken off, widened to whole words. Nothing when
// the two have too little in common for the mark to help.
export function changed(text: string, other: string): Mark | undefined {
  const least = Math.min(text.length, other.length);
  let head = 0;
  while (head < least && text[head] === other[head]) head++;
  let tail = 0;
  while (tail < least - head && text.at(-1 - tail) === other.at(-1 - tail)) tail++;
  const inWord = (before: string | undefined, after: (string | undefined)[]): boolean =>
    word.test(before ?? '') && after.some(next => word.test(next ?? ''));
  while (head > 0 && inWord(text[head - 1], [text[head], other[head]])) head--;
  while (tail > 0 && inWord(text.at(-tail), [text.at(-tail - 1), other.at(-tail - 1)])) tail--;
  const to = text.length - tail;
  const kept = text.slice(0, head).trim().length + text.slice(to).trim().length;
  if (to <= head || kept * 3 < text.trim().length) return undefined;
  return { from: head, to };
}
