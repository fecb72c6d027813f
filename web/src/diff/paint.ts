// Syntax colours. Each language's grammar is a file of its own, fetched when a
// diff first shows that language; until then, and for others, text is plain.
import type { Parser } from '@lezer/common';
import { highlightTree, tagHighlighter, tags } from '@lezer/highlight';
import { useEffect, useState } from 'react';
import type { DiffLine, Hunk } from './parse';

const grammars: Record<string, () => Promise<Parser>> = {
  python: async () => (await import('@lezer/python')).parser,
  javascript: async () => (await import('@lezer/javascript')).parser,
  jsx: async () => (await import('@lezer/javascript')).parser.configure({ dialect: 'jsx' }),
  typescript: async () => (await import('@lezer/javascript')).parser.configure({ dialect: 'ts' }),
  tsx: async () => (await import('@lezer/javascript')).parser.configure({ dialect: 'ts jsx' }),
  go: async () => (await import('@lezer/go')).parser,
  yaml: async () => (await import('@lezer/yaml')).parser,
  json: async () => (await import('@lezer/json')).parser,
  markdown: async () => (await import('@lezer/markdown')).parser,
  html: async () => (await import('@lezer/html')).parser,
  css: async () => (await import('@lezer/css')).parser,
};

const endings: Record<string, string> = {
  py: 'python',
  pyi: 'python',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'jsx',
  ts: 'typescript',
  mts: 'typescript',
  tsx: 'tsx',
  go: 'go',
  yml: 'yaml',
  yaml: 'yaml',
  json: 'json',
  ipynb: 'json',
  geojson: 'json',
  webmanifest: 'json',
  md: 'markdown',
  html: 'html',
  htm: 'html',
  svg: 'html',
  xml: 'html',
  css: 'css',
};

export function languageOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return name.includes('.') ? endings[name.slice(name.lastIndexOf('.') + 1)] : undefined;
}

const colours = tagHighlighter([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.self], class: 'hl-k' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp, tags.attributeValue], class: 'hl-s' },
  { tag: [tags.comment, tags.quote], class: 'hl-c' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom, tags.color, tags.unit], class: 'hl-n' },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], class: 'hl-f' },
  { tag: [tags.typeName, tags.className, tags.tagName, tags.namespace], class: 'hl-t' },
  { tag: [tags.definition(tags.propertyName), tags.propertyName, tags.attributeName, tags.labelName], class: 'hl-p' },
  { tag: [tags.meta, tags.processingInstruction], class: 'hl-c' },
  { tag: tags.heading, class: 'hl-k' },
  { tag: [tags.link, tags.url], class: 'hl-s' },
]);

export interface Span {
  from: number;
  to: number;
  style: string;
}
export type Paints = Map<DiffLine, Span[]>;

// Above these a text stays plain: a minified line would hold the page up.
const most = 8000; // lines of a hunk
const longest = 2000; // characters of a line

// paint colours the lines of hunks. Each hunk's two sides are read each as a
// text of its own: a removed line never breaks the grammar of what replaced it.
export function paint(parser: Parser, hunks: Hunk[]): Paints {
  const paints: Paints = new Map();
  if (hunks.some(hunk => hunk.lines.length > most || hunk.lines.some(line => line.text.length > longest)))
    return paints;
  for (const hunk of hunks) {
    side(
      parser,
      hunk.lines.filter(line => line.kind === 'same' || line.kind === 'removed'),
      paints,
    );
    side(
      parser,
      hunk.lines.filter(line => line.kind === 'same' || line.kind === 'added'),
      paints,
    );
  }
  return paints;
}

function side(parser: Parser, lines: DiffLine[], paints: Paints): void {
  const text = lines.map(line => line.text).join('\n');
  const starts: number[] = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += line.text.length + 1;
    paints.set(line, []);
  }
  let row = 0;
  highlightTree(parser.parse(text), colours, (from, to, style) => {
    while (row + 1 < starts.length && (starts[row + 1] ?? 0) <= from) row++;
    // A span over several lines is cut at each line's end.
    for (let i = row; i < lines.length && (starts[i] ?? 0) < to; i++) {
      const line = lines[i];
      const start = starts[i] ?? 0;
      if (!line) continue;
      const span = { from: Math.max(0, from - start), to: Math.min(line.text.length, to - start), style };
      if (span.to > span.from) paints.get(line)?.push(span);
    }
  });
}

const loaded = new Map<string, Parser>();

export function useParser(path: string): Parser | undefined {
  const language = languageOf(path);
  const [parser, setParser] = useState(() => (language ? loaded.get(language) : undefined));
  useEffect(() => {
    let gone = false;
    if (!language) return;
    const have = loaded.get(language);
    if (have) setParser(have);
    else {
      grammars[language]?.().then(
        got => {
          loaded.set(language, got);
          if (!gone) setParser(got);
        },
        () => undefined, // without its grammar a text is plain, nothing worse
      );
    }
    return () => {
      gone = true;
    };
  }, [language]);
  return parser;
}

export interface Piece {
  text: string;
  style?: string;
  marked?: boolean;
}

// pieces cuts a line at the borders of its colours and of its changed part.
export function pieces(text: string, spans: Span[] = [], mark?: { from: number; to: number }): Piece[] {
  if (spans.length === 0 && !mark) return [{ text }];
  const cuts = new Set([0, text.length]);
  for (const span of spans) cuts.add(span.from).add(span.to);
  if (mark) cuts.add(mark.from).add(mark.to);
  const borders = [...cuts].filter(c => c >= 0 && c <= text.length).sort((a, b) => a - b);
  const out: Piece[] = [];
  for (let i = 0; i + 1 < borders.length; i++) {
    const [from = 0, to = 0] = [borders[i], borders[i + 1]];
    out.push({
      text: text.slice(from, to),
      style: spans.find(span => span.from <= from && span.to >= to)?.style,
      marked: Boolean(mark && mark.from <= from && mark.to >= to),
    });
  }
  return out;
}
