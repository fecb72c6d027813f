// @vitest-environment jsdom
// What a data profile draws: the heat map, the course over time, target means
// with their intervals; and that an older profile, without them, still shows.
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Profile, ProfiledColumn, ProfiledDrift } from '../api/types';
import { setLocale } from '../format/format';
import { choose, start } from '../i18n';
import { ColumnCard, meanDots } from './ProfileColumn';
import { cellOf, cells, Together } from './ProfileMatrix';
import { course, OverTime } from './ProfileTime';

beforeAll(() => start());
beforeEach(async () => {
  await choose('en');
  setLocale('en', ['en-GB']);
});
afterEach(cleanup);

const profile: Profile = {
  title: 'Data profile',
  rows: 100,
  columns: 3,
  missing: 0,
  duplicates: 0,
  warnings: [],
  variables: [],
  pairs: [{ a: 'x', b: 'z', measure: 'correlation', value: -0.912 }],
  matrix: { columns: ['y', 'x', 'z'], values: [[], [85], [null, -91]], left: 4 },
};

describe('what goes with what', () => {
  test('a cell is as strong as its association, and has its sign', () => {
    expect(cells([85, null, -3, 0])).toEqual([
      { j: 0, value: 0.85, opacity: 0.85 },
      { j: 2, value: -0.03, opacity: 0.04 },
      { j: 3, value: 0, opacity: 0.04 },
    ]);
  });
  test.each([
    [3, 30],
    [30, 20],
    [40, 17],
  ])('of %i columns a cell has %i points', (columns, want) => expect(cellOf(columns)).toBe(want));
  test('every measured pair says what it is', () => {
    const { container } = render(<Together of={profile} />);
    expect([...container.querySelectorAll('title')].map(e => e.textContent)).toEqual([
      'y and x: 0.85',
      'x and z: -0.91',
    ]);
    expect(container.querySelectorAll('rect.down')).toHaveLength(1);
    expect(container.textContent).toContain('4 columns that go with little are not drawn.');
    expect(screen.getByRole('table', { name: 'Strongest pairs' }).textContent).toBe('xz-0.91');
  });
  test('a profile from before the matrix shows nothing of it', () => {
    const { container } = render(<Together of={{ ...profile, pairs: [], matrix: undefined }} />);
    expect(container.textContent).toBe('');
  });
});

const drift: ProfiledDrift = {
  column: 'sold',
  kind: 'time',
  early: Date.UTC(2020, 0, 2, 12) / 1000,
  late: Date.UTC(2021, 5, 3, 12) / 1000,
  stable: 7,
  more: 5,
  shifts: [
    {
      column: 'area',
      verdict: 'changed much',
      effect: 0.31,
      low: 0.26,
      high: 0.36,
      words: ['the median is higher, from 10 to 20'],
      points: [1, null, 2, 3],
    },
    { column: 'town', verdict: 'changed', effect: 0.081, low: 0.06, high: 0.11, points: [0.1, 0.3], level: 'south' },
    { column: 'calm', verdict: 'stable', effect: 0, low: 0, high: 0.02, points: [1, 1] },
  ],
};

describe('over time', () => {
  test('what drifts is shown, the rest is a count', () => {
    const { container } = render(<OverTime of={drift} />);
    expect(container.textContent).toContain('rows up to 2 January 2020 against rows from 3 June 2021');
    const rows = screen.getAllByRole('row').slice(1);
    expect(rows.map(r => r.textContent)).toEqual([
      'area31%26% to 36%changed much the median is higher, from 10 to 20',
      'town8.1%6.0% to 11%changed  · line: share of “south”',
    ]);
    expect(container.textContent).toContain('6 columns do not drift, or too little to tell.');
  });
  test('nothing drifts', () => {
    const { container } = render(<OverTime of={{ ...drift, kind: 'number', early: 2007, late: 2009, shifts: [] }} />);
    expect(container.textContent).toContain('rows up to 2007 against rows from 2009');
    expect(container.textContent).toContain('No column drifts by more than chance and trifles.');
    expect(screen.queryByRole('table')).toBeNull();
  });
  test('in French', async () => {
    await choose('fr');
    const { container } = render(<OverTime of={drift} />);
    expect(container.textContent).toContain('beaucoup changé');
    expect(container.textContent).toContain('6 colonnes ne dérivent pas');
  });
  test.each([
    [[1, null, 3], '20,25 100,3'],
    [[2, 2], '30,14 90,14'],
    [[null, 2], ''],
    [[], ''],
  ])('the course of %j is %s', (points, want) => expect(course(points)).toBe(want));
});

describe('means of the target', () => {
  test('stand between the least and the greatest, with their intervals', () => {
    expect(meanDots([0, null, 10], [1, null, 100])).toEqual([
      { i: 0, y: 37, top: 33.6, bottom: 40 },
      { i: 2, y: 3, top: 0, bottom: 40 },
    ]);
    expect(meanDots([5, 5], [1, 1])).toEqual([]);
    expect(meanDots([], [])).toEqual([]);
  });
  const column = (target?: (number | null)[]): ProfiledColumn => ({
    name: 'area',
    kind: 'number',
    missing: 0,
    distinct: 9,
    numbers: {
      min: 0,
      max: 3,
      mean: 1,
      sd: 1,
      whole: false,
      quantiles: { p01: 0, p05: 0, p25: 1, p50: 1, p75: 2, p95: 3, p99: 3 },
      histogram: { low: 0, high: 3, counts: [1, 2, 3], target, half: target?.map(() => 0.5) },
    },
  });
  test('a card draws them where there are any', () => {
    const { container, rerender } = render(
      <ColumnCard column={column([1, null, 4])} rows={6} target={false} outcome="price" />,
    );
    expect(container.querySelectorAll('.interval')).toHaveLength(2);
    expect(container.textContent).toContain('line: mean price');
    rerender(<ColumnCard column={column()} rows={6} target={false} />);
    expect(container.querySelectorAll('.interval, polyline')).toHaveLength(0);
    expect(container.textContent).not.toContain('line: mean');
  });
});
