// What a merge request changes, to read and to comment on.
import { NativeSelect } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { DiffFile, MergeDiff, MergeRequest, MergeVersion, Thread } from '../api/types';
import { useView, ViewSwitch } from '../diff/DiffView';
import { anchorOf, Counts, nameOf } from '../diff/FileCard';
import { FileTree } from '../diff/FileTree';
import { orderOf, treeOf } from '../diff/tree';
import { useViewed } from '../diff/viewed';
import { dateTime, number as figure } from '../format/format';
import { Loaded } from '../parts/Loaded';
import { Empty } from '../parts/Page';
import { useQueryWords, useSetQuery } from '../parts/place';
import { useHash } from './hash';
import { useReviewKeys } from './keys';
import { useRequest } from './place';
import { ReviewFile } from './ReviewFile';

const none: Thread[] = [];

export function Changes({ request }: { request: MergeRequest }) {
  const { path, number } = useRequest();
  const words = useQueryWords();
  const versions = useQuery(api.mergeVersions(path, number));
  const asked = useMemo(
    () => ({ from_version: Number(words.from) || undefined, version: Number(words.version) || undefined }),
    [words.from, words.version],
  );
  const diff = useQuery({ ...api.mergeDiff(path, number, asked), placeholderData: keepPreviousData });
  return (
    <div className="stack wide">
      <Loaded of={diff} rows={12}>
        {value => (
          <Review
            request={request}
            diff={value}
            asked={asked}
            versions={versions.data?.items ?? []}
            stale={diff.isPlaceholderData}
          />
        )}
      </Loaded>
    </div>
  );
}

interface ReviewProps {
  request: MergeRequest;
  diff: MergeDiff;
  asked: { from_version?: number; version?: number };
  versions: MergeVersion[];
  stale: boolean;
}

function Review({ request, diff, asked, versions, stale }: ReviewProps) {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const threads = useQuery(api.threads(path, number));
  const [view, setView] = useView();
  const [seen, setSeen] = useViewed(`${path}!${number}`);
  const [turned, setTurned] = useState<Record<string, boolean>>({});
  const files = useMemo(() => {
    const order = orderOf(treeOf(diff.files.map(nameOf)));
    return order.map(i => diff.files[i]).filter(file => file !== undefined);
  }, [diff.files]);
  const byFile = useByFile(threads.data?.items ?? none, files);
  const counts = useMemo(
    () => new Map([...byFile].map(([name, list]) => [name, { unresolved: list.filter(isOpen).length }])),
    [byFile],
  );
  const setOpen = useCallback(
    (file: Pick<DiffFile, 'old_path' | 'new_path' | 'status'>, open: boolean) =>
      setTurned(old => ({ ...old, [nameOf(file as DiffFile)]: open })),
    [],
  );
  const look = useCallback(
    (file: DiffFile, on: boolean) => {
      setSeen(file, on);
      setOpen(file, !on);
    },
    [setSeen, setOpen],
  );
  const go = useCallback((file: Parameters<typeof nameOf>[0]) => {
    document.getElementById(anchorOf(nameOf(file)))?.scrollIntoView();
  }, []);
  useReviewKeys();
  useHash(byFile.size > 0, id => {
    // Its file may not be drawn yet: the file comes into sight first, and draws it.
    for (const [name, list] of byFile) {
      if (list.some(thread => `thread-${thread.id}` === id)) document.getElementById(anchorOf(name))?.scrollIntoView();
    }
  });
  const done = files.filter(seen).length;
  if (files.length === 0) {
    return (
      <>
        <Versions versions={versions} asked={asked} />
        <div className="card">
          <Empty title={t('changes.none')}>{t('changes.noneAbout')}</Empty>
        </div>
      </>
    );
  }
  return (
    <div className="review" aria-busy={stale}>
      <FileTree files={files} threads={counts} seen={seen as never} go={go} />
      <div className="stack">
        <div className="row between review-bar">
          <span className="row">
            <span>{t('diff.files', { count: files.length })}</span>
            <Counts plus={diff.additions} minus={diff.deletions} />
            <span className="muted small">{t('changes.progress', { done: figure(done), count: files.length })}</span>
          </span>
          <span className="row">
            <Versions versions={versions} asked={asked} />
            <ViewSwitch view={view} setView={setView} />
          </span>
        </div>
        {diff.truncated && <p className="notice">{t('changes.truncated')}</p>}
        {files.map(file => (
          <ReviewFile
            key={nameOf(file)}
            file={file}
            diff={diff}
            latest={request.head_sha}
            versions={asked}
            view={view}
            threads={byFile.get(nameOf(file)) ?? none}
            may={request.may.comment}
            open={turned[nameOf(file)] ?? !seen(file)}
            setOpen={setOpen}
            seen={seen(file)}
            setSeen={look}
          />
        ))}
      </div>
    </div>
  );
}

const isOpen = (thread: Thread): boolean => thread.resolvable && !thread.resolved;

// useByFile sorts threads to the files of the diff. A file whose threads did not
// change keeps its list, so that a new comment redraws one file of hundreds.
function useByFile(threads: Thread[], files: DiffFile[]): Map<string, Thread[]> {
  const before = useRef(new Map<string, Thread[]>());
  return useMemo(() => {
    const names = new Map<string, string>();
    for (const file of files) {
      names.set(file.old_path, nameOf(file));
      names.set(file.new_path, nameOf(file));
    }
    const sorted = new Map<string, Thread[]>();
    for (const thread of threads) {
      const { position } = thread;
      if (!position) continue; // about the whole request; an added file's old path is empty, too
      const name = names.get(thread.current?.path ?? position.new_path) ?? names.get(position.old_path);
      if (name) sorted.set(name, [...(sorted.get(name) ?? []), thread]);
    }
    for (const [name, list] of sorted) {
      const old = before.current.get(name);
      if (old && old.length === list.length && old.every((thread, i) => thread === list[i])) sorted.set(name, old);
    }
    before.current = sorted;
    return sorted;
  }, [threads, files]);
}

function Versions({ versions, asked }: Pick<ReviewProps, 'versions' | 'asked'>) {
  const { t } = useTranslation();
  const setQuery = useSetQuery();
  if (versions.length < 2) return null;
  const sorted = [...versions].sort((a, b) => b.number - a.number);
  const last = sorted[0]?.number ?? 1;
  const shown = asked.version ?? last;
  const label = (v: MergeVersion) => t('changes.versionAt', { number: v.number, when: dateTime(v.created_at) });
  return (
    <span className="row versions">
      <NativeSelect
        size="xs"
        aria-label={t('changes.from')}
        value={asked.from_version ?? ''}
        onChange={e => setQuery({ from: e.currentTarget.value })}
        data={[
          { value: '', label: t('changes.target') },
          ...sorted.filter(v => v.number < shown).map(v => ({ value: String(v.number), label: label(v) })),
        ]}
      />
      <span aria-hidden="true">→</span>
      <NativeSelect
        size="xs"
        aria-label={t('changes.to')}
        value={asked.version ?? last}
        onChange={e => {
          const to = Number(e.currentTarget.value);
          const from = asked.from_version;
          setQuery({
            version: to === last ? undefined : String(to),
            from: from && from < to ? String(from) : undefined,
          });
        }}
        data={sorted.map(v => ({
          value: String(v.number),
          label: v.number === last ? t('changes.latest', { number: v.number }) : label(v),
        }))}
      />
    </span>
  );
}
