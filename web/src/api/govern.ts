// The addresses of people, secrets, the audit log and webhooks. Members,
// variables and invitations belong to a project or to a group: at is either's
// address.
import { call, type Query, read, url } from './client';
import type * as t from './types';

const e = encodeURIComponent;
export const projectAt = (path: string) => `/projects/${e(path)}`;
export const groupAt = (path: string) => `/groups/${e(path)}`;

export const groups = (query: Query = {}) => read<t.List<t.Group>>('/groups', query);
export const createGroup = (body: { path: string; name: string; description: string }) =>
  call<t.Group>('POST', '/groups', { body });
export const group = (path: string) => read<t.Group>(groupAt(path));
export const editGroup = (path: string, body: { name?: string; description?: string }) =>
  call<t.Group>('PATCH', groupAt(path), { body });
export const deleteGroup = (path: string) => call<void>('DELETE', groupAt(path));
export const groupProjects = (path: string) => read<t.List<t.Project>>(`${groupAt(path)}/projects`);

export const members = (at: string) => read<t.List<t.Member>>(`${at}/members`);
export const setMember = (at: string, username: string, body: { role: string; expires_at: string | null }) =>
  call<void>('PUT', `${at}/members/${e(username)}`, { body });
export const removeMember = (at: string, username: string) => call<void>('DELETE', `${at}/members/${e(username)}`);

export const invitations = (at: string) => read<t.List<t.Invitation>>(`${at}/invitations`);
export const invite = (at: string, body: { role: string; expires_at: string; uses: number; email: string }) =>
  call<t.Invitation>('POST', `${at}/invitations`, { body });
export const withdraw = (at: string, id: number) => call<void>('DELETE', `${at}/invitations/${id}`);
export const offer = (token: string) => read<t.Offer>(`/invitations/${e(token)}`);
export const acceptOffer = (token: string) => call<{ path: string }>('POST', `/invitations/${e(token)}/accept`);
export const registerByOffer = (
  token: string,
  body: { username: string; name: string; email: string; password: string },
) => call<t.Me>('POST', `/invitations/${e(token)}/register`, { body });

export const projectTokens = (path: string) => read<t.List<t.ProjectToken>>(`${projectAt(path)}/tokens`);
export const createProjectToken = (
  path: string,
  body: { name: string; role: string; scopes: string[]; expires_at: string | null; limits?: t.Limits },
) => call<t.ProjectToken>('POST', `${projectAt(path)}/tokens`, { body });
export const revokeProjectToken = (path: string, id: number) => call<void>('DELETE', `${projectAt(path)}/tokens/${id}`);
export const jobAccess = (path: string) => read<t.List<t.JobAccess>>(`${projectAt(path)}/job-access`);
export const allowJobs = (path: string, from: string) => call<void>('PUT', `${projectAt(path)}/job-access/${e(from)}`);
export const refuseJobs = (path: string, from: number) => call<void>('DELETE', `${projectAt(path)}/job-access/${from}`);

export const roles = () => read<{ rules: t.RoleRule[]; roles: string[] }>('/roles');
export const permissions = (path: string) => read<t.OwnPermissions>(`${projectAt(path)}/permissions`);
export const editUser = (
  username: string,
  body: { blocked?: boolean; admin?: boolean; name?: string; email?: string },
) => call<t.User>('PATCH', `/users/${e(username)}`, { body });

export const variables = (at: string) => read<t.List<t.Variable>>(`${at}/variables`);
export const setVariable = (
  at: string,
  key: string,
  environment: string,
  body: {
    value?: string;
    masked: boolean;
    hidden: boolean;
    protected: boolean;
    file: boolean;
    raw: boolean;
    description: string;
  },
) => call<void>('PUT', `${at}/variables/${e(key)}`, { query: { environment }, body });
export const removeVariable = (at: string, key: string, environment: string) =>
  call<void>('DELETE', `${at}/variables/${e(key)}`, { query: { environment } });

export interface AuditFilter {
  actor?: string;
  action?: string;
  from?: string;
  to?: string;
}
// at is a project's address, or nothing for the whole server.
export const audit = (at: string, query: AuditFilter & { page?: string }) =>
  read<t.List<t.AuditEntry>>(`${at}/audit`, { ...query });
export const auditFile = (at: string, kind: 'csv' | 'jsonl', query: AuditFilter) =>
  url(`${at}/audit.${kind}`, { ...query });
export const verifyAudit = () => read<t.AuditVerdict>('/audit/verify');

export const hooks = (path: string) => read<t.List<t.Hook>>(`${projectAt(path)}/hooks`);
export const addHook = (
  path: string,
  body: { name: string; url: string; secret?: string; events: string[]; active: boolean },
) => call<t.Hook>('POST', `${projectAt(path)}/hooks`, { body });
export const editHook = (
  path: string,
  id: number,
  body: { name?: string; url?: string; secret?: string; events?: string[]; active?: boolean },
) => call<t.Hook>('PATCH', `${projectAt(path)}/hooks/${id}`, { body });
export const removeHook = (path: string, id: number) => call<void>('DELETE', `${projectAt(path)}/hooks/${id}`);
export const testHook = (path: string, id: number, event: string) =>
  call<t.Delivery>('POST', `${projectAt(path)}/hooks/${id}/test`, { body: { event } });
export const deliveries = (path: string, id: number) =>
  read<t.List<t.Delivery>>(`${projectAt(path)}/hooks/${id}/deliveries`);
export const delivery = (path: string, hook: number, id: number) =>
  read<t.Delivery>(`${projectAt(path)}/hooks/${hook}/deliveries/${id}`);
export const redeliver = (path: string, hook: number, id: number) =>
  call<t.Delivery>('POST', `${projectAt(path)}/hooks/${hook}/deliveries/${id}/redeliver`);
