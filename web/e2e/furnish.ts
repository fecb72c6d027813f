// Things on pages that the demo leaves empty, so that a walk sees them full.
import type * as t from '../src/api/types';
import { as, at, push, workshop } from './people';

// furnish adds them, and answers the pages that they made.
export async function furnish(project: string): Promise<[string, string][]> {
  const group = project.split('/')[0] ?? '';
  const flags = { masked: true, hidden: false, protected: false, file: false, raw: false, description: 'for a walk' };
  await as('ada', 'PUT', `${at(project)}/variables/WALK_REGION?environment=*`, { value: 'ames-iowa-1', ...flags });
  await as('ada', 'PUT', `${at(project)}/variables/WALK_KEY?environment=review%2F*`, {
    value: 'never-shown-again',
    ...flags,
    hidden: true,
  });
  await as('ada', 'PUT', `/groups/${group}/variables/WALK_TEAM?environment=*`, { value: 'of-the-team', ...flags });
  await as('ada', 'POST', `${at(project)}/tokens`, {
    name: 'walk',
    role: 'guest',
    scopes: ['predict'],
    expires_at: new Date(Date.now() + 86_400_000).toISOString(),
  });
  const hook = await as<t.Hook>('ada', 'POST', `${at(project)}/hooks`, {
    name: 'walk',
    url: 'https://hooks.example.invalid/dasier',
    secret: 'signed',
    events: ['push', 'merge_request'],
    active: true,
  });
  await as('ada', 'POST', `${at(project)}/hooks/${hook.id}/test`, { event: 'push' });
  const invitation = await as<t.Invitation>('ada', 'POST', `/groups/${group}/invitations`, {
    role: 'developer',
    uses: 2,
    email: '',
  });
  const door = new URL(invitation.link ?? '').pathname;
  return [['invitation', door], ...(await blockedDeployment(project)), ...(await openRequests())];
}

// blockedDeployment is one that waits for ada.
async function blockedDeployment(project: string): Promise<[string, string][]> {
  const models = await as<t.List<t.Model>>('ada', 'GET', `${at(project)}/models`);
  const model = models.items[0];
  if (!model) return [];
  const environment = 'staging';
  await as('ada', 'PATCH', `${at(project)}/environments/${environment}`, {
    protected: true,
    deploy_role: 'developer',
    approvals: 1,
    approval_role: 'maintainer',
  });
  await as('sam', 'POST', `${at(project)}/deployments`, {
    environment,
    model: model.name,
    version: model.latest,
    reason: 'a walk',
  });
  return [['environment-approval', `/${project}/environments/${environment}`]];
}

// openRequests are two: one with threads, a suggestion and an approval that a
// push made void, and a draft that conflicts with it.
async function openRequests(): Promise<[string, string][]> {
  const text = '# Prices\n\nRounded to 100 dollars.\n';
  const path = await workshop('walk', { 'README.md': text });
  push('sam', path, 'rounding', { 'README.md': text.replace('100', '500') }, 'main');
  const requests = `${at(path)}/merge-requests`;
  const r = await as<t.MergeRequest>('sam', 'POST', requests, {
    source: 'rounding',
    target: 'main',
    title: 'Round to 500 dollars',
    description: 'Buyers read **rounded** prices.\n\n- [x] asked buyers\n- [ ] asked @ada\n',
    reviewers: ['ada'],
  });
  const here = `${requests}/${r.number}`;
  const diff = await as<t.MergeDiff>('sam', 'GET', `${here}/diff`);
  const thread = await as<t.Thread>('sam', 'POST', `${here}/threads`, {
    body: 'Is this too much, @ada?',
    position: {
      base_sha: diff.base_sha,
      head_sha: diff.head_sha,
      old_path: 'README.md',
      new_path: 'README.md',
      old_line: 0,
      new_line: 3,
    },
  });
  await as('ada', 'POST', `${here}/threads/${thread.id}/notes`, {
    body: 'A little:\n\n```suggestion\nRounded to 250 dollars.\n```\n',
  });
  await as('ada', 'POST', `${here}/threads`, { body: 'Who tells the app?', resolvable: true });
  await as('ada', 'POST', `${here}/approve`, { sha: r.head_sha });
  push('sam', path, 'rounding', { 'NEWS.md': 'Prices are rounded.\n' });
  push('sam', path, 'cents', { 'README.md': text.replace('100 dollars', 'a cent') }, 'main');
  const draft = await as<t.MergeRequest>('sam', 'POST', requests, {
    source: 'cents',
    target: 'rounding',
    title: 'Draft: Round to a cent',
  });
  const page = `/${path}/merge-requests`;
  return [
    ['merge-requests-open', page],
    ['merge-request', `${page}/${r.number}`],
    ...['changes', 'commits', 'pipelines', 'versions'].map((tab): [string, string] => [
      `merge-request-${tab}`,
      `${page}/${r.number}/${tab}`,
    ]),
    ['merge-request-conflict', `${page}/${draft.number}`],
  ];
}
