// @vitest-environment jsdom
// The console's own rules: where links may lead, what a README may hold, where
// a graph's boxes stand, whether both languages say everything.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobSummary } from './api/types';
import { en } from './i18n/en';
import { fr } from './i18n/fr';
import { markedLines } from './pages/File';
import { inside } from './pages/SignIn';
import { languages, snippet } from './pages/snippets';
import { render } from './parts/Markdown';
import { layout } from './pipeline/layout';
import { match } from './shell/Palette';

test.each([
  ['/house-prices/model?ref=a#L3', '/house-prices/model?ref=a#L3'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  [undefined, '/'],
])('after sign-in, %s leads to %s', (next, want) => expect(inside(next)).toBe(want));

describe('a README', () => {
  const show = (text: string) =>
    render(
      text,
      p => `/raw?path=${p}`,
      p => `/file?path=${p}`,
    );
  test.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<iframe src="/"></iframe>',
    '<form action="/api/v1/projects"><button>go</button></form>',
    '<p style="position:fixed">x</p>',
    '[x](javascript:alert(1))',
  ])('has nothing left of %s', text => {
    expect(show(text)).not.toMatch(/alert|iframe|<form|<button|style=|onerror|javascript:/);
  });
  test('asks no other server for pictures', () => {
    expect(show('![badge](https://example.org/b.svg)')).toBe(
      '<p><a href="https://example.org/b.svg" rel="noreferrer noopener">badge</a></p>\n',
    );
  });
  test('finds its own files', () => {
    expect(show('[r](model.yaml) ![m](img/map.png)')).toBe(
      '<p><a href="/file?path=model.yaml">r</a> <img src="/raw?path=img/map.png" alt="m"></p>\n',
    );
  });
});

describe('a pipeline’s graph', () => {
  const job = (name: string, stage: string, needs: string[] = []): JobSummary => ({
    id: name.length,
    name,
    stage,
    needs,
    status: 'success',
    allow_failure: false,
    when: '',
    started_at: null,
    finished_at: null,
    duration: 1,
  });
  const drawn = layout(
    ['test', 'unused', 'train'],
    [job('a', 'test'), job('b', 'test'), job('c', 'train', ['a', 'ghost']), job('d', '.post', ['c'])],
  );
  test('stages are columns, jobs are rows', () => {
    expect(drawn.stages.map(s => s.name)).toEqual(['test', 'train', '.post']);
    const at = Object.fromEntries(drawn.placed.map(p => [p.job.name, p]));
    expect(at.a?.x).toBe(at.b?.x);
    expect(at.b?.y).toBeGreaterThan(at.a?.y ?? Number.NaN);
    expect(at.c?.x).toBeGreaterThan(at.b?.x ?? Number.NaN);
    expect(drawn.width).toBeGreaterThan(at.d?.x ?? Number.NaN);
  });
  test('a column is as wide as its longest name needs', () => {
    const wide = layout(['deploy'], [job('go', 'deploy'), job('deploy-production-canary', 'deploy')]);
    expect(new Set(wide.placed.map(p => p.width)).size).toBe(1);
    expect(wide.stages[0]?.width).toBeGreaterThan(24 * 7);
    expect(drawn.stages[0]?.width).toBeLessThan(24 * 7);
  });
  test('only needs that exist are drawn', () => {
    expect(drawn.needs.map(n => [n.from, n.to])).toEqual([
      ['a', 'c'],
      ['c', 'd'],
    ]);
  });
});

test.each([
  ['#L3', [3, 3]],
  ['L10-20', [10, 20]],
  ['#L10-L20', [10, 20]],
  ['#top', undefined],
])('lines of %s', (hash, want) => expect(markedLines(hash)).toEqual(want));

test.each(languages)('the %s snippet holds the question whole', language => {
  const text = snippet(language, {
    origin: 'http://here',
    endpoint: 'a.b.c',
    example: { n: 1, s: "it's", t: true, nothing: null },
    answer: 'label',
  });
  expect(text).toContain('http://here/api/v1/endpoints/a.b.c/predict');
  const written = {
    curl: `"n":1,"s":"it'\\''s"`,
    Python: `"n": 1, "s": "it's", "t": True, "nothing": None`,
    Go: `"n":1,"s":"it's"`,
    JavaScript: `"n":1,"s":"it's"`,
  };
  expect(text).toContain(written[language]);
  // Who chooses is asked for the choice, not for its score.
  if (language !== 'curl') expect(text.toLowerCase()).toContain('label');
});

test('the palette finds by all the words', () => {
  const goals = [
    { label: 'Pipelines', about: 'a/b', to: '1' },
    { label: 'Models', about: 'a/b', to: '2' },
  ];
  expect(match(goals, 'b pipe').map(g => g.to)).toEqual(['1']);
});

describe('the two languages', () => {
  const holes = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();
  test('have the same keys and the same holes', () => {
    expect(Object.keys(fr)).toEqual(Object.keys(en));
    for (const key of Object.keys(en) as (keyof typeof en)[])
      expect([key, holes(fr[key])]).toEqual([key, holes(en[key])]);
  });
  test('have no word that nothing says', () => {
    const root = join(import.meta.dirname);
    const code = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter(name => /\.tsx?$/.test(name) && !/i18n|test/.test(name))
      .map(name => readFileSync(join(root, name), 'utf8'))
      .join('\n');
    const silent = Object.keys(en).filter(key => {
      const word = key.replace(/_(one|other)$/, '');
      const parts = word.split('.');
      // A key is said whole, or built from its group ("status.${state}", "hooks.event.${name}") or its end ("${key}.title").
      const groups = parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('.'));
      return !(
        code.includes(`'${word}'`) ||
        groups.some(group => code.includes(`\`${group}.\${`)) ||
        code.includes(`}.${parts.at(-1)}\``)
      );
    });
    expect(silent).toEqual([]);
  });
});
