import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as t from '../src/api/types';
import {
  api,
  axeFaults,
  colourRules,
  desk,
  expectAccessible,
  launch,
  open,
  overflow,
  password,
  phone,
  refusals,
  settled,
  shot,
  signIn,
  soon,
  speaks,
  user,
  watch,
  wear,
} from './browser';
import { furnish } from './furnish';
import { places, type Story, story } from './pages';

let browser: Browser;
let state: Awaited<ReturnType<BrowserContext['storageState']>>;
let s: Story;
let everywhere: [string, string][];

beforeAll(async () => {
  browser = await launch();
  const context = await open(browser);
  const { page } = await watch(context);
  await signIn(page);
  s = await story(page);
  everywhere = [...(await furnish(s.project.path)), ...(await places(page, s))];
  state = await context.storageState();
  await context.close();
});
afterAll(() => browser?.close());

// signedIn runs a test in a fresh window that is signed in already, and then
// holds it to what no page may do.
async function signedIn(run: (page: Page) => Promise<void>, look: Parameters<typeof open>[1] = {}) {
  const context = await open(browser, look);
  await context.addCookies(state.cookies);
  const { page, wrongs } = await watch(context);
  await run(page);
  expect(wrongs).toEqual([]);
  await context.close();
}

test('a signed-out person is asked in, told why not, and brought to where they wanted to go', async () => {
  const context = await open(browser);
  const { page, wrongs } = await watch(context);
  await page.goto(`/${s.project.path}/pipelines`);
  await page.waitForURL(/\/login/);
  await page.locator('input[autocomplete=username]').fill(user);
  await page.locator('input[autocomplete=current-password]').fill('not the password');
  await page.locator('button[type=submit]').click();
  await page.getByRole('alert').waitFor();
  await expectAccessible(page);
  await shot(page, 'sign-in-refused');
  await page.locator('input[autocomplete=current-password]').fill(password);
  await page.locator('button[type=submit]').click();
  await page.waitForURL(`**/${s.project.path}/pipelines`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  expect(wrongs).toEqual([]);
  await context.close();
});

// Every page is opened once and looked at from all sides: light and dark, desk
// and phone. Two windows share the way.
describe('every page', () => {
  const seen = {
    light: [] as string[],
    dark: [] as string[],
    wide: [] as string[],
    refused: [] as string[],
    wrongs: [] as string[],
  };

  beforeAll(async () => {
    const context = await open(browser);
    await context.addCookies(state.cookies);
    const left = [...everywhere];
    const walk = async () => {
      const { page, wrongs } = await watch(context);
      for (let next = left.shift(); next; next = left.shift()) {
        const [name, address] = next;
        const add = (list: string[], more: string[]) => list.push(...more.map(text => `${name}: ${text}`));
        await page.setViewportSize(desk);
        await wear(page, 'light');
        await page.goto(address);
        await settled(page);
        if (name !== 'missing') add(seen.refused, await refusals(page));
        add(seen.light, await axeFaults(page));
        await shot(page, `${name}-light-1280`);
        await wear(page, 'dark');
        add(seen.dark, await axeFaults(page, colourRules));
        await shot(page, `${name}-dark-1280`);
        await page.setViewportSize(phone);
        await shot(page, `${name}-dark-390`);
        await wear(page, 'light');
        await shot(page, `${name}-light-390`);
        const over = await overflow(page);
        if (over > 0) add(seen.wide, [`${over} px too wide`]);
        add(seen.wrongs, wrongs.splice(0));
      }
    };
    await Promise.all([walk(), walk()]);
    await context.close();
  }, 1_800_000);

  test('is clean for axe', () => expect(seen.light).toEqual([]));
  test('is clean for axe in the dark', () => expect(seen.dark).toEqual([]));
  test('shows what it is for', () => expect(seen.refused).toEqual([]));
  test('fits a phone', () => expect(seen.wide).toEqual([]));
  test('throws nothing and asks no other server', () => expect(seen.wrongs).toEqual([]));
});

test('the pipeline page draws each of its jobs and leads to their logs', async () => {
  await signedIn(async page => {
    await page.goto(`/${s.project.path}/pipelines/${s.pipeline.id}`);
    await settled(page);
    await soon(() => page.locator('.graph a.job').count()).toBe(s.pipeline.jobs.length);
    await page.locator('.graph a.job', { hasText: s.job.name }).first().click();
    await page.waitForURL(`**/jobs/${s.job.id}`);
    await page.locator('.log .line').first().waitFor();
  });
});

test('a job log has coloured, foldable, searchable, linkable lines', async () => {
  await signedIn(async page => {
    await page.goto(`/${s.project.path}/jobs/${s.job.id}`);
    await page.locator('.log .fold').first().waitFor();
    const open = page.locator('.log .fold[aria-expanded=true]');
    const lines = page.locator('.log .line');
    const before = await lines.count();
    // The longest section is the script's own: folding it must hide lines.
    await open.last().click();
    await page.waitForFunction(n => document.querySelectorAll('.log .line').length < n, before);
    expect(await page.locator('.log').textContent()).not.toContain('section_start');
    const word =
      (await lines.first().locator('.txt, .fold').textContent())
        ?.trim()
        .split(/\s+/)
        .find(w => w.length > 3) ?? '';
    await page.getByRole('textbox', { name: 'Search the log' }).fill(word);
    await page.locator('.log .line.hit').waitFor();
    await page.goto(`/${s.project.path}/jobs/${s.job.id}#L2`);
    await page.locator('.log .line.marked#L2').waitFor();
  });
});

test('the models page tells versions and figures with their intervals', async () => {
  const { model } = s;
  if (!model) throw new Error('the server has no model');
  await signedIn(async page => {
    const path = `/projects/${encodeURIComponent(s.project.path)}/models/${model.name}`;
    const versions = (await api<t.List<t.ModelVersion>>(page, `${path}/versions`)).items;
    await page.goto(`/${s.project.path}/models/${model.name}`);
    await settled(page);
    await soon(() => page.locator('tbody tr').count()).toBe(versions.length);
    await page.getByRole('link', { name: `v${model.latest}`, exact: true }).click();
    await page.waitForURL(`**/models/${model.name}/${model.latest}`);
    const figures = page.getByRole('table', { name: 'Metrics' });
    await figures.waitFor();
    await soon(() => figures.locator('.whisker').count()).toBe(
      versions.find(v => v.version === model.latest)?.metrics.length,
    );
  });
});

test('keys and palette lead everywhere', async () => {
  await signedIn(async page => {
    await page.goto(`/${s.project.path}`);
    await settled(page);
    // The second key counts only soon after the first: neither waits for the other.
    await Promise.all([page.keyboard.press('g'), page.keyboard.press('p')]);
    await page.waitForURL('**/pipelines');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('environ');
    await expectAccessible(page);
    await shot(page, 'palette');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/environments');
  });
});

test('the console speaks French where the browser does', async () => {
  await signedIn(
    async page => {
      await page.goto(`/${s.project.path}/environments`);
      await page.getByRole('heading', { name: 'Environnements' }).waitFor();
      await speaks(page, 'fr');
      await shot(page, 'environments-french');
    },
    { locale: 'fr-FR' },
  );
});
