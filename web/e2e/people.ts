// Several people at work on one server: calls as any of them, commits by git,
// and a small project of their own, so that a test changes nothing that another
// looks at. Everybody of the demo has one password.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as t from '../src/api/types';
import { origin, password, patience } from './browser';

// as calls the API for a person.
export async function as<T>(who: string, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${origin}/api/v1${path}`, {
    method,
    headers: {
      Authorization: `Basic ${Buffer.from(`${who}:${password}`).toString('base64')}`,
      'Content-Type': 'application/json',
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${who}: ${method} ${path}: ${response.status} ${text}`);
  return (text ? JSON.parse(text) : undefined) as T;
}

export const at = (project: string) => `/projects/${encodeURIComponent(project)}`;

// push commits files to a branch as a person, on top of the branch named by
// from where that is given, and answers the commit.
export function push(who: string, project: string, branch: string, files: Record<string, string>, from?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'dasier-push-'));
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', `user.name=${who}`, '-c', `user.email=${who}@example.com`, ...words], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  try {
    const there = new URL(`/${project}.git`, origin);
    there.username = who;
    there.password = password;
    git('clone', '-q', there.href, '.');
    const begin = from ?? branch;
    if (git('branch', '-r', '--list', `origin/${begin}`)) git('checkout', '-q', '-B', branch, `origin/${begin}`);
    else git('checkout', '-q', '-B', branch);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    git('add', '-A');
    git('commit', '-q', '-m', `Change ${Object.keys(files).join(', ')}`);
    git('push', '-q', 'origin', branch);
    return git('rev-parse', 'HEAD');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// workshop is a new project of ada's and sam's, whose main branch takes only
// merge requests that a maintainer approved, with a green pipeline and no open
// thread.
export async function workshop(name: string, files: Record<string, string>): Promise<string> {
  const { path } = await as<t.Project>('ada', 'POST', '/projects', { namespace: 'house-prices', name });
  await as('ada', 'PUT', `${at(path)}/members/sam`, { role: 'developer' });
  push('ada', path, 'main', { '.gitlab-ci.yml': 'test:\n  script: [test -s README.md]\n', ...files });
  await as('ada', 'PUT', `${at(path)}/protected-branches/main`, {
    push_role: 'none',
    merge_role: 'maintainer',
    approvals: 1,
    approval_role: 'maintainer',
    require_pipeline: true,
    require_resolved: true,
    require_owners: false,
  });
  return path;
}

// green waits until the newest pipeline of a request's head has passed.
export async function green(project: string, number: number): Promise<t.MergeRequest> {
  for (const end = Date.now() + patience; Date.now() < end; ) {
    const r = await as<t.MergeRequest>('ada', 'GET', `${at(project)}/merge-requests/${number}`);
    if (r.pipeline?.sha === r.head_sha && r.pipeline.status === 'success') return r;
    if (r.pipeline?.sha === r.head_sha && r.pipeline.status === 'failed') throw new Error('the pipeline failed');
    await new Promise(resolve => setTimeout(resolve, 250));
  }
  throw new Error(`the pipeline did not pass within ${patience / 1000} seconds`);
}
