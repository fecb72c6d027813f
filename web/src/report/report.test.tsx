// @vitest-environment jsdom
// The reports are of "dasier train examples/house-prices/model/model.yaml" and of a
// recipe that chooses between two classes, with fewer points, bins and inputs.
import { cleanup, render, screen, within } from '@testing-library/react';
import i18next from 'i18next';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Candidate, Report as Evidence } from '../api/types';
import { choose, start } from '../i18n';
import { Report } from '../pages/Report';
import { metricName } from '../parts/Figure';
import { every } from './Classes';
import houseReport from './testdata/house.json';
import loanReport from './testdata/loan.json';
import { area, around, path, scale, ticks } from './ticks';
import { conditions, effect, effectTicks, gain, sentence } from './words';

const house = houseReport as unknown as Evidence;
const loan = loanReport as unknown as Evidence;

beforeAll(start);
beforeEach(() => choose('en'));
afterEach(cleanup);

const titles = () => screen.getAllByRole('heading', { level: 2 }).map(h => h.textContent);
const table = (name: string | RegExp) => screen.getByRole('table', { name });

describe('the report of a regression', () => {
  test('tells the most decisive first', () => {
    render(<Report report={house} />);
    expect(titles()).toEqual([
      'Gates',
      'Compared with the plain model (linear)',
      'Worth knowing',
      'What training tried',
      'How far the truth lay from the prediction',
      'Where predictions miss',
      'Where it is weak',
      'What predictions rest on',
      'What each input does',
      'What the model would miss',
      'How the answer follows the strongest inputs',
      'Would more rows help?',
    ]);
  });
  test('has a name for every chart, and its figures as a table', () => {
    const { container } = render(<Report report={house} />);
    const charts = screen.getAllByRole('img', { hidden: true });
    expect(charts.length).toBeGreaterThanOrEqual(6);
    for (const chart of charts) expect(chart.getAttribute('aria-label')).not.toBe('');
    // Others are drawn beside figures that say the same.
    for (const svg of container.querySelectorAll('svg'))
      expect([svg.getAttribute('role'), svg.getAttribute('aria-hidden')].some(Boolean)).toBe(true);
    expect(container.querySelectorAll('details.behind table').length).toBeGreaterThanOrEqual(5);
    // No figure that a chart has no place for.
    for (const drawn of container.querySelectorAll('path, rect, circle, line'))
      expect(drawn.outerHTML).not.toMatch(/NaN|undefined|Infinity/);
  });
  test('says inputs as the recipe labels them, and figures in their unit', () => {
    render(<Report report={house} />);
    const weak = table('Where it is weak');
    expect(weak.textContent).toContain('Garage area > 400 · Above-ground living area > 1689');
    expect(weak.textContent).toContain('$26,550');
    expect(table('What the model would miss').textContent).toContain('$11,710(10,402 to 13,119)');
  });
  test('compares with the version in use before the plain model', () => {
    const plain = house.versus?.[0];
    if (!plain) throw new Error('the report compares with nothing');
    const present = {
      ...plain,
      with: 'version 3 in production',
      role: 'present' as const,
      verdict: 'worse' as const,
      seen: true,
    };
    render(<Report report={{ ...house, versus: [plain, present] }} />);
    expect(titles().slice(1, 3)).toEqual([
      'Compared with version 3 in production',
      'Compared with the plain model (linear)',
    ]);
    expect(screen.getAllByText('worse')).toHaveLength(1);
    expect(screen.getAllByText(/may have seen some of these rows/)).toHaveLength(1);
    const rows = within(table(/plain model/)).getAllByRole('row');
    expect(rows.find(row => row.textContent?.startsWith('MAE'))?.textContent).toContain('+7.1%(+2.4% to +12%)');
  });
  test('speaks French throughout', async () => {
    await choose('fr');
    const { container } = render(<Report report={house} />);
    expect(titles()).toContain('Ce que l’entraînement a essayé');
    for (const english of container.querySelectorAll('[lang=en]')) english.remove();
    expect(container.textContent).not.toMatch(/\b(with|figures|true|told|missing|held)\b/i);
  });
});

describe('the report of a classifier', () => {
  test('shows what was told for which class, and how sure that is', () => {
    render(<Report report={loan} />);
    const rows = within(screen.getByRole('region', { name: 'Which class was told for which' })).getAllByRole('row');
    expect(rows[1]?.textContent).toBe('bad11847%13353%67.4%(60% to 74%)47.0%(41% to 53%)');
    expect(screen.getByText('good: area 0.823')).toBeTruthy();
    expect(screen.getByText(/nothing speaks against them\.$/)).toBeTruthy();
    expect(titles()).not.toContain('Where predictions miss');
  });
  test('says that a gate failed, by the metric’s own name', () => {
    render(<Report report={loan} />);
    const failed = within(table('Gates')).getAllByRole('row')[1];
    expect(failed?.textContent).toContain('failed');
    expect(failed?.textContent).toContain('Accuracy at least 0.95');
  });
  test('of a quick run warns before all else', () => {
    const { container } = render(<Report report={{ ...loan, quick: { skipped: ['3 of 5 folds.'] } }} />);
    expect(container.firstElementChild?.textContent).toContain('A quick run: not for use');
    expect(container.firstElementChild?.textContent).toContain('3 of 5 folds.');
  });
});

test('a report without evidence shows what it has', () => {
  const { evidence, versus, interval, ...rest } = house;
  expect([evidence, versus, interval].every(Boolean)).toBe(true);
  render(<Report report={{ ...rest, gates: null, warnings: null, residuals: null, importance: null }} />);
  expect(titles()).toEqual(['What training tried']);
});

test('a candidate that was not scored says why, and one without an interval has none', () => {
  const candidates: Candidate[] = [
    { name: 'ridge', params: { alpha: '3' }, score: 5, chosen: true, tied: true, predict_us: 3.24, size: 27032 },
    { name: 'forest', params: null, chosen: false, tied: false, status: 'skipped', reason: 'the time is up' },
    { name: 'stacking', params: null, chosen: false, tied: false, status: 'haunted' },
  ];
  render(<Report report={{ ...house, candidates }} />);
  const [, ridge, forest, stacking] = within(table('What training tried')).getAllByRole('row');
  expect(ridge?.textContent).toMatch(/^ridgechosenalpha 3\$5\.\d+3\.2\u00a0µs27 kB$/);
  expect(forest?.textContent).toBe('forestskippedthe time is up–––');
  expect(stacking?.textContent).toContain('haunted');
});

test('gates on costs are told in their units; times that a package leaves out are not made up', () => {
  const gate = { by: 'value', verdict: 'pass' as const, reason: '' };
  const gates = [
    { ...gate, metric: 'size', max: 1_000_000, value: 648_445, low: 648_445, high: 648_445 },
    { ...gate, metric: 'fit_seconds', max: 60, value: 0, low: 0, high: 0 },
  ];
  render(<Report report={{ ...house, gates }} />);
  const [size, time] = within(table('Gates')).getAllByRole('row');
  expect(size?.textContent).toContain('at most 1 MB');
  expect(size?.textContent).toContain('648 kB');
  expect(time?.textContent).toContain('By the clock of the machine that trained.');
});

describe('words', () => {
  test.each([
    ['rmse', 'RMSE'],
    ['log_loss', 'Log loss'],
    ['pinball_0.9', 'Pinball loss (0.9)'],
    ['top_3', 'True class among the top 3'],
    ['of_another_system', 'Of another system'],
  ])('the metric %s', (name, want) => expect(metricName(name)).toBe(want));
  test('every metric has its word in both languages', async () => {
    expect(metricName('accuracy')).toBe('Accuracy');
    await choose('fr');
    expect(metricName('accuracy')).toBe('Exactitude');
    expect(i18next.exists('measure.d2_gamma')).toBe(true);
  });
  test.each([
    ['log', Math.log(1.25), '×1.25'],
    ['log-odds', 0.523, '+0.52'],
    ['additive', -1250, '-1,300'],
  ] as const)('an effect on the scale %s', (of, v, want) => expect(effect(of, v)).toBe(want));
  test('the scale of multiplied effects has round factors', () => {
    const found = effectTicks('log', [Math.log(0.78), Math.log(1.31)], 6).map(Math.exp);
    expect(found.map(v => v.toFixed(3))).toEqual(['0.800', '0.900', '1.000', '1.100', '1.200', '1.300']);
  });
  test('a gain in per cent, in points and plainly', () => {
    const c = { name: 'auc', title: 'AUC', current: 0, candidate: 0, gain: 0.0123, gain_low: 0.002, gain_high: 0.022 };
    const rest = { verdict: 'better', level: 0.95, n: 10, sentence: '' } as const;
    expect(gain({ ...c, ...rest }, 0.0123)).toBe('+0.012');
    expect(gain({ ...c, ...rest, gain_unit: '%' }, -7.146)).toBe('-7.1%');
    expect(gain({ ...c, ...rest, gain: 1.26, gain_low: 0.4, gain_high: 2.3, gain_unit: 'points' }, 1.26)).toBe('+1.3');
  });
  test('a slice by labels; a date in the report’s own words', () => {
    const label = (name: string) => name.toUpperCase();
    const said = (over: object, text = '') =>
      conditions({ conditions: [{ column: 'a', op: '>', value: 0, ...over }], text }, label, 'is missing');
    expect(said({ op: '<=', value: 1940 })).toBe('A ≤ 1940');
    expect(said({ value: 12500 })).toBe('A > 12,500');
    expect(said({ op: '=', level: 'Old_Town' })).toBe('A = Old Town');
    expect(said({ value: -93.677 })).toBe('A > -93.677');
    expect(said({ op: 'missing' })).toBe('A is missing');
    expect(said({ value: 1_600_000_000 }, 'sold > 2020-09-13')).toBe('sold > 2020-09-13');
    expect(said({ op: '=', value: 1 }, 'air = true')).toBe('air = true');
  });
  test.each([
    ['half of it', 'Half of it.'],
    ['Is it?', 'Is it?'],
    [' done. ', 'Done.'],
  ])('the sentence of %j', (text, want) => expect(sentence(text)).toBe(want));
});

describe('axes', () => {
  test.each([
    [[0, 1], 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [[-25_000, 40_000], 5, [-20_000, 0, 20_000, 40_000]],
    [[1950, 2010], 4, [1960, 1980, 2000]],
    [[0.1, 0.1], 5, []],
    [[0, Number.NaN], 5, []],
  ] as [[number, number], number, number[]][])('ticks of %j', (span, most, want) =>
    expect(ticks(span, most)).toEqual(want),
  );
  test.each([1e-9, 0.003, 1, 77, 1e12])('ticks are inside and few, at any size (%d)', size => {
    for (let k = 1; k < 40; k++) {
      const span: [number, number] = [-size * k * 0.37, size * (k + 1.3)];
      const found = ticks(span, 6);
      expect(found.length).toBeGreaterThanOrEqual(2);
      expect(found.length).toBeLessThanOrEqual(7);
      for (const v of found) expect(v >= span[0] - size * 1e-6 && v <= span[1] + size * 1e-6).toBe(true);
    }
  });
  test('a span holds its values with room, also one value, also none', () => {
    expect(around([2, 4], 0.1)).toEqual([1.8, 4.2]);
    expect(around([5, 5])).toEqual([4.75, 5.25]);
    expect(around([0])).toEqual([-0.5, 0.5]);
    expect(around([])).toEqual([0, 1]);
    expect(around([1, Number.NaN, 2], 0)).toEqual([1, 2]);
  });
  test('lines and areas', () => {
    const x = scale([0, 10], 100, 200);
    expect([x(0), x(5), x(10)]).toEqual([100, 150, 200]);
    expect(
      path([
        [1, 2],
        [3, 4],
      ]),
    ).toBe('M1.0 2.0L3.0 4.0');
    expect(area([0, 1], [5, 6], [7, 8])).toBe('M0.0 7.0L1.0 8.0L1.0 6.0L0.0 5.0Z');
    expect(every([1, 2, 3, 4, 5], 3)).toEqual([1, 3, 5]);
  });
});
