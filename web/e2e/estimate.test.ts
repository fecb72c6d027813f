import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as t from '../src/api/types';
import {
  api,
  desk,
  expectAccessible,
  expectFits,
  launch,
  open,
  origin,
  phone,
  settled,
  shot,
  signIn,
  soon,
  speaks,
  watch,
} from './browser';
import { story } from './pages';

let browser: Browser;
let address: string;
let endpoint: string;
let info: t.EndpointInfo;

beforeAll(async () => {
  browser = await launch();
  const context = await open(browser);
  const { page } = await watch(context);
  await signIn(page);
  endpoint = (await story(page)).endpoint ?? '';
  if (!endpoint) throw new Error('nothing is in production, and DASIER_ENDPOINT is not set');
  address = `/estimate/${endpoint}`;
  info = await api<t.EndpointInfo>(page, `/endpoints/${endpoint}`);
  await context.close();
});
afterAll(() => browser?.close());

describe.each([
  ['light', desk, 1280],
  ['dark', desk, 1280],
  ['light', phone, 390],
  ['dark', phone, 390],
] as const)('%s at %o', (scheme, size, width) => {
  test('a client without an account sees a price, its interval and its reasons', async () => {
    const context = await open(browser, { scheme, size });
    const { page, wrongs } = await watch(context);
    await page.goto(address);
    await page.locator('.figure').waitFor();
    await settled(page);
    await page.locator('.bar .span').waitFor({ state: 'attached' });
    expect(await page.locator('.between').textContent()).toMatch(/between .+ and .+ times out of 10/);
    expect(await page.locator('.bars li').count()).toBeGreaterThan(0);
    await expectAccessible(page);
    await expectFits(page);
    await shot(page, `estimate-${scheme}-${width}`);
    await page.locator('summary').click();
    await expectAccessible(page);
    await expectFits(page);
    expect(wrongs).toEqual([]);
    await context.close();
  });
});

test('the price shown is the price of the API for the same answers', async () => {
  const context = await open(browser);
  const { page } = await watch(context);
  const asked = page.waitForRequest(request => request.url().includes('/predict'));
  await page.goto(address);
  const body = (await asked).postData() ?? '';
  await page.locator('.figure').waitFor();
  const shown = Number(await page.locator('.figure').getAttribute('data-prediction'));
  const response = await page.request.post(`${origin}/api/v1/endpoints/${endpoint}/predict`, {
    data: body,
    headers: { 'Content-Type': 'application/json' },
  });
  const answer = (await response.json()) as t.PredictAnswer;
  expect(Math.abs(shown / (answer.prediction ?? Number.NaN) - 1)).toBeLessThan(1e-9);
  await context.close();
});

// numberInput is the number that matters most, of those that are typed.
function numberInput(): t.Input {
  const input = info.inputs
    .filter(i => i.kind === 'number' && i.median !== undefined && (i.max ?? 0) - (i.min ?? 0) > 5)
    .sort((a, b) => (b.importance ?? 0) - (a.importance ?? 0))[0];
  if (!input) throw new Error('the model has no number among its inputs');
  return input;
}

test('the estimate follows what is typed, and a wrong entry is told beside its field', async () => {
  const input = numberInput();
  const context = await open(browser);
  const { page, wrongs } = await watch(context);
  await page.goto(address);
  await page.locator('.figure').waitFor();
  const before = await page.locator('.figure').getAttribute('data-prediction');
  const field = page.locator(`#in-${input.name}`);
  await field.fill(String(input.high));
  await page.waitForFunction(old => document.querySelector('.figure')?.getAttribute('data-prediction') !== old, before);
  await soon(() => new URL(page.url()).hash).toContain(input.name);
  await field.fill('a lot');
  const wrong = page.locator(`#in-${input.name}-error`);
  await wrong.waitFor();
  expect(await field.getAttribute('aria-invalid')).toBe('true');
  expect(await field.getAttribute('aria-describedby')).toContain(`in-${input.name}-error`);
  await expectAccessible(page);
  await shot(page, 'estimate-wrong');
  await field.fill(String(input.median));
  await wrong.waitFor({ state: 'detached' });
  expect(wrongs).toEqual([]);
  await context.close();
});

test('the page speaks French, and keeps what was typed', async () => {
  const context = await open(browser);
  const { page, wrongs } = await watch(context);
  await page.goto(address);
  await page.locator('.figure').waitFor();
  const input = numberInput();
  await page.locator(`#in-${input.name}`).fill(String(input.high));
  await page.getByRole('button', { name: 'Français' }).click();
  await page.getByText('fois sur 10').waitFor();
  await speaks(page, 'fr');
  expect(await page.locator(`#in-${input.name}`).inputValue()).toBe(String(input.high));
  await expectAccessible(page);
  await shot(page, 'estimate-french');
  expect(wrongs).toEqual([]);
  await context.close();
});

test('an endpoint that is not there says so', async () => {
  const context = await open(browser);
  const { page } = await watch(context);
  await page.goto('/estimate/no-such.endpoint.anywhere');
  await page.getByRole('alert').waitFor();
  await expectAccessible(page);
  await context.close();
});
