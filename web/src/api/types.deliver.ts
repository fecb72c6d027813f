// The console API's nouns of environments and deployments; see types.ts for the
// conventions.

export type DeploymentKind = 'model' | 'service' | 'site';

export interface Environment {
  id: number;
  name: string;
  tier: 'production' | 'staging' | 'testing' | 'development' | 'other';
  description: string;
  kind: DeploymentKind | ''; // of what it serves; "": nothing yet
  public: boolean;
  protected: boolean;
  deploy_role: string;
  approvals: number;
  approval_role: string;
  target: 'embedded' | 'docker';
  endpoint: string;
  url: string /* client page */;
  address: string; // of a service or site; "" for a model
  current?: Deployment;
  health: 'ready' | 'empty' | 'failed';
  problem?: string;
  stopped: boolean;
  branch: string; // that made it
  auto_stop_at: string | null;
  on_stop_job: number | null;
  created_at: string;
}
export interface Deployment {
  id: number;
  environment: string;
  kind: DeploymentKind;
  title: string; // what is deployed, in words
  model: string; // of a model; "" otherwise
  version: number;
  bundle: string; // digest of a service's or site's files; "" for a model
  size: number;
  status: 'blocked' | 'pending' | 'running' | 'success' | 'failed' | 'rejected' | 'superseded' | 'skipped';
  reason: string;
  error?: string;
  user: string;
  commit: string;
  ref: string;
  job_id: number | null;
  created_at: string;
  finished_at: string | null;
  current: boolean;
  restores?: number; // the deployment that this roll-back brought back
  approvals: { user: string; at: string; comment: string; verdict: 'approve' | 'reject' }[];
  approvals_needed: number;
  may_approve: boolean;
  approve_refusal?: string;
  break_glass: boolean;
}
