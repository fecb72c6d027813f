// The app of the house-price team: what a client sees is what the back-end says.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  desk,
  expectAccessible,
  expectFits,
  type Look,
  launch,
  open,
  phone,
  shot,
  soon,
  speaks,
  watch,
} from './browser';

const address = process.env.DASIER_APP?.replace(/\/$/, '') ?? '';
const house = { neighborhood: 'North_Ames', living_area: 1500, year_built: 1970 };

interface Price {
  price: number;
  low: number;
  high: number;
  reasons: { field: string; percent: number }[];
  comparables: unknown[];
}

let browser: Browser;
beforeAll(async () => {
  if (!address) throw new Error('DASIER_APP is not set: see e2e/browser.ts');
  browser = await launch();
});
afterAll(() => browser?.close());

async function visit(look: Look, run: (page: Page) => Promise<void>) {
  const context = await open(browser, look);
  const { page, wrongs } = await watch(context, new URL(address).origin);
  await page.goto(address);
  await page.locator('.place').first().waitFor(); // the map is drawn
  await run(page);
  expect(wrongs).toEqual([]);
  await context.close();
}

async function fill(page: Page) {
  await page.locator('#neighborhood').selectOption(house.neighborhood);
  await page.locator('#living_area').fill(String(house.living_area));
  await page.locator('#year_built').fill(String(house.year_built));
  await page.locator('.figure').waitFor();
}

// ask asks the back-end as the page does, by the page's own address.
const ask = (page: Page, body: unknown) =>
  page.evaluate(async sent => {
    const response = await fetch('/api/price', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(sent),
    });
    return (await response.json()) as Price;
  }, body);

const digits = (text: string | null) => Number((text ?? '').replace(/\D/g, ''));

describe.each([
  ['light', desk, 1280],
  ['dark', desk, 1280],
  ['light', phone, 390],
  ['dark', phone, 390],
] as const)('%s at %o', (scheme, size, width) => {
  test('a client fills in a form and sees a price, its interval, its reasons and sales that compare', async () => {
    await visit({ scheme, size }, async page => {
      await expectAccessible(page);
      await fill(page);
      const answer = await page.locator('.answer').textContent();
      expect(answer).toMatch(/Between .+ and .+ times out of 10/);
      expect(await page.locator('.reasons li').count()).toBeGreaterThan(0);
      expect(await page.locator('.answer tbody tr').count()).toBeGreaterThan(0);
      await expectAccessible(page);
      await expectFits(page);
      await shot(page, `app-${scheme}-${width}`);
    });
  });
});

test('what is shown is what the back-end answers', async () => {
  await visit({}, async page => {
    await fill(page);
    const told = await ask(page, house);
    await page.waitForFunction(
      price => Number(document.querySelector('.figure')?.textContent?.replace(/\D/g, '')) === price,
      told.price,
    );
    expect(digits(await page.locator('.figure').textContent())).toBe(told.price);
    const range = await page.locator('.answer p', { hasText: 'times out of 10' }).textContent();
    expect([...(range ?? '').matchAll(/\d[\d,]*/g)].slice(0, 2).map(m => digits(m[0]))).toEqual([told.low, told.high]);
    expect(await page.locator('.reasons li').count()).toBe(told.reasons.length);
    expect(await page.locator('.answer tbody tr').count()).toBe(told.comparables.length);
  });
});

test('a neighbourhood is chosen on the map with the keyboard, and the price follows', async () => {
  await visit({}, async page => {
    await fill(page);
    const before = await page.locator('.figure').textContent();
    const chosen = await page.locator('#neighborhood').inputValue();
    const other = page.getByRole('button', { name: /^Stone Brook|^Northridge Heights/ }).first();
    await other.focus();
    await page.keyboard.press('Enter');
    await soon(() => other.getAttribute('aria-pressed')).toBe('true');
    await soon(() => page.locator('#neighborhood').inputValue()).not.toBe(chosen);
    await page.waitForFunction(old => document.querySelector('.figure')?.textContent !== old, before);
    await expectAccessible(page);
  });
});

test('it speaks French, and keeps what was typed', async () => {
  await visit({}, async page => {
    await fill(page);
    await page.getByRole('button', { name: 'Français' }).click();
    await page.getByText(/fois sur 10/).waitFor();
    await speaks(page, 'fr');
    expect(await page.locator('#living_area').inputValue()).toBe(String(house.living_area));
    await expectAccessible(page);
    await shot(page, 'app-french');
  });
});
