// Every address the console uses, once, with what it takes and gives.
import { call, type Query, read, url } from './client';
import type * as t from './types';

const p = (path: string) => `/projects/${encodeURIComponent(path)}`;
const e = encodeURIComponent;

export const setup = () => read<{ needed: boolean }>('/setup');
export const finishSetup = (body: { token: string; username: string; name: string; email: string; password: string }) =>
  call<t.Me>('POST', '/setup', { body });
export const me = () => read<t.Me>('/me');
export const signIn = (body: { login: string; password: string }) => call<t.Me>('POST', '/session', { body });
export const signOut = () => call<void>('DELETE', '/session');
export const server = () => read<{ version: string; url: string; started_at: string }>('/server');
export const roles = () => read<{ rules: { permission: string; role: string; about: string }[] }>('/roles');
export const users = (search: string, page?: string) => read<t.List<t.User>>('/users', { search, page });
export const addUser = (body: { username: string; name: string; email: string; password: string; admin: boolean }) =>
  call<t.User>('POST', '/users', { body });

export const tokens = () => read<t.List<t.Token>>('/me/tokens');
export const createToken = (body: { name: string; scopes: string[]; expires_at: string | null }) =>
  call<t.TokenCreated>('POST', '/me/tokens', { body });
export const revokeToken = (id: number) => call<void>('DELETE', `/me/tokens/${id}`);

export const projects = (query: Query = {}) => read<t.List<t.Project>>('/projects', query);
export const createProject = (body: { namespace: string; name: string; description: string }) =>
  call<t.Project>('POST', '/projects', { body });
export const project = (path: string) => read<t.Project>(p(path));
export const editProject = (path: string, body: { description?: string; default_branch?: string }) =>
  call<t.Project>('PATCH', p(path), { body });
export const deleteProject = (path: string) => call<void>('DELETE', p(path));
export const members = (path: string) => read<t.List<t.Member>>(`${p(path)}/members`);
export const setMember = (path: string, username: string, role: string) =>
  call<void>('PUT', `${p(path)}/members/${e(username)}`, { body: { role } });
export const removeMember = (path: string, username: string) =>
  call<void>('DELETE', `${p(path)}/members/${e(username)}`);
export const variables = (path: string) => read<t.List<t.Variable>>(`${p(path)}/variables`);
export const setVariable = (path: string, v: t.Variable) =>
  call<void>('PUT', `${p(path)}/variables/${e(v.key)}`, {
    body: { value: v.value, masked: v.masked, protected: v.protected },
  });
export const removeVariable = (path: string, key: string) => call<void>('DELETE', `${p(path)}/variables/${e(key)}`);
export const protectedBranches = (path: string) => read<t.List<t.ProtectedBranch>>(`${p(path)}/protected-branches`);
export const protectBranch = (path: string, b: t.ProtectedBranch) =>
  call<void>('PUT', `${p(path)}/protected-branches/${e(b.pattern)}`, {
    body: { push_role: b.push_role, merge_role: b.merge_role },
  });
export const unprotectBranch = (path: string, pattern: string) =>
  call<void>('DELETE', `${p(path)}/protected-branches/${e(pattern)}`);

export const branches = (path: string) => read<t.List<t.Branch>>(`${p(path)}/branches`);
export const tree = (path: string, ref: string, dir: string) =>
  read<{ ref: string; sha: string; path: string; entries: t.TreeEntry[] }>(`${p(path)}/tree`, { ref, path: dir });
export const file = (path: string, ref: string, name: string) =>
  read<t.FileView>(`${p(path)}/file`, { ref, path: name });
export const rawFile = (path: string, ref: string, name: string) => url(`${p(path)}/raw`, { ref, path: name });
export const blame = (path: string, ref: string, name: string) =>
  read<{ ranges: { commit: t.Commit; start: number; lines: string[] }[] }>(`${p(path)}/blame`, { ref, path: name });
export const commits = (path: string, query: Query) => read<t.List<t.Commit>>(`${p(path)}/commits`, query);
export const commit = (path: string, sha: string) => read<t.CommitView>(`${p(path)}/commits/${e(sha)}`);
export const compare = (path: string, from: string, to: string) =>
  read<{ commits: t.Commit[]; files: t.FileDiff[] }>(`${p(path)}/compare`, { from, to });
export const merge = (path: string, body: { source: string; target: string }) =>
  call<{ sha: string; already: boolean }>('POST', `${p(path)}/merges`, { body });

export const pipelines = (path: string, query: Query = {}) =>
  read<t.List<t.PipelineSummary>>(`${p(path)}/pipelines`, query);
export const runPipeline = (path: string, ref: string) =>
  call<t.Pipeline>('POST', `${p(path)}/pipelines`, { body: { ref } });
export const pipeline = (path: string, id: number) => read<t.Pipeline>(`${p(path)}/pipelines/${id}`);
export const actOnPipeline = (path: string, id: number, act: 'cancel' | 'retry') =>
  call<t.Pipeline>('POST', `${p(path)}/pipelines/${id}/${act}`);
export const job = (path: string, id: number) => read<t.Job>(`${p(path)}/jobs/${id}`);
export const actOnJob = (path: string, id: number, act: 'cancel' | 'retry' | 'play') =>
  call<t.Job>('POST', `${p(path)}/jobs/${id}/${act}`);
export const jobLog = (path: string, id: number, offset: number) =>
  call<{ offset: number; next_offset: number; text: string; complete: boolean }>('GET', `${p(path)}/jobs/${id}/log`, {
    query: { offset },
  });
export const jobLogStream = (path: string, id: number, offset: number) =>
  url(`${p(path)}/jobs/${id}/log/stream`, { offset });
export const artifacts = (path: string, id: number) =>
  read<{ files: { path: string; size: number }[]; expires_at: string | null }>(`${p(path)}/jobs/${id}/artifacts`);
export const artifactFile = (path: string, id: number, name: string) =>
  url(`${p(path)}/jobs/${id}/artifacts/file`, { path: name });
export const artifactArchive = (path: string, id: number) => url(`${p(path)}/jobs/${id}/artifacts/archive`);
export const events = () => url('/events');

const version = (path: string, model: string, n: number) => `${p(path)}/models/${e(model)}/versions/${n}`;
export const models = (path: string) => read<t.List<t.Model>>(`${p(path)}/models`);
export const model = (path: string, name: string) => read<t.Model>(`${p(path)}/models/${e(name)}`);
export const versions = (path: string, name: string) =>
  read<t.List<t.ModelVersion>>(`${p(path)}/models/${e(name)}/versions`, { per_page: 200 });
export const modelVersion = (path: string, name: string, n: number) => read<t.ModelVersion>(version(path, name, n));
export const versionFiles = (path: string, name: string, n: number) =>
  read<{ files: { path: string; size: number; digest: string }[] }>(`${version(path, name, n)}/files`);
export const versionFile = (path: string, name: string, n: number, f: string) =>
  url(`${version(path, name, n)}/file`, { path: f });
export const versionArchive = (path: string, name: string, n: number) => url(`${version(path, name, n)}/archive`);
export const versionReport = (path: string, name: string, n: number) =>
  read<t.Report>(`${version(path, name, n)}/report`);
export const versionProfile = (path: string, name: string, n: number) =>
  read<t.Profile>(`${version(path, name, n)}/profile`);
export const setAlias = (path: string, name: string, alias: string, n: number) =>
  call<void>('PUT', `${p(path)}/models/${e(name)}/aliases/${e(alias)}`, { body: { version: n } });
export const removeAlias = (path: string, name: string, alias: string) =>
  call<void>('DELETE', `${p(path)}/models/${e(name)}/aliases/${e(alias)}`);

export const runs = (path: string, page?: string) => read<t.List<t.Run>>(`${p(path)}/runs`, { page });
export const run = (path: string, id: number) => read<t.Run>(`${p(path)}/runs/${id}`);

export const environments = (path: string) => read<t.List<t.Environment>>(`${p(path)}/environments`);
export const environment = (path: string, name: string) => read<t.Environment>(`${p(path)}/environments/${e(name)}`);
export const editEnvironment = (path: string, name: string, body: { public?: boolean; protected?: boolean }) =>
  call<t.Environment>('PATCH', `${p(path)}/environments/${e(name)}`, { body });
export const deployments = (path: string, name: string) =>
  read<t.List<t.Deployment>>(`${p(path)}/environments/${e(name)}/deployments`);
export const deploy = (path: string, body: { environment: string; model: string; version: number; reason: string }) =>
  call<t.Deployment>('POST', `${p(path)}/deployments`, { body });
export const rollBack = (path: string, name: string, reason: string) =>
  call<t.Deployment>('POST', `${p(path)}/environments/${e(name)}/rollback`, { body: { reason } });
