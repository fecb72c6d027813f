// The console API's nouns of people, secrets, the audit log and webhooks; see
// types.ts for the conventions.

export interface Group {
  id: number;
  path: string;
  name: string;
  description: string;
  role: string; // the caller's role in it: guest..owner | none
  projects: number;
  members: number;
  created_at: string;
}
export interface Invitation {
  id: number;
  role: string;
  email: string;
  created_by: string;
  created_at: string;
  expires_at: string;
  uses_left: number;
  link?: string; // only when it has just been made
}
// What somebody with the link is offered.
export interface Offer {
  project?: string;
  group?: string;
  role: string;
  invited_by: string;
  expires_at: string;
}
export interface ProjectToken {
  id: number;
  name: string;
  role: string;
  scopes: string[];
  created_by: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  limits?: Limits;
  used_today: number; // predictions, since midnight UTC
  token?: string; // only when it has just been made
}
export interface Limits {
  environment?: string;
  per_second?: number;
  per_day?: number;
}
export interface JobAccess {
  id: number;
  path: string;
}
export interface RoleRule {
  permission: string;
  role: string;
  about: string;
  job: boolean; // a job's token may, too
  scopes: string[];
}
export interface OwnPermissions {
  role: string;
  inherited_from?: string;
  permissions: { permission: string; allowed: boolean; refusal?: string }[];
}
export interface AuditEntry {
  seq: number;
  at: string;
  username: string;
  via: string;
  address: string;
  project: string;
  action: string;
  target: string;
  reason: string;
  alarm: boolean;
  before: unknown;
  after: unknown;
  job_id: number | null;
  hash: string;
}
export interface AuditVerdict {
  ok: boolean;
  entries: number;
  head: string;
  problem?: string;
}
export interface Hook {
  id: number;
  name: string;
  url: string;
  events: string[];
  active: boolean;
  has_secret: boolean;
  created_at: string;
  last_delivery?: Delivery;
  disabled_reason?: string;
}
export interface Delivery {
  id: number;
  event: string;
  at: string;
  duration_ms: number;
  status: number; // 0: no answer
  error?: string;
  attempt: number;
  request?: { headers: Record<string, string>; body: string };
  response?: { headers: Record<string, string>; body: string };
}
