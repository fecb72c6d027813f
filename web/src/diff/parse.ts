// A unified diff of one file as hunks of numbered lines.

export interface DiffLine {
  kind: 'same' | 'added' | 'removed' | 'note';
  old?: number;
  new?: number;
  text: string;
}

export interface Hunk {
  header: string;
  lines: DiffLine[];
}

const start = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

export function parsePatch(patch: string): Hunk[] {
  const hunks: Hunk[] = [];
  let hunk: Hunk | undefined;
  let old = 0;
  let now = 0;
  let oldLeft = 0; // the header's counts end a hunk: "--- a" may be a removed line
  let newLeft = 0;
  for (const line of patch.split('\n')) {
    const match = oldLeft <= 0 && newLeft <= 0 ? start.exec(line) : null;
    if (match) {
      old = Number(match[1]);
      now = Number(match[3]);
      oldLeft = Number(match[2] ?? 1);
      newLeft = Number(match[4] ?? 1);
      hunk = { header: line, lines: [] };
      hunks.push(hunk);
    } else if (hunk && line.startsWith('\\')) {
      hunk.lines.push({ kind: 'note', text: line.slice(2) });
    } else if (hunk && (oldLeft > 0 || newLeft > 0)) {
      const text = line.slice(1);
      if (line.startsWith('+')) {
        hunk.lines.push({ kind: 'added', new: now++, text });
        newLeft--;
      } else if (line.startsWith('-')) {
        hunk.lines.push({ kind: 'removed', old: old++, text });
        oldLeft--;
      } else {
        hunk.lines.push({ kind: 'same', old: old++, new: now++, text });
        oldLeft--;
        newLeft--;
      }
    }
  }
  return hunks;
}
