// The console API's nouns of merge requests; see types.ts for the conventions.
import type { FileDiff, PipelineSummary, User } from './types';

export type MergeState = 'opened' | 'closed' | 'merged';
export type MergeMethod = 'merge' | 'squash' | 'rebase' | 'ff';

export interface MergeSummary {
  number: number;
  title: string;
  state: MergeState;
  draft: boolean;
  source: string;
  target: string;
  author: User;
  reviewers: User[];
  created_at: string;
  updated_at: string;
  approvals: { given: number; needed: number };
  threads: { unresolved: number; total: number };
  pipeline?: PipelineSummary;
  blocked: boolean;
  conflicts: boolean;
}
export interface MergeRequest extends MergeSummary {
  id: number;
  project_id: number;
  description: string;
  head_sha: string;
  base_sha: string;
  target_sha: string;
  commits: number;
  versions: number;
  merge_method: MergeMethod;
  squash: boolean;
  remove_source_branch: boolean;
  source_exists: boolean;
  blockers: Blocker[];
  can_merge: boolean; // for the caller: no blockers and may
  may: {
    edit: boolean;
    approve: boolean;
    approve_refusal?: string;
    merge: boolean;
    merge_refusal?: string;
    comment: boolean;
  };
  approvals_list: Approval[];
  rule: {
    pattern: string;
    approvals: number;
    approval_role: string;
    require_pipeline: boolean;
    require_resolved: boolean;
    require_owners: boolean;
  } | null;
  owners: OwnersAsked[];
  content: { tree: string; models: { name: string; version: number; digest: string }[]; data: string };
  merged_at?: string;
  merged_by?: User;
  merge_sha?: string;
  closed_at?: string;
  closed_by?: User;
  diff: { files: number; additions: number; deletions: number };
  behind: number; // commits that the target has and the source lacks
}
export interface OwnersAsked {
  section: string;
  pattern: string;
  paths: string[];
  owners: string[];
  approvals: number;
  given: number;
  optional: boolean;
}
export interface Blocker {
  kind:
    | 'closed'
    | 'draft'
    | 'empty'
    | 'conflict'
    | 'rebase'
    | 'approvals'
    | 'owners'
    | 'pipeline'
    | 'threads'
    | 'role'
    | 'branch';
  message: string;
  unblock: string;
  paths?: string[];
}
export interface Approval {
  user: User;
  role: string;
  at: string;
  sha: string;
  holds: boolean;
  changed: string[]; // why it is void, in words
}
export interface MergeVersion {
  number: number;
  head_sha: string;
  base_sha: string;
  created_at: string;
  user: string;
  commits: number;
}
export interface MergeDraft {
  // what a new request would be
  source: string;
  target: string;
  title: string;
  description: string;
  commits: number;
  conflicts: string[];
  exists?: number; // the open request of the same branches
}
export interface Waiting {
  kind: 'review' | 'mention' | 'ready' | 'deployment' | 'failed';
  project: string;
  title: string;
  link: string; // a path of the console
  at: string;
  who: string;
}

export interface DiffFile extends FileDiff {
  folded: boolean; // the patch is asked for on its own
  generated: boolean;
  image: boolean;
  old_mode?: string;
  new_mode?: string;
}
export interface MergeDiff {
  base_sha: string;
  head_sha: string;
  files: DiffFile[];
  additions: number;
  deletions: number;
  truncated: boolean;
}
// A line of a diff; 0 is none: old_line of an added line, new_line of a removed one.
export interface Position {
  base_sha: string;
  head_sha: string;
  old_path: string;
  new_path: string;
  old_line: number;
  new_line: number;
}
export interface Thread {
  id: number;
  resolvable: boolean;
  resolved: boolean;
  resolved_by?: string;
  resolved_at?: string;
  outdated: boolean;
  position?: Position; // as written
  current?: { path: string; old_line: number; new_line: number }; // at the latest version; absent when outdated
  lines?: string[]; // the code it was written at
  notes: Note[];
}
export interface Note {
  id: number;
  author: User;
  body: string; // Markdown
  system: boolean;
  created_at: string;
  edited_at?: string;
  may_edit: boolean;
  suggestions: Suggestion[];
}
export interface Suggestion {
  index: number;
  from_line: number;
  to_line: number;
  path: string;
  text: string;
  applied: boolean;
  applicable: boolean;
  refusal?: string;
}
