// The browser and the server under test.
//
//   DASIER_URL       where the server answers (required)
//   DASIER_USER      who signs in (required)
//   DASIER_PASSWORD  with which password (required)
//   DASIER_ENDPOINT  whose client page is tried (default: the first in production)
//   DASIER_APP       where the app of the house-price team answers (required by its test)
//   DASIER_SHOTS     folder for screenshots (default: none are taken)
//   CHROMIUM         the browser (default: where Debian installs it)
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

function must(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the browser tests need a running server (see e2e/browser.ts)`);
  return value;
}

export const origin = must('DASIER_URL').replace(/\/$/, '');
export const user = must('DASIER_USER');
export const password = must('DASIER_PASSWORD');
export const shots = process.env.DASIER_SHOTS;

// patience bounds every wait for what has to come: on a busy machine it may take
// long, and only what never comes is wrong.
export const patience = 180_000;

export const desk = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    timeout: patience,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface Watched {
  page: Page;
  wrongs: string[]; // what no page may do: see watch
}

export interface Look {
  scheme?: 'light' | 'dark';
  size?: { width: number; height: number };
  locale?: string;
}

export async function open(browser: Browser, look: Look = {}): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: look.size ?? desk,
    colorScheme: look.scheme ?? 'light',
    locale: look.locale ?? 'en-GB',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(patience);
  return context;
}

// watch collects what no page may do: throw, break its own security policy,
// or ask another server than its home for anything.
export async function watch(context: BrowserContext, home = origin): Promise<Watched> {
  const page = await context.newPage();
  const wrongs: string[] = [];
  page.on('pageerror', error => wrongs.push(`threw: ${error.message}`));
  page.on('console', message => {
    // The browser itself reports every 4xx answer; those are part of the story.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      wrongs.push(`console: ${message.text()}`);
    }
  });
  page.on('request', request => {
    const target = new URL(request.url());
    if (target.protocol.startsWith('http') && target.origin !== home) wrongs.push(`asked ${request.url()}`);
  });
  return { page, wrongs };
}

// api reads an address as the page's own user.
export async function api<T>(page: Page, path: string): Promise<T> {
  const response = await page.request.get(`${origin}/api/v1${path}`);
  if (!response.ok()) throw new Error(`GET ${path}: ${response.status()} ${await response.text()}`);
  return (await response.json()) as T;
}

export async function signIn(page: Page, who = user): Promise<void> {
  await page.goto('/login');
  await page.locator('input[autocomplete=username]').fill(who);
  await page.locator('input[autocomplete=current-password]').fill(password);
  await page.locator('button[type=submit]').click();
  await page.waitForURL(url => !url.pathname.startsWith('/login'));
  await page.locator('main h1').waitFor();
}

// settled waits until the bones are gone and the page has its heading.
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('.skeleton'));
}

// soon waits until what a page shows is what it is to show: what it asks for and
// draws comes when it comes.
export function soon<T>(read: () => Promise<T> | T) {
  return expect.poll(read, { timeout: patience, interval: 100 });
}

// speaks waits until the page is in a language.
export async function speaks(page: Page, language: string): Promise<void> {
  await page.locator(`html[lang=${language}]`).waitFor();
}

export async function shot(page: Page, name: string): Promise<void> {
  if (!shots) return;
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}

// refusals are the sentences of a page that could not show what it was asked for.
export function refusals(page: Page): Promise<string[]> {
  return page.locator('[role=alert]').allTextContents();
}

// axeFaults runs axe and names each fault with where it stands. rules limits it
// to some; most rules look at the document, which is the same in every look.
export async function axeFaults(page: Page, rules?: string[]): Promise<string[]> {
  // The legacy mode runs in this page alone; the other opens a page for each run, to reach into frames.
  const axe = new AxeBuilder({ page }).setLegacyMode().exclude('iframe');
  if (rules) axe.withRules(rules);
  const { violations } = await axe.analyze();
  return violations.map(v => `${v.id}: ${v.help} at ${v.nodes.map(n => n.target.join(' ')).join(' | ')}`);
}

export async function expectAccessible(page: Page): Promise<void> {
  expect(await axeFaults(page)).toEqual([]);
}

// colourRules are what may differ between the light and the dark look.
export const colourRules = ['color-contrast', 'link-in-text-block'];

// wear changes the look of a page as a person's system does, and waits for it.
export async function wear(page: Page, scheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  await page.waitForFunction(
    s => (document.documentElement.getAttribute('data-mantine-color-scheme') ?? s) === s,
    scheme,
  );
}

// overflow is how many pixels reach over the right edge of the screen.
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

export async function expectFits(page: Page): Promise<void> {
  expect(await overflow(page), 'pixels wider than the screen').toBeLessThanOrEqual(0);
}
