import { beforeEach, describe, expect, test } from 'vitest';
import {
  ago,
  bytes,
  decimalsFor,
  duration,
  humanise,
  number,
  percent,
  quantity,
  setLocale,
  signedPercent,
} from './format';

beforeEach(() => setLocale('en', ['en-GB']));

const plain = (s: string) => s.replace(/[\u00a0\u202f]/g, ' ');

test('the person’s own variety of the language decides', () => {
  setLocale('en', ['fr-FR', 'en-GB']);
  expect(number(1234567.5)).toBe('1,234,567.5');
  setLocale('fr', ['en-GB', 'fr-CH']);
  expect(plain(number(1234.5))).toMatch(/^1 234[,.]5$/);
  setLocale('fr', []);
  expect(plain(number(1234.5))).toBe('1 234,5');
});

describe('quantity', () => {
  test.each([
    [312000, 'USD', 0, '$312,000'],
    [312000, 'EUR', 0, '€312,000'],
    [1442, 'sq ft', 0, '1,442 sq ft'],
    [0.914, undefined, 3, '0.914'],
    [12, 'ABCD', 0, '12 ABCD'],
  ])('%d %s', (value, unit, decimals, want) => expect(plain(quantity(value, unit, decimals))).toBe(want));

  test('in French the sign follows', () => {
    setLocale('fr', ['fr-FR']);
    expect(plain(quantity(312000, 'EUR'))).toBe('312 000 €');
  });
});

test.each([
  [27310, 24900, 30200, 0],
  [0.914, 0.897, 0.929, 3],
  [1.5, 1.2, 1.8, 2],
  [5, 5, 5, 3],
  [0, 0, 0, 0],
])('decimals of %d within %d to %d', (value, low, high, want) => expect(decimalsFor(value, low, high)).toBe(want));

test.each([
  [0.42, '0.4 s'],
  [42.4, '42 s'],
  [59.6, '1 min 00 s'],
  [187, '3 min 07 s'],
  [7500, '2 h 05 min'],
])('duration of %d', (seconds, want) => expect(plain(duration(seconds))).toBe(want));

test.each([
  [912, '912 byte'],
  [48200, '48.2 kB'],
  [184_320_000, '184 MB'],
])('bytes of %d', (size, want) => expect(plain(bytes(size))).toBe(want));

test('shares', () => {
  expect(percent(0.904, 1)).toBe('90.4%');
  expect(signedPercent(0.123)).toBe('+12%');
  expect(signedPercent(-0.0581)).toBe('-5.8%');
});

test('ago takes the largest fitting unit', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  const at = (s: number) => new Date(now - s * 1000).toISOString();
  expect(ago(at(20), now)).toBe('20 seconds ago');
  expect(ago(at(3 * 3600), now)).toBe('3 hours ago');
  expect(ago(at(86_400), now)).toBe('yesterday');
});

test.each([
  ['North_Ames', 'North Ames'],
  ['Gr_Liv_Area', 'Gr Liv Area'],
  ['grLivArea', 'Gr Liv Area'],
  ['WD ', 'WD'],
  ['One_Story_1946_and_Newer_All_Styles', 'One Story 1946 and Newer All Styles'],
])('humanise %s', (name, want) => expect(humanise(name)).toBe(want));
