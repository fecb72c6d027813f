// The state of a merge request, as an icon, a word and a colour.
import {
  IconGitMerge,
  IconGitPullRequest,
  IconGitPullRequestClosed,
  IconGitPullRequestDraft,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { MergeSummary } from '../api/types';

const looks = {
  opened: { icon: IconGitPullRequest, tone: 'good' },
  draft: { icon: IconGitPullRequestDraft, tone: 'quiet' },
  closed: { icon: IconGitPullRequestClosed, tone: 'bad' },
  merged: { icon: IconGitMerge, tone: 'busy' },
} as const;

export function State({ of, bare }: { of: Pick<MergeSummary, 'state' | 'draft'>; bare?: boolean }) {
  const { t } = useTranslation();
  const state = of.state === 'opened' && of.draft ? 'draft' : of.state;
  const { icon: Icon, tone } = looks[state];
  return (
    <span className={`status tone-${tone}`} title={t(`mr.${state}`)}>
      <Icon size={16} stroke={1.9} aria-hidden="true" />
      <span className={bare ? 'visually-hidden' : 'word'}>{t(`mr.${state}`)}</span>
    </span>
  );
}

// titleOf leaves out the "Draft:" that git people write before a title: the
// state says it already.
export const titleOf = (of: Pick<MergeSummary, 'title' | 'draft'>): string =>
  of.draft ? of.title.replace(/^\s*\[?draft\]?:?\s+/i, '') || of.title : of.title;
