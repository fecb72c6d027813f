// Every address the console uses, once, with what it takes and gives.
import { call, type Query, read, url } from './client';
import type * as t from './types';

export * from './deliver';
export * from './govern';

const p = (path: string) => `/projects/${encodeURIComponent(path)}`;
const e = encodeURIComponent;

export const setup = () => read<{ needed: boolean }>('/setup');
export const finishSetup = (body: { token: string; username: string; name: string; email: string; password: string }) =>
  call<t.Me>('POST', '/setup', { body });
export const me = () => read<t.Me>('/me');
export const signIn = (body: { login: string; password: string }) => call<t.Me>('POST', '/session', { body });
export const signOut = () => call<void>('DELETE', '/session');
export const server = () => read<{ version: string; url: string; started_at: string }>('/server');
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
export const editProject = (
  path: string,
  body: {
    description?: string;
    default_branch?: string;
    merge_method?: t.MergeMethod;
    remove_source_branch?: boolean;
  },
) => call<t.Project>('PATCH', p(path), { body });
export const deleteProject = (path: string) => call<void>('DELETE', p(path));
export const protectedBranches = (path: string) => read<t.List<t.ProtectedBranch>>(`${p(path)}/protected-branches`);
export const protectBranch = (path: string, b: t.ProtectedBranch) =>
  call<void>('PUT', `${p(path)}/protected-branches/${e(b.pattern)}`, {
    body: {
      push_role: b.push_role,
      merge_role: b.merge_role,
      approvals: b.approvals,
      approval_role: b.approval_role,
      require_pipeline: b.require_pipeline,
      require_resolved: b.require_resolved,
      require_owners: b.require_owners,
    },
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

const merging = (path: string, n: number) => `${p(path)}/merge-requests/${n}`;
export const waiting = () => read<t.List<t.Waiting>>('/me/waiting');
export const mergeRequests = (path: string, query: Query = {}) =>
  read<t.List<t.MergeSummary>>(`${p(path)}/merge-requests`, query);
export const newMergeRequest = (path: string, source: string, target: string) =>
  read<t.MergeDraft>(`${p(path)}/merge-requests/new`, { source, target });
export const createMergeRequest = (
  path: string,
  body: {
    source: string;
    target: string;
    title: string;
    description: string;
    draft: boolean;
    reviewers: string[];
    remove_source_branch: boolean;
    squash: boolean;
  },
) => call<t.MergeRequest>('POST', `${p(path)}/merge-requests`, { body });
export const mergeRequest = (path: string, n: number) => read<t.MergeRequest>(merging(path, n));
export const editMergeRequest = (
  path: string,
  n: number,
  body: {
    title?: string;
    description?: string;
    draft?: boolean;
    target?: string;
    reviewers?: string[];
    remove_source_branch?: boolean;
    squash?: boolean;
  },
) => call<t.MergeRequest>('PATCH', merging(path, n), { body });
export const actOnMergeRequest = (
  path: string,
  n: number,
  act: 'close' | 'reopen' | 'unapprove' | 'rebase' | 'update',
) => call<t.MergeRequest>('POST', `${merging(path, n)}/${act}`);
export const approveMergeRequest = (path: string, n: number, sha: string) =>
  call<t.MergeRequest>('POST', `${merging(path, n)}/approve`, { body: { sha } });
export const mergeMergeRequest = (
  path: string,
  n: number,
  body: { sha: string; message?: string; squash: boolean; remove_source_branch: boolean },
) => call<t.MergeRequest>('POST', `${merging(path, n)}/merge`, { body });
export const mergeCommits = (path: string, n: number, page?: string) =>
  read<t.List<t.Commit>>(`${merging(path, n)}/commits`, { page });
export const mergePipelines = (path: string, n: number, page?: string) =>
  read<t.List<t.PipelineSummary>>(`${merging(path, n)}/pipelines`, { page });
export const mergeVersions = (path: string, n: number) => read<t.List<t.MergeVersion>>(`${merging(path, n)}/versions`);
export const mergeDiff = (path: string, n: number, query: { from_version?: number; version?: number } = {}) =>
  read<t.MergeDiff>(`${merging(path, n)}/diff`, query);
export const mergeDiffFile = (
  path: string,
  n: number,
  query: { path: string; from_version?: number; version?: number },
) => read<t.DiffFile>(`${merging(path, n)}/diff/file`, query);
export const threads = (path: string, n: number) => read<t.List<t.Thread>>(`${merging(path, n)}/threads`);
export const startThread = (
  path: string,
  n: number,
  body: { body: string; position?: t.Position; resolvable?: boolean },
) => call<t.Thread>('POST', `${merging(path, n)}/threads`, { body });
export const reply = (path: string, n: number, thread: number, body: string) =>
  call<t.Note>('POST', `${merging(path, n)}/threads/${thread}/notes`, { body: { body } });
export const resolveThread = (path: string, n: number, thread: number, resolved: boolean) =>
  call<t.Thread>('PATCH', `${merging(path, n)}/threads/${thread}`, { body: { resolved } });
export const editNote = (path: string, n: number, note: number, body: string) =>
  call<t.Note>('PATCH', `${merging(path, n)}/notes/${note}`, { body: { body } });
export const removeNote = (path: string, n: number, note: number) =>
  call<void>('DELETE', `${merging(path, n)}/notes/${note}`);
export const applySuggestion = (path: string, n: number, note: number, index: number, message: string) =>
  call<{ sha: string }>('POST', `${merging(path, n)}/notes/${note}/suggestions/${index}/apply`, {
    body: message ? { message } : {},
  });
