// A new merge request: from where to where, and what it would hold.
import { Button, Checkbox, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { MergeDraft, Project } from '../api/types';
import { DiffView } from '../diff/DiffView';
import { ReviewerSelect } from '../merge/ReviewerSelect';
import { useAct } from '../parts/act';
import { Go } from '../parts/Go';
import { Loaded, Problem } from '../parts/Loaded';
import { Card, Empty, Page } from '../parts/Page';
import { useGo, useProjectPath, useQueryWords, useSetQuery } from '../parts/place';
import { BranchSelect, CodeTabs } from './CodeTabs';
import { CommitList } from './Commits';

export function NewMergeRequest() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const words = useQueryWords();
  const setQuery = useSetQuery();
  const project = useQuery(api.project(path));
  const target = words.target ?? project.data?.default_branch ?? '';
  const source = words.source ?? '';
  const ready = Boolean(source && target && source !== target);
  const draft = useQuery({ ...api.newMergeRequest(path, source, target), enabled: ready });
  const crumbs = [
    { label: path, to: `/${path}` },
    { label: t('mr.list'), to: `/${path}/merge-requests` },
  ];
  return (
    <Page title={t('mr.new')} name={`${t('mr.new')} · ${path}`} crumbs={crumbs}>
      <CodeTabs />
      <div className="stack">
        <div className="row">
          <BranchSelect value={source} label={t('mr.source')} onChange={value => setQuery({ source: value })} />
          <span aria-hidden="true">→</span>
          <BranchSelect value={target} label={t('mr.target')} onChange={value => setQuery({ target: value })} />
        </div>
        {ready && project.data ? (
          <Loaded of={draft}>
            {value => (
              <>
                {value.exists !== undefined && (
                  <p className="notice">
                    <Go to={`/${path}/merge-requests/${value.exists}`}>{t('mr.exists', { number: value.exists })}</Go>
                  </p>
                )}
                {value.commits === 0 ? (
                  <div className="card">
                    <Empty title={t('compare.same')}>
                      {t('compare.sameAbout', { from: value.target, to: value.source })}
                    </Empty>
                  </div>
                ) : (
                  <>
                    <Form key={`${source} ${target}`} draft={value} project={project.data as Project} />
                    <Holds source={value.source} target={value.target} />
                  </>
                )}
              </>
            )}
          </Loaded>
        ) : (
          <div className="card">
            <Empty title={t('mr.choose')}>{t('mr.chooseAbout')}</Empty>
          </div>
        )}
      </div>
    </Page>
  );
}

function Form({ draft, project }: { draft: MergeDraft; project: Project }) {
  const { t } = useTranslation();
  const go = useGo();
  const me = useQuery({ ...api.me(), staleTime: 60_000 });
  const [form, setForm] = useState({
    title: draft.title,
    description: draft.description,
    draft: false,
    reviewers: [] as string[],
    remove_source_branch: project.remove_source_branch ?? false,
    squash: project.merge_method === 'squash',
  });
  const act = useAct(
    () => api.createMergeRequest(project.path, { source: draft.source, target: draft.target, ...form }),
    { quiet: true, done: made => go(`/${project.path}/merge-requests/${made.number}`) },
  );
  return (
    <div className="two">
      <Card>
        <form
          id="new-request"
          className="stack"
          onSubmit={e => {
            e.preventDefault();
            act.mutate(undefined);
          }}
        >
          <TextInput
            label={t('mr.title')}
            required
            value={form.title}
            onChange={e => setForm({ ...form, title: e.currentTarget.value })}
          />
          <Textarea
            label={t('description')}
            description={t('mr.markdown')}
            autosize
            minRows={6}
            maxRows={30}
            value={form.description}
            onChange={e => setForm({ ...form, description: e.currentTarget.value })}
          />
          {act.error && <Problem error={act.error} />}
          <div>
            <Button type="submit" loading={act.isPending}>
              {t('mr.create')}
            </Button>
          </div>
        </form>
      </Card>
      <Card>
        <div className="stack">
          <ReviewerSelect
            value={form.reviewers}
            not={me.data?.user.username}
            onChange={reviewers => setForm({ ...form, reviewers })}
          />
          <Checkbox
            label={t('mr.draft')}
            description={t('mr.draftAbout')}
            checked={form.draft}
            onChange={e => setForm({ ...form, draft: e.currentTarget.checked })}
          />
          {project.merge_method !== 'squash' && (
            <Checkbox
              label={t('gate.squash')}
              description={t('mr.squashAbout')}
              checked={form.squash}
              onChange={e => setForm({ ...form, squash: e.currentTarget.checked })}
            />
          )}
          <Checkbox
            label={t('gate.remove', { source: draft.source })}
            checked={form.remove_source_branch}
            onChange={e => setForm({ ...form, remove_source_branch: e.currentTarget.checked })}
          />
          {draft.conflicts.length > 0 && (
            <div className="problem">
              <strong>{t('mr.conflictsWith', { target: draft.target })}</strong>
              <ul className="mono">
                {draft.conflicts.map(file => (
                  <li key={file}>{file}</li>
                ))}
              </ul>
            </div>
          )}
        </div>
      </Card>
    </div>
  );
}

// Holds is what the request would bring: its commits and its changes.
function Holds({ source, target }: { source: string; target: string }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const compare = useQuery(api.compare(path, target, source));
  return (
    <Loaded of={compare}>
      {value => (
        <>
          <CommitList commits={value.commits} empty={<Empty title={t('compare.same')} />} />
          {value.files.length > 0 && <DiffView files={value.files} sha={source} />}
        </>
      )}
    </Loaded>
  );
}
