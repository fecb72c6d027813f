// ANSI colours of a job's log, as spans. The state outlives a line: a colour
// opened on one line holds on the next, as in a terminal.

export interface Style {
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
  fg?: string; // "1".."15" of the palette, or "#rrggbb"
  bg?: string;
}

export interface Span {
  text: string;
  style: Style;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
const sequence = /\u001b(?:\[([0-9;?]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

// paint splits one line into spans, and gives the style at its end. Sequences
// that move the cursor or set titles mean nothing in a kept log: they vanish.
export function paint(line: string, start: Style): { spans: Span[]; end: Style } {
  const spans: Span[] = [];
  let style = start;
  let from = 0;
  const push = (text: string) => {
    if (text) spans.push({ text, style });
  };
  for (const match of line.matchAll(sequence)) {
    push(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === 'm') style = apply(style, match[1] ?? '');
  }
  push(line.slice(from));
  return { spans, end: style };
}

function apply(style: Style, params: string): Style {
  const codes = params === '' ? [0] : params.split(';').map(Number);
  let next: Style = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 0) next = {};
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 22) next = { ...next, bold: undefined, dim: undefined };
    else if (code === 23) next.italic = undefined;
    else if (code === 24) next.underline = undefined;
    else if (code >= 30 && code <= 37) next.fg = String(code - 30);
    else if (code >= 90 && code <= 97) next.fg = String(code - 82);
    else if (code === 39) next.fg = undefined;
    else if (code >= 40 && code <= 47) next.bg = String(code - 40);
    else if (code >= 100 && code <= 107) next.bg = String(code - 92);
    else if (code === 49) next.bg = undefined;
    else if (code === 38 || code === 48) {
      const { colour, used } = extended(codes.slice(i + 1));
      if (code === 38) next.fg = colour;
      else next.bg = colour;
      i += used;
    }
  }
  return next;
}

// extended reads 5;n (256 colours) and 2;r;g;b.
function extended(rest: number[]): { colour: string | undefined; used: number } {
  if (rest[0] === 2) return { colour: hex(rest[1] ?? 0, rest[2] ?? 0, rest[3] ?? 0), used: 4 };
  if (rest[0] !== 5) return { colour: undefined, used: 0 };
  const n = rest[1] ?? 0;
  if (n < 16) return { colour: String(n), used: 2 };
  if (n >= 232) return { colour: hex(8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10), used: 2 };
  const level = (k: number) => (k === 0 ? 0 : 55 + 40 * k);
  const cube = n - 16;
  return { colour: hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)), used: 2 };
}

function hex(...rgb: number[]): string {
  return `#${rgb
    .map(v =>
      Math.min(255, Math.max(0, v || 0))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
