// The console API's nouns, as the server writes them: snake_case, UTC RFC 3339
// times. Lists answer {items, total}; errors are application/problem+json.

export interface List<T> {
  items: T[];
  total: number;
}

export interface User {
  id: number;
  username: string;
  name: string;
  email?: string;
  admin: boolean;
}
export interface Me {
  user: User;
  setup_needed: false;
}
export interface Token {
  id: number;
  name: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}
export interface TokenCreated extends Token {
  token: string;
}
export interface Project {
  id: number;
  namespace: string;
  name: string;
  path: string;
  description: string;
  default_branch: string;
  created_at: string;
  clone_url: string;
  empty: boolean;
  role: string; // the caller's role: guest..owner | none
  last_pipeline?: PipelineSummary;
  production?: { endpoint: string; model: string; version: number; url: string };
}
export interface Member {
  user: User;
  role: string;
  since: string;
}
export interface Variable {
  key: string;
  value: string /* "" when masked */;
  masked: boolean;
  protected: boolean;
}
export interface Branch {
  name: string;
  sha: string;
  default: boolean;
  protected: boolean;
  commit: Commit;
}
export interface TreeEntry {
  name: string;
  path: string;
  type: 'dir' | 'file' | 'link' | 'submodule';
  size: number;
  mode: string;
}
export interface FileView {
  path: string;
  ref: string;
  sha: string;
  size: number;
  binary: boolean;
  too_large: boolean;
  text: string;
  language: string;
  last_commit?: Commit;
}
export interface Commit {
  sha: string;
  title: string;
  message: string;
  author_name: string;
  author_email: string;
  authored_at: string;
  parents: string[];
}
export interface FileDiff {
  old_path: string;
  new_path: string;
  status: 'added' | 'deleted' | 'modified' | 'renamed';
  binary: boolean;
  too_large: boolean;
  additions: number;
  deletions: number;
  patch: string /* unified diff text of this file with header */;
}
export interface CommitView extends Commit {
  files: FileDiff[];
  pipeline?: PipelineSummary;
}
export interface ProtectedBranch {
  pattern: string;
  push_role: string;
  merge_role: string;
} // role: none|developer|maintainer
export type Status =
  | 'created'
  | 'waiting'
  | 'pending'
  | 'running'
  | 'success'
  | 'failed'
  | 'canceled'
  | 'skipped'
  | 'manual';
export interface PipelineSummary {
  id: number;
  status: Status;
  ref: string;
  sha: string;
  title: string /* commit title */;
  source: 'push' | 'api' | 'merge';
  user: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  duration: number | null /* s */;
  error?: string;
}
export interface Pipeline extends PipelineSummary {
  project_id: number;
  errors: { file: string; line: number; column: number; message: string }[];
  stages: string[];
  jobs: JobSummary[];
}
export interface JobSummary {
  id: number;
  name: string;
  stage: string;
  status: Status;
  allow_failure: boolean;
  when: string;
  needs: string[];
  started_at: string | null;
  finished_at: string | null;
  duration: number | null;
  failure_reason?: string;
  environment?: string;
}
export interface Job extends JobSummary {
  pipeline_id: number;
  project_id: number;
  ref: string;
  sha: string;
  retried: boolean;
  attempts: { id: number; status: Status }[];
  runner?: string;
  has_artifacts: boolean;
  log_size: number;
  interrupted: boolean;
}
export interface Model {
  name: string;
  description: string;
  latest: number;
  aliases: Record<string, number>;
  created_at: string;
  versions: number;
  deployed: { environment: string; version: number }[];
}
export interface Metric {
  name: string;
  value: number;
  low: number;
  high: number;
  level: number;
  n: number;
  unit?: string;
}
export interface ModelVersion {
  model: string;
  version: number;
  digest: string;
  size: number;
  commit: string;
  ref: string;
  job_id: number | null;
  pipeline_id: number | null;
  user: string;
  created_at: string;
  data_digest: string;
  algorithm: string;
  metrics: Metric[];
  aliases: string[];
  signature: { inputs: Input[]; output: { name: string; unit?: string } };
  interval?: { level: number; coverage: number; covered_of: number };
}
export interface Input {
  name: string;
  kind: 'number' | 'category' | 'bool' | 'time';
  required: boolean;
  levels?: string[];
  label?: string;
  unit?: string;
  description?: string;
  min?: number;
  max?: number;
  low?: number;
  high?: number;
  median?: number;
  mode?: string;
  whole?: boolean;
  importance?: number /* 0..1, share */;
}
export interface Run {
  id: number;
  name: string;
  status: 'running' | 'finished' | 'failed';
  commit: string;
  job_id: number | null;
  user: string;
  created_at: string;
  finished_at: string | null;
  params: Record<string, string>;
  metrics: Metric[];
  candidates: Candidate[];
  model?: { name: string; version: number };
}
export interface Candidate {
  name: string;
  params: Record<string, string>;
  score: number;
  score_low: number;
  score_high: number;
  fit_seconds: number;
  chosen: boolean;
  tied: boolean;
}
// The training report. Every part may be missing: a model registered by other
// means has none of it.
export interface Report {
  metrics?: Metric[];
  leaderboard?: Candidate[];
  importance?: { input: string; share: number }[];
}
export interface Environment {
  id: number;
  name: string;
  tier: 'production' | 'staging' | 'development' | 'other';
  public: boolean;
  protected: boolean;
  endpoint: string;
  url: string /* client page */;
  current?: Deployment;
  health: 'ready' | 'empty' | 'failed';
  created_at: string;
}
export interface Deployment {
  id: number;
  environment: string;
  model: string;
  version: number;
  status: 'pending' | 'running' | 'success' | 'failed';
  reason: string;
  error?: string;
  user: string;
  commit: string;
  job_id: number | null;
  created_at: string;
  finished_at: string | null;
  current: boolean;
}
export interface EndpointInfo {
  endpoint: string;
  title: string;
  model: string;
  version: number;
  deployed_at: string;
  target: { name: string; unit?: string };
  inputs: Input[];
  interval?: { level: number; coverage: number; covered_of: number };
  example: Record<string, unknown> /* a real row */;
}
export interface PredictAnswer {
  prediction: number;
  unit?: string;
  interval?: { low: number; high: number; level: number };
  model: string;
  version: number;
  notices: { input: string; message: string }[]; // unlike our data, imputed, unknown category
  reasons?: {
    base: number;
    contributions: { input: string; value: unknown; effect: number }[];
    scale: 'additive' | 'log';
  };
} // base + sum(effect) == score; with a log target: effects are multiplicative, "scale":"log"
