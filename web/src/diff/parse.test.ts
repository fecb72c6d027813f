import { expect, test } from 'vitest';
import { parsePatch } from './parse';

test('lines are numbered on both sides', () => {
  const [hunk] = parsePatch('--- a/x\n+++ b/x\n@@ -4,3 +4,4 @@ data:\n same\n-gone\n+new\n+newer\n last\n');
  expect(hunk?.lines).toEqual([
    { kind: 'same', old: 4, new: 4, text: 'same' },
    { kind: 'removed', old: 5, text: 'gone' },
    { kind: 'added', new: 5, text: 'new' },
    { kind: 'added', new: 6, text: 'newer' },
    { kind: 'same', old: 6, new: 7, text: 'last' },
  ]);
});

test('content that looks like a header is content', () => {
  const hunks = parsePatch(
    '@@ -1,2 +1,1 @@\n--- a line of dashes\n @@ -9 +9 @@\n@@ -20 +19 @@\n-a\n+b\n\\ No newline at end of file\n',
  );
  expect(hunks.map(h => h.lines.map(l => [l.kind, l.text]))).toEqual([
    [
      ['removed', '-- a line of dashes'],
      ['same', '@@ -9 +9 @@'],
    ],
    [
      ['removed', 'a'],
      ['added', 'b'],
      ['note', 'No newline at end of file'],
    ],
  ]);
});

test('nothing gives nothing', () => expect(parsePatch('')).toEqual([]));
