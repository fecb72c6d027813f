// The pure parts of the diff: columns, changed words, suggestions, positions,
// the tree of files, colours.
import { parser as python } from '@lezer/python';
import { describe, expect, test } from 'vitest';
import type { DiffFile, Thread } from '../api/types';
import { nextStop } from '../merge/keys';
import { languageOf, paint, pieces } from './paint';
import { changed, pair, partners } from './pair';
import { parsePatch } from './parse';
import { keyOf, place, positionOf, textsOf } from './position';
import { block, segments } from './suggestion';
import { orderOf, treeOf } from './tree';
import { printOf } from './viewed';

const patch = `--- a/x.py
+++ b/x.py
@@ -1,5 +1,6 @@
 one
-two
-three
+TWO
+THREE
+four
 five
-six
+SIX
\\ No newline at end of file
`;
const hunks = parsePatch(patch);
const lines = hunks[0]?.lines ?? [];
const side = (line?: { old?: number; new?: number; text: string }) => line && [line.old, line.new, line.text];

describe('two columns', () => {
  test('removed lines stand beside the added ones of the same run', () => {
    expect(pair(lines).map(p => [p.left?.text, p.right?.text])).toEqual([
      ['one', 'one'],
      ['two', 'TWO'],
      ['three', 'THREE'],
      [undefined, 'four'],
      ['five', 'five'],
      ['six', 'SIX'],
    ]);
  });
  test('a line that stayed is the same on both sides', () => {
    const first = pair(lines)[0];
    expect(first?.left).toBe(first?.right);
    expect(side(first?.left)).toEqual([1, 1, 'one']);
  });
  test('what is only added or only removed has an empty other side', () => {
    const only = parsePatch('@@ -1,2 +1,2 @@\n-a\n b\n+c\n')[0]?.lines ?? [];
    expect(pair(only).map(p => [p.left?.text, p.right?.text])).toEqual([
      ['a', undefined],
      ['b', 'b'],
      [undefined, 'c'],
    ]);
  });
  test('lines are partners by their place in their runs', () => {
    const found = partners(lines);
    const text = (word: string) => found.get(lines.find(l => l.text === word) ?? { kind: 'note', text: '' })?.text;
    expect([text('six'), text('SIX'), text('two'), text('four')]).toEqual(['SIX', 'six', 'TWO', undefined]);
  });
});

describe('the changed part of a line', () => {
  test.each([
    ['return math.log(price)', 'return math.log1p(price)', 'log'],
    ['a = 1', 'a = 12', '1'],
    ['folds: 5', 'folds: 10', '5'],
    ['use the old way', 'use the new way', 'old'],
  ])('of %j against %j', (text, other, want) => {
    const mark = changed(text, other);
    expect(mark && text.slice(mark.from, mark.to)).toBe(want);
  });
  test.each([
    ['same', 'same'],
    ['wholly other', 'nothing shared'],
    ['', 'x'],
  ])('of %j against %j is not worth a mark', (text, other) => expect(changed(text, other)).toBeUndefined());
});

describe('suggestions', () => {
  test('are told from the words around them', () => {
    expect(segments('Try this:\n```suggestion:-1+2\na\n\nb\n```\nthanks')).toEqual([
      { kind: 'text', text: 'Try this:' },
      { kind: 'suggestion', above: 1, below: 2, text: 'a\n\nb', index: 0 },
      { kind: 'text', text: 'thanks' },
    ]);
  });
  test.each([
    ['an example inside another fence', '````\n```suggestion\nx\n```\n````'],
    ['another language', '```python\nx\n```'],
    ['a fence that never closes', '```suggestion\nx'],
    ['a suggestion of something else', '```suggestion:everything\nx\n```'],
  ])('%s is text', (_, body) => expect(segments(body)).toEqual([{ kind: 'text', text: body }]));
  test('are numbered, and may be empty', () => {
    const found = segments('```suggestion\n```\n~~~suggestion\r\n```\r\n~~~');
    expect(found).toEqual([
      { kind: 'suggestion', above: 0, below: 0, text: '', index: 0 },
      { kind: 'suggestion', above: 0, below: 0, text: '```', index: 1 },
    ]);
  });
  test.each([[['x']], [['a', '', 'b']], [['```', 'text', '`````']], [['  indented']]])(
    'a new one of %j reads back as those lines',
    wanted => {
      const [found, ...rest] = segments(block(wanted));
      expect(rest).toEqual([]);
      expect(found).toMatchObject({ kind: 'suggestion', above: wanted.length - 1, below: 0, text: wanted.join('\n') });
    },
  );
});

const file: DiffFile = {
  old_path: 'x.py',
  new_path: 'x.py',
  status: 'modified',
  binary: false,
  too_large: false,
  additions: 4,
  deletions: 3,
  patch,
  folded: false,
  generated: false,
  image: false,
};
const base = 'b'.repeat(40);
const head = 'h'.repeat(40);

const thread = (id: number, more: Partial<Thread>): Thread => ({
  id,
  resolvable: true,
  resolved: false,
  outdated: false,
  notes: [],
  ...more,
});
const written = (old_line: number, new_line: number, head_sha = head) => ({
  base_sha: base,
  head_sha,
  old_path: 'x.py',
  new_path: 'x.py',
  old_line,
  new_line,
});

describe('positions', () => {
  test('name both sides of a line that stayed, and one of a line that did not', () => {
    const at = (text: string) => {
      const line = lines.find(l => l.text === text);
      return positionOf({ base_sha: base, head_sha: head }, file, { old: line?.old ?? 0, now: line?.new ?? 0 });
    };
    expect([at('five').old_line, at('five').new_line]).toEqual([4, 5]);
    expect([at('two').old_line, at('two').new_line]).toEqual([2, 0]);
    expect([at('four').old_line, at('four').new_line]).toEqual([0, 4]);
  });
  test('of a new file name it on both sides', () => {
    const made = positionOf({ base_sha: base, head_sha: head }, { ...file, old_path: '' }, { old: 0, now: 1 });
    expect([made.old_path, made.new_path]).toEqual(['x.py', 'x.py']);
  });
  test('a key is the new line’s, or the removed line’s', () => {
    expect([keyOf({ old: 4, now: 5 }), keyOf({ old: 2, now: 0 })]).toEqual(['n5', 'o2']);
  });
  test('threads stand where they are now, or aside', () => {
    const placed = place(
      [
        thread(1, { position: written(0, 2, 'old'), current: { path: 'x.py', old_line: 0, new_line: 4 } }),
        thread(2, { position: written(2, 0), current: { path: 'x.py', old_line: 2, new_line: 0 } }),
        thread(3, { position: written(0, 90), current: { path: 'x.py', old_line: 88, new_line: 90 } }),
        thread(4, { position: written(0, 3), outdated: true }),
        thread(5, { position: { ...written(0, 3), old_path: 'y', new_path: 'y' }, outdated: true }),
        thread(6, {}),
      ],
      file,
      head,
      head,
      hunks,
    );
    expect([...placed.lines].map(([key, list]) => [key, list.map(t => t.id)])).toEqual([
      ['n4', [1]],
      ['o2', [2]],
    ]);
    expect(placed.elsewhere.map(t => t.id)).toEqual([3]);
    expect(placed.outdated.map(t => t.id)).toEqual([4]);
  });
  test('an older version shows what was written at it', () => {
    const list = [
      thread(1, { position: written(0, 4, 'older'), current: { path: 'x.py', old_line: 0, new_line: 9 } }),
      thread(2, { position: written(0, 4), current: { path: 'x.py', old_line: 0, new_line: 4 } }),
    ];
    const placed = place(list, file, 'older', head, hunks);
    expect([...placed.lines].map(([key, found]) => [key, found.map(t => t.id)])).toEqual([['n4', [1]]]);
  });
  test('a suggestion starts from lines that are all shown', () => {
    expect(textsOf(hunks, 2, 4)).toEqual(['TWO', 'THREE', 'four']);
    expect(textsOf(hunks, 5, 9)).toBeUndefined();
  });
});

test('the tree joins folders that hold one folder, and orders files as it shows them', () => {
  const paths = ['z.txt', 'ml/predict/a.go', 'ml/predict/deep/b.go', 'api/c.go'];
  const tree = treeOf(paths);
  expect(tree.folders.map(f => f.name)).toEqual(['api', 'ml/predict']);
  expect(orderOf(tree).map(i => paths[i])).toEqual(['api/c.go', 'ml/predict/deep/b.go', 'ml/predict/a.go', 'z.txt']);
});

test('a tick is of the change, not of the name', () => {
  expect(printOf(file)).toBe(printOf({ ...file }));
  expect(printOf({ ...file, patch: `${patch} ` })).not.toBe(printOf(file));
});

test.each([
  ['a/b.py', 'python'],
  ['.gitlab-ci.yml', 'yaml'],
  ['web/App.TSX', 'tsx'],
  ['Makefile', undefined],
  ['x.unknown', undefined],
])('the language of %s', (path, want) => expect(languageOf(path)).toBe(want));

test('each side of a hunk is coloured as a text of its own, line by line', () => {
  const [hunk] = parsePatch('@@ -1,3 +1,3 @@\n-x = """open\n+x = 1  # new\n def f():\n-"""\n+    return "s"\n');
  const paints = paint(python, hunk ? [hunk] : []);
  const styles = (text: string) => {
    const line = hunk?.lines.find(l => l.text === text);
    return (line && paints.get(line)?.map(s => [text.slice(s.from, s.to), s.style])) ?? [];
  };
  expect(styles('x = 1  # new')).toContainEqual(['# new', 'hl-c']);
  expect(styles('    return "s"')).toEqual([
    ['return', 'hl-k'],
    ['"s"', 'hl-s'],
  ]);
  expect(styles('x = """open')).toContainEqual(['"""open', 'hl-s']);
  expect(styles('def f():')).toContainEqual(['def', 'hl-k']); // the new side is painted last
});

test('pieces of a line add up to the line', () => {
  const text = 'return log(price)';
  const cut = pieces(
    text,
    [
      { from: 0, to: 6, style: 'hl-k' },
      { from: 7, to: 10, style: 'hl-f' },
    ],
    { from: 5, to: 9 },
  );
  expect(cut.map(p => p.text).join('')).toBe(text);
  expect(cut.filter(p => p.marked).map(p => [p.text, p.style])).toEqual([
    ['n', 'hl-k'],
    [' ', undefined],
    ['lo', 'hl-f'],
  ]);
});

test.each([
  [[-100, 70, 300, 900], 1, 2],
  [[-100, 70, 300], -1, 0],
  [[70], 1, undefined],
  [[70, 90], -1, undefined],
] as [number[], 1 | -1, number | undefined][])('among stops at %j, step %i goes to %s', (tops, step, want) =>
  expect(nextStop(tops, step)).toBe(want),
);
