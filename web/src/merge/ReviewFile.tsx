// One file of a merge request's changes: its lines, the threads on them, and
// the place to write a new one.
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { memo, type ReactNode, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { DiffFile, MergeDiff, Thread } from '../api/types';
import { FileCard, nameOf } from '../diff/FileCard';
import { Patch, type View } from '../diff/Patch';
import { type Hunk, parsePatch } from '../diff/parse';
import { keyOf, place, positionOf, type Spot, textsOf } from '../diff/position';
import { Go } from '../parts/Go';
import { Bones, Problem } from '../parts/Loaded';
import { Composer } from './Composer';
import { ofThreads, useRequest } from './place';
import { ThreadView } from './ThreadView';

interface Props {
  file: DiffFile;
  diff: Pick<MergeDiff, 'base_sha' | 'head_sha'>;
  latest: string; // the request's own head
  versions: { from_version?: number; version?: number };
  view: View;
  threads: Thread[];
  may: boolean;
  open: boolean;
  setOpen: (file: { old_path: string; new_path: string; status: DiffFile['status'] }, open: boolean) => void;
  seen: boolean;
  setSeen: (file: DiffFile, seen: boolean) => void;
}

export const ReviewFile = memo(function ReviewFile(props: Props) {
  const { t } = useTranslation();
  const { file } = props;
  return (
    <FileCard
      file={file}
      view={props.view}
      base={props.diff.base_sha}
      head={props.diff.head_sha}
      open={props.open}
      setOpen={props.setOpen}
      side={
        <label className="viewed small">
          <input type="checkbox" checked={props.seen} onChange={e => props.setSeen(file, e.currentTarget.checked)} />
          {t('changes.viewed')}
        </label>
      }
      body={hunks => (file.folded && !file.patch ? <Folded {...props} /> : <Lines {...props} hunks={hunks} />)}
    />
  );
});

// Folded is a file whose lines come when they are asked for.
function Folded(props: Props) {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const { file } = props;
  const open = props.threads.some(thread => thread.resolvable && !thread.resolved);
  const [asked, setAsked] = useState(open);
  const whole = useQuery({
    ...api.mergeDiffFile(path, number, { path: nameOf(file), ...props.versions }),
    enabled: asked,
    staleTime: 60_000,
  });
  const hunks = useMemo(() => parsePatch(whole.data?.patch ?? ''), [whole.data]);
  if (whole.data?.too_large) return <div className="empty">{t('diff.tooLarge')}</div>;
  if (whole.data) return <Lines {...props} hunks={hunks} />;
  if (whole.error) return <Problem error={whole.error} retry={() => void whole.refetch()} />;
  if (asked) return <Bones rows={4} />;
  return (
    <div className="empty folded">
      <span>
        {t(file.generated ? 'changes.foldedGenerated' : 'changes.folded', { count: file.additions + file.deletions })}
      </span>{' '}
      <Button variant="default" onClick={() => setAsked(true)}>
        {t('changes.show')}
      </Button>
    </div>
  );
}

interface Draft {
  spot: Spot;
  from: number; // the first line it is about, when it is about several
}

function Lines(props: Props & { hunks: Hunk[] }) {
  const { file, diff, hunks, may, threads } = props;
  const { t } = useTranslation();
  const { path, number, at } = useRequest();
  const [draft, setDraft] = useState<Draft>();
  const close = useCallback(() => setDraft(undefined), []);
  const pick = useCallback(
    (spot: Spot, extend: boolean) =>
      setDraft(old => {
        if (!extend || !old || spot.now === 0 || old.spot.now === 0) return { spot, from: spot.now };
        // With Shift the comment stands at the last line and is about all between.
        const last = spot.now > old.spot.now ? spot : old.spot;
        return { spot: last, from: Math.min(spot.now, old.from) };
      }),
    [],
  );
  const placed = useMemo(
    () => place(threads, file, diff.head_sha, props.latest, hunks),
    [threads, file, diff.head_sha, props.latest, hunks],
  );
  const under = useMemo(() => {
    const nodes = new Map<string, ReactNode>();
    for (const [key, list] of placed.lines) {
      nodes.set(
        key,
        list.map(thread => <ThreadView key={thread.id} thread={thread} may={may} sha={diff.head_sha} placed />),
      );
    }
    if (draft) {
      const key = keyOf(draft.spot);
      const several = draft.from > 0 && draft.from < draft.spot.now;
      nodes.set(
        key,
        <>
          {nodes.get(key)}
          <Composer
            key={`new-${key}`}
            place={`${path}!${number}:${nameOf(file)}:${key}`}
            label={t('thread.write')}
            submit={t('thread.send')}
            about={
              several && (
                <span className="small muted">{t('suggestion.lines', { from: draft.from, to: draft.spot.now })}</span>
              )
            }
            lines={draft.spot.now > 0 ? textsOf(hunks, draft.from || draft.spot.now, draft.spot.now) : undefined}
            stale={ofThreads}
            send={body => api.startThread(path, number, { body, position: positionOf(diff, file, draft.spot) })}
            done={close}
            cancel={close}
            focus
          />
        </>,
      );
    }
    return nodes;
  }, [placed, draft, may, diff, file, hunks, path, number, close, t]);
  // Between two versions the left side is not the target's: a line there has no place in the request.
  const takes = may && props.versions.from_version === undefined;
  const margin = useMemo(() => ({ under, pick: takes ? pick : undefined }), [under, takes, pick]);
  return (
    <>
      {placed.elsewhere.map(thread => (
        <div key={thread.id} className="elsewhere">
          <ThreadView thread={thread} may={may} sha={diff.head_sha} />
        </div>
      ))}
      {placed.outdated.length > 0 && (
        <p className="foot small muted">
          <Go to={at} hash={`thread-${placed.outdated[0]?.id}`}>
            {t('changes.outdated', { count: placed.outdated.length })}
          </Go>
        </p>
      )}
      {hunks.length > 0 ? (
        <Patch hunks={hunks} path={nameOf(file)} view={props.view} margin={margin} />
      ) : (
        <div className="empty">{t('diff.none')}</div>
      )}
    </>
  );
}
