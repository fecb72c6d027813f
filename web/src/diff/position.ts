// Where a thread stands: a line of a file, on one side of a diff or on both.
import type { DiffFile, MergeDiff, Position, Thread } from '../api/types';
import type { DiffLine, Hunk } from './parse';

export interface Spot {
  old: number; // 0: the line is not on this side
  now: number;
}

export const spotOf = (line: DiffLine): Spot => ({ old: line.old ?? 0, now: line.new ?? 0 });

// keyOf names a line of a file: by its new number, or by its old one when it
// was removed. The old number of a line that stayed says nothing of its own.
export const keyOf = (spot: Spot): string => (spot.now > 0 ? `n${spot.now}` : `o${spot.old}`);

export function positionOf(diff: Pick<MergeDiff, 'base_sha' | 'head_sha'>, file: DiffFile, spot: Spot): Position {
  return {
    base_sha: diff.base_sha,
    head_sha: diff.head_sha,
    old_path: file.old_path || file.new_path,
    new_path: file.new_path || file.old_path,
    old_line: spot.old,
    new_line: spot.now,
  };
}

export interface Placed {
  lines: Map<string, Thread[]>; // by the key of their line
  elsewhere: Thread[]; // on lines of the file that its diff does not show
  outdated: Thread[]; // on code that is gone
}

// place sorts the threads of one file onto its lines. In the diff of the latest
// version a thread stands where it stands now; in that of another version,
// where it was written, and only those written there appear.
export function place(threads: Thread[], file: DiffFile, head: string, latest: string, hunks: Hunk[]): Placed {
  const placed: Placed = { lines: new Map(), elsewhere: [], outdated: [] };
  const shown = new Set(hunks.flatMap(hunk => hunk.lines.filter(l => l.kind !== 'note').map(l => keyOf(spotOf(l)))));
  for (const thread of threads) {
    const written = thread.position;
    if (!written) continue;
    let spot: Spot | undefined;
    if (head === latest) {
      const now = thread.current;
      if (now && !thread.outdated) {
        if (now.path === file.new_path || now.path === file.old_path) spot = { old: now.old_line, now: now.new_line };
      } else if (isOf(written, file)) placed.outdated.push(thread);
    } else if (written.head_sha === head && isOf(written, file)) {
      spot = { old: written.old_line, now: written.new_line };
    }
    if (!spot) continue;
    const key = keyOf(spot);
    if (!shown.has(key)) placed.elsewhere.push(thread);
    else placed.lines.set(key, [...(placed.lines.get(key) ?? []), thread]);
  }
  return placed;
}

const isOf = (position: Position, file: DiffFile): boolean =>
  position.new_path === (file.new_path || file.old_path) || position.old_path === (file.old_path || file.new_path);

// textsOf are the lines of one side from one number to another, as long as the
// diff shows them all: what a suggestion starts from.
export function textsOf(hunks: Hunk[], from: number, to: number): string[] | undefined {
  const texts: string[] = [];
  for (const hunk of hunks) {
    for (const line of hunk.lines) {
      if (line.new !== undefined && line.new >= from && line.new <= to) texts.push(line.text);
    }
  }
  return texts.length === to - from + 1 ? texts : undefined;
}
