import { afterEach, describe, expect, test, vi } from 'vitest';
import { ApiError, bareLocation, call, problem, url } from './client';
import { stale } from './live';

afterEach(() => vi.unstubAllGlobals());

test('an address leaves out what is not asked', () => {
  expect(url('/projects/a%2Fb/tree', { ref: 'feature/x y', path: '', page: undefined, n: 0 })).toBe(
    '/api/v1/projects/a%2Fb/tree?ref=feature%2Fx+y&n=0',
  );
});

describe('a refusal', () => {
  test('carries the server’s sentence and the fields', async () => {
    const body = {
      status: 422,
      title: 'Unprocessable Entity',
      detail: 'the name is taken',
      errors: [{ message: 'is taken', location: 'body.name' }],
    };
    const error = await problem(new Response(JSON.stringify(body), { status: 422 }));
    expect([error.status, error.message, error.at('name'), error.at('other')]).toEqual([
      422,
      'the name is taken',
      'is taken',
      undefined,
    ]);
  });
  test.each([
    ['{"title":"Forbidden"}', 'Forbidden'],
    ['<html>Bad gateway</html>', '502 Bad Gateway'],
    ['{"detail":"","errors":null}', '502 Bad Gateway'],
  ])('of %s', async (body, want) => {
    const error = await problem(new Response(body, { status: 502, statusText: 'Bad Gateway' }));
    expect(error.message).toBe(want);
    expect(error.errors).toEqual([]);
  });
});

// The network itself is what is replaced here, not a part of ours.
test('no answer is status 0, and a request given up stays that', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')));
  await expect(call('GET', '/me')).rejects.toMatchObject({ status: 0 });
  vi.stubGlobal('fetch', () => Promise.reject(new DOMException('stopped', 'AbortError')));
  await expect(call('GET', '/me')).rejects.not.toBeInstanceOf(ApiError);
});

test('204 is nothing', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(null, { status: 204 })));
  expect(await call('DELETE', '/session')).toBeUndefined();
});

test.each([
  ['body.name', 'name'],
  ['[3].Gr_Liv_Area', 'Gr_Liv_Area'],
  ['Lot_Area', 'Lot_Area'],
])('the field of %s', (location, want) => expect(bareLocation(location)).toBe(want));

test.each([
  ['pipeline', '/projects/a%2Fb/pipelines', true],
  ['pipeline', '/projects/a%2Fb', true],
  ['pipeline', '/projects', true],
  ['job', '/projects/a%2Fb/jobs/3', true],
  ['job', '/projects/a%2Fb/members', false],
  ['deployment.finished', '/projects/a%2Fb/environments/production', true],
  ['deployment', '/me/waiting', true],
  ['pipeline', '/me/waiting', true],
  ['job', '/me/waiting', false],
  ['unheard', '/projects', false],
])('%s makes %s stale: %s', (kind, path, want) => expect(stale(kind, path)).toBe(want));
