// Where each job and each need-line of a pipeline stands: stages are columns,
// jobs are boxes in them, in the order of the file.
import type { JobSummary } from '../api/types';

export const box = { height: 34, gapX: 32, gapY: 10, top: 40, left: 14 };

// A column is as wide as its longest name needs, within reason.
const width = { least: 120, most: 280, letter: 7.4, around: 48 };

export interface Placed {
  job: JobSummary;
  x: number;
  y: number;
  width: number;
}

export interface Need {
  from: string;
  to: string;
  path: string;
}

export interface Layout {
  placed: Placed[];
  needs: Need[];
  stages: { name: string; x: number; width: number }[];
  width: number;
  height: number;
}

export function layout(stages: string[], jobs: JobSummary[]): Layout {
  const used = stages.filter(stage => jobs.some(job => job.stage === stage));
  // A stage that the list forgot still shows its jobs.
  for (const job of jobs) if (!used.includes(job.stage)) used.push(job.stage);
  const placed: Placed[] = [];
  const columns: Layout['stages'] = [];
  let rows = 0;
  let x = box.left;
  for (const stage of used) {
    const inside = jobs.filter(job => job.stage === stage);
    const wide = widthOf([stage, ...inside.map(job => job.name)]);
    columns.push({ name: stage, x, width: wide });
    inside.forEach((job, row) => {
      placed.push({ job, x, y: box.top + row * (box.height + box.gapY), width: wide });
    });
    rows = Math.max(rows, inside.length);
    x += wide + box.gapX;
  }
  const at = new Map(placed.map(p => [p.job.name, p]));
  const needs = placed.flatMap(to =>
    to.job.needs.flatMap(name => {
      const from = at.get(name);
      return from ? [{ from: name, to: to.job.name, path: curve(from, to) }] : [];
    }),
  );
  return {
    placed,
    needs,
    stages: columns,
    width: x - box.gapX + box.left,
    height: box.top + rows * (box.height + box.gapY) + 4,
  };
}

function widthOf(names: string[]): number {
  const longest = Math.max(...names.map(name => name.length));
  return Math.min(width.most, Math.max(width.least, Math.ceil(longest * width.letter) + width.around));
}

function curve(from: Placed, to: Placed): string {
  const [x1, y1] = [from.x + from.width, from.y + box.height / 2];
  const [x2, y2] = [to.x, to.y + box.height / 2];
  if (to.x <= from.x) {
    // Inside one stage: around the right-hand side.
    const out = x1 + box.gapX / 2;
    return `M${x1},${y1} C${out},${y1} ${out},${y2} ${to.x + to.width},${y2}`;
  }
  const bend = Math.max(20, (x2 - x1) / 2);
  return `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
}
