// The pages of a server that holds a project with a pipeline and a model,
// found by asking it, so that the tests name nothing by hand.
import type { Page } from 'playwright-core';
import type * as t from '../src/api/types';
import { api } from './browser';

export interface Story {
  project: t.Project;
  pipeline: t.Pipeline;
  job: t.JobSummary;
  model?: t.Model;
  environment?: t.Environment;
  endpoint?: string;
}

export async function story(page: Page): Promise<Story> {
  const projects = (await api<t.List<t.Project>>(page, '/projects')).items;
  const project = projects.find(p => p.production?.kind === 'model') ?? projects.find(p => p.last_pipeline);
  if (!project) throw new Error('the server has no project with a pipeline');
  const path = `/projects/${encodeURIComponent(project.path)}`;
  const pipelines = (await api<t.List<t.PipelineSummary>>(page, `${path}/pipelines`)).items;
  const details = await Promise.all(pipelines.map(p => api<t.Pipeline>(page, `${path}/pipelines/${p.id}`)));
  // The richest one has the most to show, and to get wrong.
  const pipeline = details.sort((a, b) => b.jobs.length - a.jobs.length)[0];
  const job = pipeline?.jobs.find(j => j.name === 'train') ?? pipeline?.jobs.find(j => j.status === 'success');
  if (!pipeline || !job) throw new Error('the server has no pipeline with a job that ran');
  const models = (await api<t.List<t.Model>>(page, `${path}/models`)).items;
  const environments = (await api<t.List<t.Environment>>(page, `${path}/environments`)).items;
  const environment = environments.find(e => e.tier === 'production') ?? environments[0];
  const endpoint = process.env.DASIER_ENDPOINT ?? project.production?.endpoint;
  return { project, pipeline, job, model: models[0], environment, endpoint };
}

// places lists every page of the console by name.
export async function places(page: Page, s: Story): Promise<[string, string][]> {
  const at = `/${s.project.path}`;
  const ref = s.project.default_branch;
  const tree = await api<{ entries: t.TreeEntry[] }>(
    page,
    `/projects/${encodeURIComponent(s.project.path)}/tree?${new URLSearchParams({ ref, path: '' })}`,
  );
  const file =
    tree.entries.find(e => e.type === 'file' && /\.ya?ml$/.test(e.name)) ?? tree.entries.find(e => e.type === 'file');
  const where = new URLSearchParams({ ref, path: file?.path ?? '' });
  const branches = await api<t.List<t.Branch>>(page, `/projects/${encodeURIComponent(s.project.path)}/branches`);
  const other = branches.items.find(b => b.name !== ref)?.name;
  const all: [string, string][] = [
    ['home', '/'],
    ['new', '/new'],
    ['tokens', '/tokens'],
    ['waiting', '/waiting'],
    ['people', '/people'],
    ['roles', '/roles'],
    ['audit', '/audit'],
    ['overview', at],
    ['tree', `${at}/tree`],
    ['file', `${at}/file?${where}#L3-5`],
    ['blame', `${at}/blame?${where}`],
    ['branches', `${at}/branches`],
    ['commits', `${at}/commits`],
    ['commit', `${at}/commits/${s.pipeline.sha}`],
    ['compare', other ? `${at}/compare?${new URLSearchParams({ from: ref, to: other })}` : `${at}/compare`],
    ['merge-requests', `${at}/merge-requests?state=all`],
    [
      'merge-request-new',
      other
        ? `${at}/merge-requests/new?${new URLSearchParams({ source: other, target: ref })}`
        : `${at}/merge-requests/new`,
    ],
    ['pipelines', `${at}/pipelines`],
    ['pipeline', `${at}/pipelines/${s.pipeline.id}`],
    ['job', `${at}/jobs/${s.job.id}`],
    ['models', `${at}/models`],
    ['environments', `${at}/environments`],
    ['settings', `${at}/settings`],
    ['members', `${at}/settings?tab=members`],
    ['variables', `${at}/settings?tab=variables`],
    ['protected', `${at}/settings?tab=protected`],
    ['project-tokens', `${at}/settings?tab=tokens`],
    ['webhooks', `${at}/settings?tab=hooks`],
    ['project-audit', `${at}/settings?tab=audit`],
    ['permissions', `${at}/settings?tab=mine`],
    ['missing', `${at}/pipelines/999999`],
  ];
  const requests = await api<t.List<t.MergeSummary>>(
    page,
    `/projects/${encodeURIComponent(s.project.path)}/merge-requests?state=merged`,
  );
  const merged = requests.items[0];
  if (merged) all.push(['merge-request-merged', `${at}/merge-requests/${merged.number}`]);
  const groups = (await api<t.List<t.Group>>(page, '/groups')).items;
  if (groups[0]) {
    all.push(['groups', '/groups']);
    for (const tab of ['projects', 'members', 'variables', 'general'])
      all.push([`group-${tab}`, `/groups/${groups[0].path}?tab=${tab}`]);
  }
  // A service and a site have pages of their own.
  for (const p of (await api<t.List<t.Project>>(page, '/projects')).items) {
    if (!p.production || p.production.kind === 'model') continue;
    all.push([`${p.production.kind}-overview`, `/${p.path}`]);
    all.push([`${p.production.kind}-environment`, `/${p.path}/environments/${p.production.environment}`]);
  }
  if (s.model) {
    all.push(['model', `${at}/models/${s.model.name}`]);
    all.push(['version', `${at}/models/${s.model.name}/${s.model.latest}`]);
    all.push(['profile', `${at}/models/${s.model.name}/${s.model.latest}/profile`]);
    all.push(['runs', `${at}/runs`]);
    const runs = await api<t.List<t.Run>>(page, `/projects/${encodeURIComponent(s.project.path)}/runs`);
    if (runs.items[0]) all.push(['run', `${at}/runs/${runs.items[0].id}`]);
  }
  if (s.environment) all.push(['environment', `${at}/environments/${s.environment.name}`]);
  return all;
}
