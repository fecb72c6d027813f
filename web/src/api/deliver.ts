// The addresses of environments and deployments.
import { call, read, url } from './client';
import type * as t from './types';

const e = encodeURIComponent;
const at = (path: string) => `/projects/${e(path)}`;

export const environments = (path: string) => read<t.List<t.Environment>>(`${at(path)}/environments`);
export const environment = (path: string, name: string) => read<t.Environment>(`${at(path)}/environments/${e(name)}`);
export const editEnvironment = (
  path: string,
  name: string,
  body: {
    public?: boolean;
    protected?: boolean;
    description?: string;
    deploy_role?: string;
    approvals?: number;
    approval_role?: string;
    target?: string;
  },
) => call<t.Environment>('PATCH', `${at(path)}/environments/${e(name)}`, { body });
export const stopEnvironment = (path: string, name: string) =>
  call<void>('POST', `${at(path)}/environments/${e(name)}/stop`);
export const deleteEnvironment = (path: string, name: string) =>
  call<void>('DELETE', `${at(path)}/environments/${e(name)}`);
export const openEnvironment = (path: string, name: string) =>
  call<{ url: string }>('POST', `${at(path)}/environments/${e(name)}/open`);
export const environmentLogs = (path: string, name: string, lines: number) =>
  read<{ text: string }>(`${at(path)}/environments/${e(name)}/logs`, { lines });
export const environmentLogStream = (path: string, name: string) =>
  url(`${at(path)}/environments/${e(name)}/logs/stream`);

export const deployments = (path: string, name: string) =>
  read<t.List<t.Deployment>>(`${at(path)}/environments/${e(name)}/deployments`);
export const deploy = (path: string, body: { environment: string; model: string; version: number; reason: string }) =>
  call<t.Deployment>('POST', `${at(path)}/deployments`, { body });
export const rollBack = (path: string, name: string, reason: string, deployment?: number) =>
  call<t.Deployment>('POST', `${at(path)}/environments/${e(name)}/rollback`, { body: { reason, deployment } });
export const judgeDeployment = (path: string, id: number, verdict: 'approve' | 'reject', comment: string) =>
  call<t.Deployment>('POST', `${at(path)}/deployments/${id}/${verdict}`, { body: { comment } });
export const breakGlass = (path: string, id: number, reason: string) =>
  call<t.Deployment>('POST', `${at(path)}/deployments/${id}/break-glass`, { body: { reason } });
