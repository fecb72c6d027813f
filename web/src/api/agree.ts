// The types that the pages are written against, held against the server's own
// (schema.d.ts, made from its OpenAPI document by `npm run api`): a line here
// that does not type-check is a field that the server does not send, or sends
// otherwise. Nothing of this reaches the pages.
import type { components } from './schema';
import type * as t from './types';

type Server = components['schemas'];

// Loose forgets which words a text may be: the document does not always say.
type Loose<T> = T extends string
  ? string
  : T extends (infer Item)[]
    ? Loose<Item>[]
    : T extends object
      ? { [Key in keyof T]: Loose<T[Key]> }
      : T;

type Agrees<Page, _Sent extends Loose<Page>> = true;

export type Checked = [
  Agrees<t.Me, Server['MeView']>,
  Agrees<t.User, Server['UserView']>,
  Agrees<t.Token, Server['TokenView']>,
  Agrees<t.TokenCreated, Server['TokenCreatedView']>,
  Agrees<t.Project, Server['ProjectView']>,
  Agrees<t.Member, Server['MemberView']>,
  Agrees<t.List<t.Variable>, Server['ListVariableView']>,
  Agrees<t.Branch, Server['BranchView']>,
  Agrees<t.TreeEntry, Server['TreeEntryView']>,
  Agrees<t.FileView, Server['FileView']>,
  Agrees<t.Commit, Server['CommitView']>,
  Agrees<t.CommitView, Server['CommitDetailView']>,
  Agrees<t.FileDiff, Server['FileDiffView']>,
  Agrees<t.ProtectedBranch, Server['ProtectionView']>,
  Agrees<t.PipelineSummary, Server['PipelineSummary']>,
  Agrees<t.Pipeline, Server['PipelineView']>,
  Agrees<t.JobSummary, Server['JobSummary']>,
  Agrees<t.Job, Server['JobView']>,
  Agrees<t.Model, Server['ModelView']>,
  Agrees<t.Metric, Server['Metric']>,
  Agrees<t.ModelVersion, Server['VersionView']>,
  Agrees<t.Input, Server['Input']>,
  Agrees<t.Run, Server['RunView']>,
  Agrees<t.Candidate, Server['Candidate']>,
  Agrees<t.Environment, Server['EnvironmentView']>,
  Agrees<t.Deployment, Server['DeploymentView']>,
  Agrees<t.MergeSummary, Server['MergeSummary']>,
  Agrees<t.MergeRequest, Server['MergeRequestView']>,
  Agrees<t.MergeVersion, Server['MergeVersionView']>,
  Agrees<t.MergeDraft, Server['ProposalView']>,
  Agrees<t.Approval, Server['StandingView']>,
  Agrees<t.Waiting, Server['WaitingView']>,
  Agrees<t.MergeDiff, Server['DiffView']>,
  Agrees<t.DiffFile, Server['DiffFileView']>,
  Agrees<t.Thread, Server['ThreadView']>,
  Agrees<t.Note, Server['NoteView']>,
  Agrees<t.Group, Server['GroupView']>,
  Agrees<t.Invitation, Server['InvitationView']>,
  Agrees<t.Offer, Server['LinkView']>,
  Agrees<t.ProjectToken, Server['ProjectTokenView']>,
  Agrees<t.ProjectToken, Server['ProjectTokenCreatedView']>,
  Agrees<t.List<t.JobAccess>, Server['ListSourceView']>,
  Agrees<t.RoleRule, Server['RuleView']>,
  Agrees<t.OwnPermissions, Server['PermissionsView']>,
  Agrees<t.AuditEntry, Server['AuditView']>,
  Agrees<t.AuditVerdict, Server['VerifyView']>,
  Agrees<t.Hook, Server['HookView']>,
  Agrees<t.Delivery, Server['DeliveryView']>,
];
