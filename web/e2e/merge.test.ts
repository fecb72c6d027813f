// One merge request from the branch to the merge, by the two people whom it takes.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as t from '../src/api/types';
import { expectAccessible, launch, open, settled, shot, signIn, soon, watch } from './browser';
import { as, at, green, push, workshop } from './people';

const before = 'def price(x):\n    return x\n';
const after = 'def price(x):\n    return round(x, -2)\n';

let browser: Browser;
let path: string;
const contexts: BrowserContext[] = [];
const wrongs: string[][] = [];

async function person(who: string): Promise<Page> {
  const context = await open(browser);
  const watched = await watch(context);
  contexts.push(context);
  wrongs.push(watched.wrongs);
  await signIn(watched.page, who);
  return watched.page;
}

beforeAll(async () => {
  browser = await launch();
  path = await workshop('merging', { 'README.md': '# Prices\n', 'price.py': before });
  push('sam', path, 'rounding', { 'price.py': after }, 'main');
});
afterAll(() => browser?.close());

// blocked waits until a person is told what blocks the request, and holds the
// list on the page against the API's: it is one list. What a push changes comes
// after the push.
async function blocked(page: Page, who: string, number: number, kinds: string[]) {
  const ask = () => as<t.MergeRequest>(who, 'GET', `${at(path)}/merge-requests/${number}`);
  await soon(async () => (await ask()).blockers.map(b => b.kind)).toEqual(kinds);
  await page.goto(`/${path}/merge-requests/${number}`);
  await settled(page);
  const { blockers } = await ask();
  await soon(() => page.locator('.blockers strong').allTextContents()).toEqual(blockers.map(b => b.message));
  await soon(() => page.locator('.blockers .muted').allTextContents()).toEqual(blockers.map(b => b.unblock));
}

test('sam proposes, ada suggests, sam applies, ada approves; a push voids it, and she approves again and merges', async () => {
  const sam = await person('sam');
  const ada = await person('ada');

  // Sam opens the request.
  await sam.goto(`/${path}/merge-requests/new?${new URLSearchParams({ source: 'rounding', target: 'main' })}`);
  await sam.getByRole('textbox', { name: 'Title' }).fill('Round prices');
  await sam.getByRole('button', { name: 'Open the merge request' }).click();
  await sam.waitForURL(/merge-requests\/\d+$/);
  const number = Number(sam.url().split('/').at(-1));
  const here = `/${path}/merge-requests/${number}`;

  // Sam asks about a line.
  await sam.goto(`${here}/changes`);
  await sam.getByRole('button', { name: 'Comment on line 2' }).last().click();
  await sam.getByRole('textbox', { name: 'Write a comment' }).fill('To the hundred?');
  await sam.getByRole('button', { name: 'Start a thread' }).click();
  await sam.getByText('To the hundred?').waitFor();

  await green(path, number);
  await blocked(sam, 'sam', number, ['approvals', 'threads', 'role']);
  expect(await sam.locator('.blockers').textContent()).toContain(
    'merging into main takes the role maintainer, and sam is developer',
  );
  await shot(sam, 'merge-1-blocked');
  await blocked(ada, 'ada', number, ['approvals', 'threads']);
  expect(await sam.getByRole('button', { name: 'Approve' }).isDisabled()).toBe(true); // one's own
  expect(await ada.getByRole('button', { name: 'Merge', exact: true }).isDisabled()).toBe(true);

  // Ada answers with a suggestion, sam takes it.
  await ada.goto(`${here}/changes`);
  const thread = ada.getByRole('article').or(ada.locator('.thread')).filter({ hasText: 'To the hundred?' }).first();
  await thread.getByRole('button', { name: 'Reply' }).click();
  await thread.getByRole('button', { name: 'Suggest a change' }).click();
  const field = thread.getByRole('textbox', { name: 'Reply' });
  expect(await field.inputValue()).toContain('return round(x, -2)');
  await field.fill((await field.inputValue()).replace('-2', '-3'));
  await thread.getByRole('button', { name: 'Reply' }).click();
  await ada.locator('.suggestion').waitFor();
  await expectAccessible(ada);
  await shot(ada, 'merge-2-suggestion');
  await sam.goto(here);
  await sam.locator('.suggestion').getByRole('button', { name: 'Apply' }).click();
  await sam.locator('.suggestion').getByText('applied').waitFor();
  const file = await as<t.FileView>('sam', 'GET', `${at(path)}/file?ref=rounding&path=price.py`);
  expect(file.text).toBe(after.replace('-2', '-3'));

  // Ada approves what she sees.
  await green(path, number);
  await blocked(ada, 'ada', number, ['approvals']);
  await ada.getByRole('button', { name: 'Approve' }).click();
  await ada.getByRole('button', { name: 'Withdraw' }).waitFor();
  await blocked(ada, 'ada', number, []);
  await blocked(sam, 'sam', number, ['role']);
  await shot(ada, 'merge-3-approved');

  // Sam pushes again: the approval holds no more, and the page says why.
  push('sam', path, 'rounding', { 'README.md': '# Prices\n\nRounded.\n' });
  await green(path, number);
  await blocked(ada, 'ada', number, ['approvals']);
  expect(await ada.locator('.blockers').textContent()).toContain('that of ada is void: code changed in 1 file');
  expect(await ada.locator('.rows .void').textContent()).toContain('code changed in 1 file');
  expect(await ada.getByRole('button', { name: 'Merge', exact: true }).isDisabled()).toBe(true);
  await expectAccessible(ada);
  await shot(ada, 'merge-4-void');

  // Ada approves again, and merges.
  await ada.getByRole('button', { name: 'Approve' }).click();
  await ada.getByRole('button', { name: 'Withdraw' }).waitFor();
  await ada.getByRole('button', { name: 'Merge', exact: true }).click();
  await ada.getByRole('region', { name: 'merged' }).waitFor();
  await expectAccessible(ada);
  await shot(ada, 'merge-5-merged');
  const r = await as<t.MergeRequest>('ada', 'GET', `${at(path)}/merge-requests/${number}`);
  expect([r.state, r.merged_by?.username]).toEqual(['merged', 'ada']);
  const landed = await as<t.FileView>('sam', 'GET', `${at(path)}/file?ref=main&path=price.py`);
  expect(landed.text).toBe(after.replace('-2', '-3'));

  for (const context of contexts) await context.close();
  expect(wrongs.flat()).toEqual([]);
});
