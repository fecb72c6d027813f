// A suggestion is a fenced block in a note on a line: its text takes the place
// of the line, and of N lines above and M below when it says "suggestion:-N+M".

export type Segment =
  | { kind: 'text'; text: string }
  | { kind: 'suggestion'; above: number; below: number; text: string; index: number };

const open = /^ {0,3}(`{3,}|~{3,})[ \t]*suggestion(?::-(\d{1,3})\+(\d{1,3}))?[ \t]*$/;
const anyFence = /^ {0,3}(`{3,}|~{3,})/;

// segments splits a note into its Markdown and its suggestions, in order. A
// suggestion inside another fenced block is an example, not a suggestion.
export function segments(body: string): Segment[] {
  const out: Segment[] = [];
  let text: string[] = [];
  let index = 0;
  const flush = () => {
    const joined = text.join('\n');
    if (joined.trim()) out.push({ kind: 'text', text: joined });
    text = [];
  };
  const lines = body.replace(/\r\n?/g, '\n').split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const fence = anyFence.exec(line)?.[1];
    if (!fence) {
      text.push(line);
      continue;
    }
    let end = i + 1;
    while (end < lines.length && !closes(lines[end] ?? '', fence)) end++;
    const match = open.exec(line);
    if (match && end < lines.length) {
      flush();
      const content = lines.slice(i + 1, end).join('\n');
      out.push({
        kind: 'suggestion',
        above: Number(match[2] ?? 0),
        below: Number(match[3] ?? 0),
        text: content,
        index,
      });
      index++;
    } else text.push(...lines.slice(i, end + 1));
    i = end;
  }
  flush();
  return out;
}

function closes(line: string, fence: string): boolean {
  const bare = line.trim();
  return bare.length >= fence.length && [...bare].every(mark => mark === fence[0]) && /^ {0,3}\S/.test(line);
}

// block writes a suggestion that starts as the lines themselves, in a fence
// longer than any that they hold.
export function block(lines: string[]): string {
  const longest = Math.max(2, ...lines.map(line => /`+/.exec(line)?.[0].length ?? 0));
  const fence = '`'.repeat(longest + 1);
  const span = lines.length > 1 ? `:-${lines.length - 1}+0` : '';
  return `${fence}suggestion${span}\n${lines.join('\n')}\n${fence}\n`;
}
