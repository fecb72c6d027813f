// The console API's nouns, as the server writes them: snake_case, UTC RFC 3339
// times. Lists answer {items, total}; errors are application/problem+json.

export type * from './types.deliver';
export type * from './types.govern';
export type * from './types.merge';
export type * from './types.report';

import type { Candidate, EffectScale } from './types.report';

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
  blocked?: boolean; // only administrators see it
}
export interface Me {
  user: User;
  setup_needed: boolean;
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
// What serves a project's clients. model, version and url are a model's;
// address is a service's or a site's.
export interface Production {
  environment: string;
  kind: 'model' | 'service' | 'site';
  title: string;
  endpoint: string;
  model: string;
  version: number;
  url: string;
  address: string;
  public: boolean;
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
  merge_method: 'merge' | 'squash' | 'rebase' | 'ff';
  remove_source_branch: boolean; // what new merge requests start with
  open_merge_requests: number;
  last_pipeline?: PipelineSummary;
  production?: Production;
}
export interface Member {
  user: User;
  role: string;
  since: string;
  expires_at: string | null;
  inherited: string; // the group that the role comes from; "": the project's own
}
export interface Variable {
  key: string;
  environment: string; // "*": every one
  value: string /* "" when hidden */;
  masked: boolean;
  hidden: boolean;
  protected: boolean;
  file: boolean;
  raw: boolean;
  description: string;
  inherited: string; // the group that it comes from; "": the project's own
  updated_at: string;
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
  approvals: number;
  approval_role: string; // developer|maintainer
  require_pipeline: boolean;
  require_resolved: boolean;
  require_owners: boolean;
} // role: none|developer|maintainer
export type Status =
  | 'created'
  | 'waiting'
  | 'pending'
  | 'running'
  | 'canceling'
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
  log_truncated: boolean;
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
  signature: { inputs: Input[]; output: Output };
  interval?: Promised;
  set?: Promised; // of a classifier's sets of classes
  parity?: { system: string; rows: number; within: number }; // equal to its own system's answers
}
// Promised is how often intervals or sets hold the truth, and how often they did.
export interface Promised {
  level: number;
  coverage: number;
  covered_of: number;
}
export type Task = 'regression' | 'binary' | 'multiclass' | 'vector';
export interface Output {
  name: string;
  unit?: string;
  task?: Task; // none: regression
  classes?: string[]; // what a classifier tells apart
  targets?: string[]; // of several numbers: their names
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
  text?: boolean; // a category without levels: free text
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
// The profile of the rows a version learnt from.
export interface Profile {
  title: string;
  rows: number;
  columns: number;
  missing: number; // cells
  duplicates: number; // rows
  target?: string;
  outcome?: string; // what target means are of
  warnings: Warning[] | null;
  variables: ProfiledColumn[];
  relations?: { column: string; power: number; measure?: string; value: number }[];
  pairs?: ProfiledPair[]; // the strongest
  // Row i: column i with each one before it, in hundredths.
  matrix?: { columns: string[]; values: (number | null)[][]; left?: number };
  drift?: ProfiledDrift; // early against late rows
}
export interface ProfiledPair {
  a: string;
  b: string;
  measure: string;
  value: number;
}
export interface ProfiledDrift {
  column: string;
  kind: Input['kind'];
  early: number; // early rows are up to here
  late: number; // late rows are from here
  shifts: {
    column: string;
    verdict: 'stable' | 'not enough rows' | 'changed' | 'changed much';
    effect: number; // share of rows that would have to change
    low: number;
    high: number;
    words?: string[];
    points: (number | null)[]; // means over time
    level?: string; // whose share the points are
  }[];
  more?: number;
  stable: number;
}
export interface Warning {
  kind: string;
  severity: 'high' | 'medium' | 'low';
  title: string;
  advice: string;
  items: { column?: string; text: string; rows?: number[] }[];
  more?: number;
}
export interface ProfiledColumn {
  name: string;
  kind: Input['kind'];
  missing: number;
  distinct: number;
  numbers?: {
    min: number;
    max: number;
    mean: number;
    sd: number;
    quantiles: { p01: number; p05: number; p25: number; p50: number; p75: number; p95: number; p99: number };
    whole: boolean;
    zeros?: number;
    histogram?: {
      low: number;
      high: number;
      counts: number[];
      below?: number;
      above?: number;
      target?: (number | null)[]; // mean outcome per bin
      half?: (number | null)[]; // half the width of its 95 % interval
    };
  };
  levels?: { text: string; count: number; target?: number; half?: number }[]; // the most frequent
  others?: number; // rows of the levels not listed
}
export interface EndpointInfo {
  endpoint: string;
  title: string; // the recipe's, or else the model's name
  environment: string;
  public: boolean;
  model: string;
  version: number;
  deployed_at: string;
  target: { name: string; unit?: string };
  task?: Task;
  classes?: string[]; // what a classifier tells apart
  positive?: string; // binary: the class whose probability is the prediction
  decides?: boolean; // a classifier without probabilities
  targets?: string[]; // of several numbers: their names
  explained: boolean; // whether there are reasons to ask for
  explained_by?: 'exact' | 'chained' | 'sampled';
  inputs: Input[];
  form?: string[]; // inputs that the recipe wants asked first, in its order
  interval?: Promised;
  set?: Promised; // of a classifier's sets of classes
  example: Record<string, unknown> /* a real row */;
}
export interface PredictAnswer {
  // Of a classifier: the probability of `positive`, or else of `label`; of one
  // without probabilities, a score. null: the model has no number for this row.
  prediction: number | null;
  label?: string | null; // the class chosen
  probabilities?: Record<string, number | null>;
  values?: Record<string, number | null>; // of a model of several numbers
  positive?: string;
  unit?: string;
  interval?: { low: number; high: number; level: number };
  set?: { classes: string[]; level: number }; // hold the true class so often
  model: string;
  version: number;
  notices: Notice[];
  // base + all effects is the score. On the log scale effects multiply, on the
  // log-odds scale they move a probability, on the transformed scale a power of the
  // target; amount is then an effect in the
  // target's unit or in probability: base_prediction + all amounts is the prediction.
  reasons?: {
    scale: EffectScale;
    by?: 'chained' | 'sampled'; // not exact: how the effects, which add up, were shared
    base: number;
    base_prediction?: number;
    contributions: {
      input: string;
      value: unknown;
      effect: number;
      amount?: number;
      words?: { word: string; effect: number; amount?: number }[]; // of a text: parts of effect, the heaviest first
      other_words?: { count: number; effect: number; amount?: number };
    }[];
  };
}
export interface Notice {
  input: string;
  code: 'imputed' | 'rare' | 'unseen' | 'unknown' | 'no_answer'; // the last is about no input
  message: string;
}
