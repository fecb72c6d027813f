// @vitest-environment node
// Every address that the console uses, held against the server's own OpenAPI
// document: it refuses words of a query, and fields of a body, that it does not know.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { afterEach, expect, test, vi } from 'vitest';
import { base } from './client';
import * as routes from './routes';

interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: { 'application/json'?: { schema: { $ref?: string } } } };
}
interface Schema {
  required?: string[];
  properties?: Record<string, unknown>;
}
const documentPath = join(import.meta.dirname, '../../../docs/reference/openapi.json');
const document = JSON.parse(readFileSync(documentPath, 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

test('schema.d.ts is of this document: npm run api', async () => {
  const made = astToString(await openapiTS(new URL(`file://${documentPath}`)));
  expect(readFileSync(join(import.meta.dirname, 'schema.d.ts'), 'utf8')).toContain(made.trim());
}, 30_000);

const p = 'house-prices/model';
const person = { username: 'u', name: 'n', email: 'e', password: 'p' };
const { projectAt, groupAt } = routes;
type Route = Exclude<keyof typeof routes, 'projectAt' | 'groupAt'>; // those two only make addresses
const samples: { [Name in Route]: Parameters<(typeof routes)[Name]> } = {
  setup: [],
  finishSetup: [{ ...person, token: 't' }],
  me: [],
  signIn: [{ login: 'l', password: 'p' }],
  signOut: [],
  server: [],
  roles: [],
  users: ['a', '2'],
  addUser: [{ ...person, admin: false }],
  tokens: [],
  createToken: [{ name: 'n', scopes: ['api'], expires_at: null }],
  revokeToken: [1],
  projects: [{ search: 'a', page: 2, per_page: 50 }],
  createProject: [{ namespace: 'a', name: 'b', description: '' }],
  project: [p],
  editProject: [p, { description: 'd', default_branch: 'b', merge_method: 'ff', remove_source_branch: true }],
  deleteProject: [p],
  members: [groupAt('a')],
  setMember: [projectAt(p), 'u', { role: 'developer', expires_at: null }],
  removeMember: [projectAt(p), 'u'],
  variables: [groupAt('a')],
  setVariable: [
    projectAt(p),
    'K',
    'review/*',
    { value: 'v', masked: true, hidden: true, protected: false, file: true, raw: true, description: 'd' },
  ],
  removeVariable: [projectAt(p), 'K', '*'],
  groups: [{ search: 'a', page: 2 }],
  createGroup: [{ path: 'a', name: 'A', description: 'd' }],
  group: ['a'],
  editGroup: ['a', { name: 'A', description: 'd' }],
  deleteGroup: ['a'],
  groupProjects: ['a'],
  invitations: [projectAt(p)],
  invite: [groupAt('a'), { role: 'developer', expires_at: '2026-01-01T00:00:00Z', uses: 1, email: 'e' }],
  withdraw: [projectAt(p), 1],
  offer: ['t'],
  acceptOffer: ['t'],
  registerByOffer: ['t', person],
  projectTokens: [p],
  createProjectToken: [p, { name: 'n', role: 'guest', scopes: ['predict'], expires_at: null }],
  revokeProjectToken: [p, 1],
  jobAccess: [p],
  allowJobs: [p, 'a/b'],
  refuseJobs: [p, 1],
  permissions: [p],
  editUser: ['u', { blocked: true, admin: false, name: 'n', email: 'e' }],
  audit: [projectAt(p), { actor: 'a', action: 'b', from: 'c', to: 'd', page: '2' }],
  auditFile: ['', 'csv', { actor: 'a', action: 'b', from: 'c', to: 'd' }],
  verifyAudit: [],
  hooks: [p],
  addHook: [p, { name: 'n', url: 'u', secret: 's', events: ['push'], active: true }],
  editHook: [p, 1, { name: 'n', url: 'u', secret: 's', events: ['push'], active: true }],
  removeHook: [p, 1],
  testHook: [p, 1, 'push'],
  deliveries: [p, 1],
  delivery: [p, 1, 2],
  redeliver: [p, 1, 2],
  protectedBranches: [p],
  protectBranch: [
    p,
    {
      pattern: 'release-*',
      push_role: 'none',
      merge_role: 'maintainer',
      approvals: 1,
      approval_role: 'maintainer',
      require_pipeline: true,
      require_resolved: true,
      require_owners: true,
    },
  ],
  unprotectBranch: [p, 'release/*'],
  branches: [p],
  tree: [p, 'main', 'a/b'],
  file: [p, 'main', 'a'],
  rawFile: [p, 'main', 'a'],
  blame: [p, 'main', 'a'],
  commits: [p, { ref: 'main', path: 'a', page: 2 }],
  commit: [p, 'abc'],
  compare: [p, 'a', 'b'],
  merge: [p, { source: 'a', target: 'b' }],
  pipelines: [p, { ref: 'main', status: 'failed', page: 2 }],
  runPipeline: [p, 'main'],
  pipeline: [p, 1],
  actOnPipeline: [p, 1, 'cancel'],
  job: [p, 1],
  actOnJob: [p, 1, 'play'],
  jobLog: [p, 1, 10],
  jobLogStream: [p, 1, 10],
  artifacts: [p, 1],
  artifactFile: [p, 1, 'a'],
  artifactArchive: [p, 1],
  events: [],
  models: [p],
  model: [p, 'm'],
  versions: [p, 'm'],
  modelVersion: [p, 'm', 1],
  versionFiles: [p, 'm', 1],
  versionFile: [p, 'm', 1, 'a'],
  versionArchive: [p, 'm', 1],
  versionReport: [p, 'm', 1],
  versionProfile: [p, 'm', 1],
  setAlias: [p, 'm', 'champion', 1],
  removeAlias: [p, 'm', 'champion'],
  runs: [p, '2'],
  run: [p, 1],
  environments: [p],
  stopEnvironment: [p, 'production'],
  deleteEnvironment: [p, 'review/a'],
  openEnvironment: [p, 'production'],
  environmentLogs: [p, 'production', 500],
  environmentLogStream: [p, 'production'],
  judgeDeployment: [p, 1, 'approve', 'c'],
  breakGlass: [p, 1, 'r'],
  environment: [p, 'production'],
  editEnvironment: [
    p,
    'production',
    {
      public: true,
      protected: true,
      description: 'd',
      deploy_role: 'maintainer',
      approvals: 1,
      approval_role: 'maintainer',
      target: 'docker',
    },
  ],
  deployments: [p, 'production'],
  deploy: [p, { environment: 'e', model: 'm', version: 1, reason: 'r' }],
  rollBack: [p, 'production', 'r', 3],
  waiting: [],
  mergeRequests: [p, { state: 'opened', search: 's', author: 'a', reviewer: 'r', target: 't', page: 2, per_page: 50 }],
  newMergeRequest: [p, 'a', 'b'],
  createMergeRequest: [
    p,
    {
      source: 'a',
      target: 'b',
      title: 't',
      description: 'd',
      draft: true,
      reviewers: ['u'],
      remove_source_branch: true,
      squash: true,
    },
  ],
  mergeRequest: [p, 1],
  editMergeRequest: [
    p,
    1,
    {
      title: 't',
      description: 'd',
      draft: true,
      target: 'b',
      reviewers: ['u'],
      remove_source_branch: true,
      squash: true,
    },
  ],
  actOnMergeRequest: [p, 1, 'rebase'],
  approveMergeRequest: [p, 1, 'abc'],
  mergeMergeRequest: [p, 1, { sha: 'abc', message: 'm', squash: true, remove_source_branch: true }],
  mergeCommits: [p, 1, '2'],
  mergePipelines: [p, 1, '2'],
  mergeVersions: [p, 1],
  mergeDiff: [p, 1, { from_version: 1, version: 2 }],
  mergeDiffFile: [p, 1, { path: 'a', from_version: 1, version: 2 }],
  threads: [p, 1],
  startThread: [
    p,
    1,
    {
      body: 'b',
      resolvable: true,
      position: { base_sha: 'a', head_sha: 'b', old_path: 'c', new_path: 'c', old_line: 0, new_line: 3 },
    },
  ],
  reply: [p, 1, 2, 'b'],
  resolveThread: [p, 1, 2, true],
  editNote: [p, 1, 2, 'b'],
  removeNote: [p, 1, 2],
  applySuggestion: [p, 1, 2, 0, 'm'],
};

interface Asked {
  method: string;
  address: URL;
  body?: Record<string, unknown>;
}

// asked is what a route sends, whichever kind of route it is: a query, a call
// or an address.
async function asked(name: Route): Promise<Asked> {
  const sent: Asked[] = [];
  vi.stubGlobal('fetch', async (address: string, init: RequestInit) => {
    const body = init.body === undefined ? undefined : JSON.parse(String(init.body));
    sent.push({ method: init.method ?? 'GET', address: new URL(address, 'http://here'), body });
    return new Response(null, { status: 204 });
  });
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: a test asks every route
  const route = routes[name] as (...given: unknown[]) => unknown;
  const made = await route(...samples[name]);
  if (typeof made === 'string') return { method: 'GET', address: new URL(made, 'http://here') };
  const query = made as { queryFn?: (context: unknown) => Promise<unknown> } | undefined;
  await query?.queryFn?.({ signal: new AbortController().signal });
  const first = sent[0];
  if (!first) throw new Error(`${name} asks nothing`);
  return first;
}

function operation({ method, address }: Asked): Operation | undefined {
  const parts = address.pathname.split('/');
  const path = Object.keys(document.paths).filter(template => {
    const wanted = template.split('/');
    return wanted.length === parts.length && wanted.every((part, i) => part.startsWith('{') || part === parts[i]);
  });
  // "/jobs/{id}/log" is also "/jobs/{id}/{x}": the one with fewer holes is meant.
  path.sort((a, b) => a.split('{').length - b.split('{').length);
  return document.paths[path[0] ?? '']?.[method.toLowerCase()];
}

afterEach(() => vi.unstubAllGlobals());

test.each(Object.keys(samples) as Route[])('the server knows what %s asks', async name => {
  const request = await asked(name);
  expect(request.address.pathname.startsWith(`${base}/`)).toBe(true);
  const found = operation(request);
  if (!found) throw new Error(`the server has no ${request.method} ${request.address.pathname}`);
  const known = (found.parameters ?? []).filter(q => q.in === 'query').map(q => q.name);
  expect(known).toEqual(expect.arrayContaining([...request.address.searchParams.keys()]));
  const ref = found.requestBody?.content['application/json']?.schema.$ref;
  const schema = document.components.schemas[ref?.split('/').at(-1) ?? ''];
  const fields = Object.keys(request.body ?? {});
  expect(Object.keys(schema?.properties ?? {})).toEqual(expect.arrayContaining(fields));
  if (request.body) expect(fields).toEqual(expect.arrayContaining(schema?.required ?? []));
});
