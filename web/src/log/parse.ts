// A job's log as lines in foldable sections. Fed piece by piece as it streams;
// a piece may end anywhere, even inside an escape sequence or a marker.
import { paint, type Span, type Style } from './ansi';

export interface Line {
  number: number; // from 1, over the whole log: what a permalink names
  spans: Span[];
  text: string; // without colours, for search
  time?: string; // when the line has a timestamp
  sections: string[]; // keys of the sections it is inside, outermost first
  header?: string; // key of the section that this line opens
}

export interface Section {
  key: string;
  name: string;
  start: number; // Unix seconds
  end?: number;
  collapsed: boolean; // as the script asked for at the start
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
const marker = /section_(start|end):(\d+):([\w.-]+)(?:\[([^\]]*)\])?\r(?:\u001b\[0K)?/g;
const timestamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) (?:[0-9a-f]{2}[OE]([ +]))?/;

export class LogParser {
  lines: Line[] = [];
  sections = new Map<string, Section>();
  private rest = '';
  private style: Style = {};
  private open: string[] = [];
  private count = 0;
  private opened = 0;

  // feed takes the next piece; lines are complete ones only until finish.
  feed(text: string): void {
    const all = this.rest + text;
    const cut = all.lastIndexOf('\n');
    this.rest = all.slice(cut + 1);
    if (cut < 0) return;
    const added: Line[] = [];
    for (const raw of all.slice(0, cut).split('\n')) this.take(raw, added);
    this.lines = this.lines.concat(added);
  }

  // finish takes what stands after the last newline.
  finish(): void {
    if (!this.rest) return;
    const added: Line[] = [];
    this.take(this.rest, added);
    this.rest = '';
    this.lines = this.lines.concat(added);
  }

  private take(raw: string, added: Line[]): void {
    let line = raw;
    let time: string | undefined;
    const stamp = timestamp.exec(line);
    if (stamp) {
      time = stamp[1];
      line = line.slice(stamp[0].length);
    }
    const continues = stamp?.[2] === '+'; // the runner cut a long line, or the line before had no end yet
    let header: string | undefined;
    let markers = 0;
    line = line.replace(marker, (_, kind: string, unix: string, name: string, options?: string) => {
      markers++;
      if (kind === 'start') header = this.start(name, Number(unix), options ?? '');
      else this.end(name, Number(unix));
      return '';
    });
    // A line of nothing but an end marker is no line of the log.
    if (markers > 0 && header === undefined && visible(line) === '') return;
    const { spans, end } = paint(overwritten(line), this.style);
    this.style = end;
    const last = added.at(-1) ?? this.lines.at(-1);
    if (continues && last && header === undefined) {
      last.spans.push(...spans);
      last.text += spans.map(s => s.text).join('');
      return;
    }
    this.count++;
    const text = spans.map(s => s.text).join('');
    const sections = header ? this.open.slice(0, -1) : [...this.open];
    added.push({ number: this.count, spans, text, time, sections, header });
  }

  private start(name: string, unix: number, options: string): string {
    const key = `${name}#${++this.opened}`;
    this.sections.set(key, { key, name, start: unix, collapsed: /collapsed=true/.test(options) });
    this.open.push(key);
    return key;
  }

  // end closes the innermost section of that name, and whatever was left open inside it.
  private end(name: string, unix: number): void {
    const at = this.open.findLastIndex(key => this.sections.get(key)?.name === name);
    if (at < 0) return;
    for (const key of this.open.splice(at)) {
      const section = this.sections.get(key);
      if (section) section.end = unix;
    }
  }
}

// overwritten keeps what a terminal would show of a line with carriage
// returns: progress bars write the same line again and again.
function overwritten(line: string): string {
  const parts = line.replace(/\r+$/, '').split('\r');
  return parts.findLast(part => visible(part) !== '') ?? '';
}

function visible(text: string): string {
  return paint(text, {})
    .spans.map(s => s.text)
    .join('')
    .trim();
}
