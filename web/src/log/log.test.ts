import { describe, expect, test } from 'vitest';
import { paint } from './ansi';
import { visible } from './LogView';
import { LogParser } from './parse';

const E = '\u001b';
const parse = (...pieces: string[]) => {
  const parser = new LogParser();
  for (const piece of pieces) parser.feed(piece);
  parser.finish();
  return parser;
};

describe('colours', () => {
  test('open, combine and reset', () => {
    const { spans, end } = paint(`a${E}[1;31mb${E}[0mc`, {});
    expect(spans).toEqual([
      { text: 'a', style: {} },
      { text: 'b', style: { bold: true, fg: '1' } },
      { text: 'c', style: {} },
    ]);
    expect(end).toEqual({});
  });

  test.each([
    ['38;5;9', '9'],
    ['38;5;196', '#ff0000'],
    ['38;5;232', '#080808'],
    ['38;2;1;2;255', '#0102ff'],
    ['96', '14'],
  ])('%s', (code, fg) => expect(paint(`${E}[${code}mx`, {}).spans[0]?.style.fg).toBe(fg));

  test('other sequences vanish', () => {
    expect(paint(`${E}]0;title\u0007x${E}[2K${E}[1Ay`, {}).spans.map(s => s.text)).toEqual(['x', 'y']);
  });

  test('a colour holds on the next line', () => {
    const { lines } = parse(`${E}[32mone\ntwo${E}[0m\nthree\n`);
    expect(lines.map(l => l.spans[0]?.style.fg)).toEqual(['2', '2', undefined]);
  });
});

describe('lines', () => {
  test('a log cut anywhere reads the same', () => {
    const text = `section_start:10:build[collapsed=true]\r${E}[0K${E}[36mBuild${E}[0m\na\r10%\r20%\nsection_end:12:build\r${E}[0K\nlast`;
    const whole = parse(text);
    for (let cut = 1; cut < text.length; cut++) {
      const split = parse(text.slice(0, cut), text.slice(cut));
      expect(split.lines).toEqual(whole.lines);
      expect([...split.sections]).toEqual([...whole.sections]);
    }
    expect(whole.lines.map(l => l.text)).toEqual(['Build', '20%', 'last']);
  });

  test('an unfinished line waits for its end', () => {
    const parser = new LogParser();
    parser.feed('one\ntw');
    expect(parser.lines.map(l => l.text)).toEqual(['one']);
    parser.feed('o\n');
    expect(parser.lines.map(l => l.text)).toEqual(['one', 'two']);
  });

  test('empty lines count', () => {
    expect(parse('a\n\nb\n').lines.map(l => [l.number, l.text])).toEqual([
      [1, 'a'],
      [2, ''],
      [3, 'b'],
    ]);
  });

  test('a runner’s timestamps are taken off, and + continues the line before', () => {
    const { lines } = parse(
      '2026-11-21T19:50:13.947870Z 01O half \n2026-11-21T19:50:13.947871Z 01O+a line\n2026-11-21T19:50:14Z 01E next\n',
    );
    expect(lines.map(l => [l.text, l.time?.slice(11, 19)])).toEqual([
      ['half a line', '19:50:13'],
      ['next', '19:50:14'],
    ]);
  });
});

describe('sections', () => {
  const log = parse(
    'before\nsection_start:10:outer\r\u001b[0KOuter\nx\nsection_start:11:inner[collapsed=true]\r\u001b[0KInner\ny\nsection_end:13:inner\r\u001b[0Ksection_end:15:outer\r\u001b[0Kafter\n',
  );

  test('nest, last, and close', () => {
    expect([...log.sections.values()].map(s => [s.name, s.start, s.end, s.collapsed])).toEqual([
      ['outer', 10, 15, false],
      ['inner', 11, 13, true],
    ]);
    expect(log.lines.map(l => [l.text, l.sections.length])).toEqual([
      ['before', 0],
      ['Outer', 0],
      ['x', 1],
      ['Inner', 1],
      ['y', 2],
      ['after', 0],
    ]);
  });

  test('folding hides what is inside, not the header', () => {
    const texts = (...folded: string[]) => visible(log.lines, new Set(folded)).map(l => l.text);
    expect(texts('outer#1')).toEqual(['before', 'Outer', 'after']);
    expect(texts('inner#2')).toEqual(['before', 'Outer', 'x', 'Inner', 'after']);
  });

  test('an end without a start changes nothing', () => {
    expect(parse('section_end:1:ghost\r\u001b[0Kx\n').lines.map(l => l.text)).toEqual(['x']);
  });
});
