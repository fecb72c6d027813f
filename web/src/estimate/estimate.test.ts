import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../api/client';
import type { EndpointInfo, Input, PredictAnswer } from '../api/types';
import { setLocale } from '../format/format';
import { matching } from './Combobox';
import { chances, chanceText, className, likely } from './chances';
import { sliderStep } from './FieldInput';
import { fieldOf, filled, fromHash, order, parseNumber, plainNumber, rowOf, toHash } from './fields';
import { noticeSentence } from './notices';
import { short } from './Result';
import { explain, rounded, shownDecimals } from './reasons';
import { refused } from './useEstimate';
import { lowerFirst, odds, words } from './words';

const w = words.en;
const input = (over: Partial<Input>): Input => ({ name: 'X', kind: 'number', required: false, ...over });
beforeEach(() => setLocale('en', ['en-GB']));

describe('a control for each input', () => {
  test('an area is typed, with a slider over the usual range', () => {
    const field = fieldOf(input({ name: 'Gr_Liv_Area', min: 334, max: 5642, low: 672, high: 2944, median: 1442.5 }), w);
    expect(field).toMatchObject({
      label: 'Gr Liv Area',
      control: { kind: 'number', step: 'any', slider: true },
      initial: '1442.5',
    });
  });
  test('a handful of whole numbers is a choice', () => {
    const field = fieldOf(input({ min: 0, max: 4, whole: true, median: 2 }), w);
    expect(field.control).toMatchObject({
      kind: 'choices',
      options: [{ value: '0' }, { value: '1' }, { value: '2' }, { value: '3' }, { value: '4' }],
    });
  });
  test.each([
    [['Y', 'N'], 'choices'],
    [['a', 'b', 'c', 'd', 'e'], 'select'],
    [['A level with a long name', 'b'], 'select'],
    [Array.from({ length: 28 }, (_, i) => `level_${i}`), 'search'],
  ])('levels %j', (levels, kind) => {
    expect(fieldOf(input({ kind: 'category', levels, mode: levels[0] }), w).control.kind).toBe(kind);
  });
  test('free text has a field of its own and goes as it is typed', () => {
    const field = fieldOf(input({ kind: 'category', text: true }), w);
    expect(field.control.kind).toBe('text');
    expect(rowOf([field], { X: 'A house, by the "lake"\n' })).toEqual({ X: 'A house, by the "lake"\n' });
  });
  test('levels read as words and go as the model knows them', () => {
    const field = fieldOf(input({ kind: 'category', levels: ['N', 'WD ', 'North_Ames'], mode: 'WD ' }), w);
    expect(field.control).toMatchObject({
      options: [{ label: 'No' }, { value: 'WD ', label: 'WD' }, { label: 'North Ames' }],
    });
    expect(rowOf([field], { X: 'WD ' })).toEqual({ X: 'WD ' });
  });
  test('the label of the recipe wins', () =>
    expect(fieldOf(input({ label: 'Living area' }), w).label).toBe('Living area'));
});

test('what matters most comes first, and nothing required is folded away', () => {
  const inputs = Array.from({ length: 15 }, (_, i) => input({ name: `i${i}`, importance: i / 100, required: i === 0 }));
  const { main, more } = order(inputs);
  expect(main.map(i => i.name)).toEqual(['i14', 'i13', 'i12', 'i11', 'i10', 'i9', 'i8', 'i7', 'i6', 'i5', 'i0']);
  expect(more.map(i => i.name)).toEqual(['i4', 'i3', 'i2', 'i1']);
});

test('the recipe’s form comes first, in its order, and then what is required', () => {
  const inputs = ['a', 'b', 'c', 'd'].map((name, i) => input({ name, importance: i / 10, required: name === 'c' }));
  const { main, more } = order(inputs, ['b', 'gone', 'a']);
  expect(main.map(i => i.name)).toEqual(['b', 'a', 'c']);
  expect(more.map(i => i.name)).toEqual(['d']);
});

test('zeros that the registry leaves out are put back, statistics that never were are not', () => {
  expect(filled(input({ max: 313, high: 129, median: 64 }))).toMatchObject({ min: 0, low: 0, max: 313 });
  expect(filled(input({ min: -5 }))).toMatchObject({ min: -5, max: 0 });
  expect(filled(input({})).min).toBeUndefined();
  expect(filled(input({ kind: 'category', mode: 'A' })).min).toBeUndefined();
});

describe('a notice', () => {
  const info = {
    inputs: [input({ name: 'area', min: 480, max: 3820, low: 720, high: 2810, unit: 'sq ft' })],
  } as EndpointInfo;
  const said = (code: string, name = 'area') =>
    noticeSentence(info, { input: name, code: code as 'rare', message: 'the server’s own' }, words.fr);
  test('is said in the person’s language, with the data’s own limits', () => {
    expect(said('rare')).toContain('entre 720\u00a0sq ft et 2,810\u00a0sq ft');
    expect(said('unseen')).toContain('de 480\u00a0sq ft à 3,820\u00a0sq ft');
    expect(said('unknown')).toBe(words.fr.unknownLevel);
  });
  test('of a code or an input unknown here is the server’s sentence', () => {
    expect(said('haunted')).toBe('the server’s own');
    expect(said('rare', 'gone')).toBe('the server’s own');
  });
});

test.each([
  ['1250', 1250],
  ['1,250', 1250],
  ['1 250,5', 1250.5],
  ['1\u202f250', 1250],
  ['1.250,5', 1250.5],
  ['1,250.5', 1250.5],
  ['2,5', 2.5],
  ['-3.5', -3.5],
  ['a lot', Number.NaN],
  ['', Number.NaN],
])('the number of “%s”', (text, want) => expect(parseNumber(text)).toBe(want));

test('the row is typed, leaves out what is not known, and passes on what is wrong', () => {
  const fields = [
    fieldOf(input({ name: 'area' }), w),
    fieldOf(input({ name: 'air', kind: 'bool' }), w),
    fieldOf(input({ name: 'place', kind: 'category', levels: ['A'] }), w),
    fieldOf(input({ name: 'year' }), w),
  ];
  expect(rowOf(fields, { area: '1 442', air: 'false', place: '', year: 'old' })).toEqual({
    area: 1442,
    air: false,
    year: 'old',
  });
});

test('a link carries what was changed and nothing else', () => {
  const fields = [fieldOf(input({ name: 'a', median: 1 }), w), fieldOf(input({ name: 'b', median: 2 }), w)];
  expect(toHash(fields, { a: '1', b: '2' })).toBe('');
  const hash = toHash(fields, { a: '', b: '3 & more' });
  expect(fromHash(hash, fields)).toEqual({ a: '', b: '3 & more' });
  expect(fromHash('', fields)).toEqual({ a: '1', b: '2' });
});

test('years are not grouped', () => {
  expect(plainNumber(input({ min: 1872, max: 2010, whole: true }), 1973)).toBe('1973');
  expect(plainNumber(input({ min: 0, max: 5000, whole: true }), 1973)).toBe('1,973');
});

const answer = (over: Partial<PredictAnswer>): PredictAnswer => ({
  prediction: 160000,
  unit: 'USD',
  model: 'm',
  version: 1,
  notices: [],
  ...over,
});
describe('a set of classes', () => {
  const set = (classes: string[], level = 0.9) =>
    answer({
      label: 'bad_risk',
      probabilities: { good: 0.35, bad_risk: 0.6, fair: 0.05 },
      set: { classes, level },
    });
  test.each([
    [['good', 'bad_risk'], 'Likely one of: Bad risk, Good (9 times out of 10).'],
    [['bad_risk'], 'Likely “Bad risk” and no other (9 times out of 10).'],
    [['good', 'bad_risk', 'fair'], 'It could be any of them: none can be ruled out (9 times out of 10).'],
    [[], 'No answer is likely enough: this is unlike our data.'],
  ])('%j', (classes, want) => expect(likely(set(classes), w)).toBe(want));
  test('is told in the level that was promised', () =>
    expect(likely(set(['good', 'fair'], 0.95), words.fr)).toContain('95 fois sur 100'));
  test('of an answer without one says nothing', () => expect(likely(answer({ label: 'good' }), w)).toBe(''));
});

const contributions = [
  { input: 'a', value: 1, effect: 0.1 },
  { input: 'b', value: 'x', effect: -0.2 },
  ...['c', 'd', 'e', 'f'].map((name, i) => ({ input: name, value: 0, effect: 0.01 * (i + 1) })),
  { input: 'g', value: 0, effect: 0 },
];

describe('reasons', () => {
  test('effects on a logarithm are percentages', () => {
    const e = explain(answer({ reasons: { base: Math.log(150000), contributions, scale: 'log' } }));
    expect(e?.base).toBe('$150,000');
    expect(e?.up.map(r => [r.input, r.text])).toEqual([
      ['a', '+11%'],
      ['f', '+4.1%'],
      ['e', '+3.0%'],
      ['d', '+2.0%'],
    ]);
    expect(e?.down.map(r => [r.input, r.text, r.size])).toEqual([['b', '-18%', 1]]);
    expect([e?.others, e?.othersText]).toEqual([1, '+1.0%']);
  });
  test('effects on a logarithm whose amounts the server tells are amounts', () => {
    const told = contributions.map(c => ({ ...c, amount: c.effect * 123456 }));
    const e = explain(
      answer({ reasons: { scale: 'log', base: Math.log(150000), base_prediction: 150000, contributions: told } }),
    );
    expect(e?.base).toBe('$150,000');
    expect(e?.up[0]?.text).toBe('+$12,000');
    expect(e?.down[0]?.text).toBe('−$25,000');
    expect(e?.othersText).toBe('+$1,200');
  });
  test('other effects are amounts', () => {
    const scaled = contributions.map(c => ({ ...c, effect: c.effect * 100000 }));
    const e = explain(answer({ reasons: { base: 150000, contributions: scaled, scale: 'additive' } }));
    expect(e?.up[0]?.text).toBe('+$10,000');
    expect(e?.down[0]?.text).toBe('−$20,000');
  });
  test('what was assumed is no reason', () => {
    const assumed = [
      { input: 'Fireplaces', value: 1, effect: 2000 },
      { input: 'Heating', value: null, effect: 9000 },
    ];
    const e = explain(answer({ reasons: { base: 150000, contributions: assumed, scale: 'additive' } }));
    expect(e?.up.map(r => r.input)).toEqual(['Fireplaces']);
    expect(e?.others).toBe(1);
  });

  describe('of a text', () => {
    const words = Array.from({ length: 10 }, (_, i) => ({
      word: `w${i}`,
      effect: (10 - i) / 10,
      amount: (10 - i) / 100,
    }));
    const reasons = {
      scale: 'log-odds' as const,
      base: -1,
      base_prediction: 0.25,
      contributions: [
        {
          input: 'message',
          value: 'w0 w1 …',
          effect: 5.2,
          amount: 0.52,
          words: [...words, { word: 'not', effect: -0.8, amount: -0.08 }],
          other_words: { count: 7, effect: 0.5, amount: 0.05 },
        },
        { input: 'length', value: 120, effect: 0.95, amount: 0.095 },
        { input: 'source', value: null, effect: 0.1, amount: 0.01 },
      ],
    };
    const choice = explain(answer({ label: 'spam', probabilities: { ham: 0.1, spam: 0.9 }, reasons }));
    test('are its words, among the other columns', () => {
      expect(choice?.up.map(r => r.word ?? r.input)).toEqual(['w0', 'length', 'w1', 'w2', 'w3', 'w4', 'w5', 'w6']);
      expect(choice?.up[0]).toMatchObject({ input: 'message', word: 'w0', text: '+10%', size: 1 });
      expect(choice?.down.map(r => [r.word, r.text])).toEqual([['not', '-8.0%']]);
    });
    test('and what is not told is counted and added up', () => {
      expect(choice?.others).toBe(3 + 7 + 1); // w7 to w9, the other words, and the source
      expect(choice?.othersText).toBe('+12%');
    });
    test('are measured from the empty text', () => expect(choice).toMatchObject({ base: '25%', texts: true }));
    test('of a decision and of a number are told alike', () => {
      const decision = explain(answer({ label: 'spam', reasons: { ...reasons, scale: 'additive' } }));
      expect(decision?.up[0]).toMatchObject({ word: 'w0', size: 1 });
      const price = explain(answer({ reasons: { ...reasons, scale: 'additive', base: 100 } }), 2);
      expect([price?.texts, price?.down[0]?.word]).toEqual([true, 'not']);
    });
  });

  test('no reasons, no explanation', () => expect(explain(answer({}))).toBeUndefined());
});

test('figures that the interval makes meaningless are dropped', () => {
  expect(rounded(312487, 290000, 335000)).toBe(312500);
  expect(rounded(5, 5, 5)).toBe(5);
  expect([shownDecimals(160000), shownDecimals(12.3), shownDecimals(0.0123)]).toEqual([0, 1, 4]);
});

test('a level is said as people do', () => {
  expect(odds(w, 0.9)).toBe('9 times out of 10');
  expect(odds(words.fr, 0.95)).toBe('95 fois sur 100');
});

test('names within a sentence', () => {
  expect([lowerFirst('House price'), lowerFirst('RMSE')]).toEqual(['house price', 'RMSE']);
});

test('search is blind to case and accents', () => {
  const options = ['Éloi', 'North Ames', 'Ames'].map(label => ({ value: label, label }));
  expect(matching(options, 'elo').map(o => o.value)).toEqual(['Éloi']);
  expect(matching(options, 'AMES').map(o => o.value)).toEqual(['North Ames', 'Ames']);
});

test.each([
  [672, 2944, 1, 20],
  [0, 4, 1, 1],
  [0, 1, 'any', 0.01],
] as const)('slider from %d to %d', (low, high, step, want) => expect(sliderStep(low, high, step)).toBeCloseTo(want));

describe('a refusal', () => {
  test('is told beside its fields', () => {
    const error = new ApiError(422, 'wrong', [
      { location: 'Gr_Liv_Area', message: 'expected a number, got "abc"' },
      { location: '[0].Year_Built', message: 'too early' },
    ]);
    expect(refused(error)).toEqual({
      fields: { Gr_Liv_Area: 'expected a number, got "abc"', Year_Built: 'too early' },
      trouble: 'fields',
    });
  });
  test.each([
    [0, 'unreachable'],
    [429, 'limited'],
    [503, { sentence: 'no version is loaded' }],
  ])('of status %d', (status, trouble) =>
    expect(refused(new ApiError(status, 'no version is loaded')).trouble).toEqual(trouble),
  );
});

describe('an answer of a model that tells classes apart', () => {
  const choice = answer({
    prediction: 0.8,
    label: 'pos',
    positive: 'pos',
    probabilities: { neg: 0.2, pos: 0.8 },
    reasons: {
      scale: 'log-odds',
      base: -0.4,
      base_prediction: 0.4,
      contributions: [
        { input: 'glucose', value: 180, effect: 1.5, amount: 0.5 },
        { input: 'age', value: 22, effect: -0.3, amount: -0.1 },
        { input: 'insulin', value: null, effect: 0.01, amount: 0.0004 },
      ],
    },
  });
  test('names the likeliest first', () => {
    expect(chances(choice)).toEqual([
      ['pos', 0.8],
      ['neg', 0.2],
    ]);
  });
  test('has reasons in parts of the probability', () => {
    const explained = explain(choice);
    expect(explained?.base).toBe('40%');
    expect(explained?.up.map(r => [r.input, r.text])).toEqual([['glucose', '+50%']]);
    expect(explained?.down.map(r => [r.input, r.text])).toEqual([['age', '-10%']]);
    expect(explained?.others).toBe(1);
  });
  test('never says that something is certain', () => {
    expect(chanceText(1)).toBe('> 99.9%');
    expect(chanceText(0)).toBe('< 0.1%');
  });
  test('says a label in the person’s language', () => {
    expect(className('yes', words.fr)).toBe('Oui');
    expect(className('high_risk', words.en)).toBe('High risk');
    expect(className('2', words.en)).toBe('2');
  });
});

describe('an answer in one line', () => {
  const says = (over: Partial<PredictAnswer>) =>
    short({ prediction: 0, model: 'm', version: 1, notices: [], ...over } as PredictAnswer, w);
  test('of several numbers, the first and its name', () =>
    expect(says({ prediction: 3.25, values: { price: 3.25, rent: 1, tax: null }, unit: 'km' })).toEqual([
      '3.25\u00a0km',
      'Price, …',
    ]));
  test('of a choice without chances, the class alone', () =>
    expect(says({ prediction: -0.2, label: 'very_dear' })).toEqual(['Very dear', '']));
  test('of a choice with chances, the class and its chance', () =>
    expect(says({ prediction: 0.2, label: 'no', probabilities: { no: 0.8, yes: 0.2 } })).toEqual(['No', '80%']));
  test('of no number, that there is none', () => expect(says({ prediction: null })).toEqual(['None', '']));
});

test('reasons of a choice without chances are shares of all that speaks for or against it', () => {
  const explained = explain({
    prediction: -0.5,
    label: 'no',
    positive: 'yes',
    model: 'm',
    version: 1,
    notices: [],
    reasons: {
      scale: 'additive',
      base: 0.5,
      contributions: [
        { input: 'a', value: 1, effect: -1.5 },
        { input: 'b', value: 2, effect: 0.5 },
      ],
    },
  });
  expect(explained?.base).toBe('');
  expect(explained?.down.map(r => [r.input, r.text])).toEqual([['a', '-75%']]);
  expect(explained?.up.map(r => [r.input, r.text])).toEqual([['b', '+25%']]);
});
