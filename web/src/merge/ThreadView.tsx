// A thread: its notes, and what can be done about it.
import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconCircleCheck, IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Note, Thread } from '../api/types';
import { segments } from '../diff/suggestion';
import { Ask, useAct } from '../parts/act';
import { Go } from '../parts/Go';
import { Ago } from '../parts/Moment';
import { NoteBody } from './Body';
import { Composer } from './Composer';
import { ofThreads, useRequest } from './place';

// lineOf is where the thread stands, in words for a heading.
export function lineOf(thread: Thread): { path: string; line: number } | undefined {
  const now = thread.current;
  if (now && !thread.outdated) return { path: now.path, line: now.new_line || now.old_line };
  const was = thread.position;
  return was && { path: was.new_path || was.old_path, line: was.new_line || was.old_line };
}

function firstWords(thread: Thread): string | undefined {
  const part = segments(thread.notes[0]?.body ?? '').find(segment => segment.kind === 'text');
  return part?.text.trim().split('\n')[0];
}

// isNamed is true of the thread that the address leads to.
function isNamed(thread: Thread): boolean {
  const name = location.hash.slice(1);
  return name === `thread-${thread.id}` || thread.notes.some(note => name === `note-${note.id}`);
}

// A thread without a line is about its file.
const written = (where: { path: string; line: number }): string =>
  where.line > 0 ? `${where.path}:${where.line}` : where.path;

export function ThreadView(props: {
  thread: Thread;
  may: boolean; // comment
  sha?: string; // for links of the text
  placed?: boolean; // it stands under its line already
}) {
  const { thread } = props;
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const [shown, setShown] = useState(() => !thread.resolved || isNamed(thread));
  const [replying, setReplying] = useState(false);
  const resolve = useAct((resolved: boolean) => api.resolveThread(path, number, thread.id, resolved), {
    stale: ofThreads,
    done: () => setShown(thread.resolved), // it is the other way round now
  });
  const first = thread.notes[0];
  if (!first) return null;
  return (
    <article
      className={`thread${thread.resolved ? ' resolved' : ''}`}
      id={`thread-${thread.id}`}
      data-stop={`thread-${thread.id}`}
      data-unresolved={thread.resolvable && !thread.resolved ? '' : undefined}
      aria-label={t('thread.by', { name: first.author.name || first.author.username })}
      tabIndex={-1}
    >
      {(thread.resolved || (!props.placed && thread.position)) && (
        <Heading thread={thread} placed={props.placed} shown={shown} toggle={() => setShown(!shown)} />
      )}
      {shown && (
        <>
          {!props.placed && thread.lines && thread.lines.length > 0 && <Lines lines={thread.lines} />}
          {thread.notes.map(note => (
            <NoteView key={note.id} note={note} was={thread.lines} sha={props.sha} may={props.may} />
          ))}
          <div className="acts">
            {replying ? (
              <Composer
                place={`${path}!${number}:${thread.id}`}
                label={t('thread.reply')}
                submit={t('thread.reply')}
                lines={thread.outdated ? undefined : thread.lines?.slice(-1)}
                stale={ofThreads}
                send={body => api.reply(path, number, thread.id, body)}
                done={() => setReplying(false)}
                cancel={() => setReplying(false)}
                focus
              />
            ) : (
              <div className="row">
                {props.may && (
                  <Button variant="default" size="compact-xs" onClick={() => setReplying(true)}>
                    {t('thread.reply')}
                  </Button>
                )}
                {props.may && thread.resolvable && (
                  <Button
                    variant="default"
                    size="compact-xs"
                    loading={resolve.isPending}
                    onClick={() => resolve.mutate(!thread.resolved)}
                  >
                    {t(thread.resolved ? 'thread.unresolve' : 'thread.resolve')}
                  </Button>
                )}
              </div>
            )}
          </div>
        </>
      )}
    </article>
  );
}

function Heading(props: { thread: Thread; placed?: boolean; shown: boolean; toggle: () => void }) {
  const { thread } = props;
  const { t } = useTranslation();
  const { at } = useRequest();
  const where = lineOf(thread);
  return (
    <header className="row small">
      {thread.resolved && (
        <button type="button" className="entry fold" aria-expanded={props.shown} onClick={props.toggle}>
          <span aria-hidden="true">{props.shown ? '▾' : '▸'}</span>
          <IconCircleCheck size={15} className="tone-good" aria-hidden="true" />
          {t('thread.resolvedBy', { name: thread.resolved_by ?? '' })}
        </button>
      )}
      {!props.placed && where && (
        <span className="mono where">
          {thread.outdated ? (
            written(where)
          ) : (
            <Go to={`${at}/changes`} hash={`thread-${thread.id}`}>
              {written(where)}
            </Go>
          )}
        </span>
      )}
      {thread.outdated && (
        <span className="chip" title={t('thread.outdatedAbout')}>
          {t('thread.outdated')}
        </span>
      )}
      {!props.shown && <span className="muted ellipsis">{firstWords(thread) ?? t('suggestion.title')}</span>}
    </header>
  );
}

// Lines is the code that a thread was written at, as it was then.
function Lines({ lines }: { lines: string[] }) {
  const { t } = useTranslation();
  return (
    <div className="was scroll-x" role="group" tabIndex={0} aria-label={t('thread.code')}>
      <table className="code">
        <tbody>
          {lines.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines never change
            <tr key={i}>
              <td className="src">{line || ' '}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NoteView({ note, was, sha, may }: { note: Note; was?: string[]; sha?: string; may: boolean }) {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const [editing, setEditing] = useState(false);
  return (
    <div className="note" id={`note-${note.id}`} tabIndex={-1}>
      <div className="row between">
        <span className="row small">
          <strong>{note.author.name || note.author.username}</strong>
          <span className="muted">@{note.author.username}</span>
          <span className="muted">
            <Ago at={note.created_at} />
          </span>
          {note.edited_at && <span className="muted">{t('thread.edited')}</span>}
        </span>
        {note.may_edit && may && !editing && <NoteMenu note={note} edit={() => setEditing(true)} />}
      </div>
      {editing ? (
        <Composer
          place={`${path}!${number}:note${note.id}`}
          label={t('thread.edit')}
          submit={t('save')}
          initial={note.body}
          lines={was?.slice(-1)}
          stale={ofThreads}
          send={body => api.editNote(path, number, note.id, body)}
          done={() => setEditing(false)}
          cancel={() => setEditing(false)}
          focus
        />
      ) : (
        <NoteBody note={note} was={was} sha={sha} />
      )}
    </div>
  );
}

function NoteMenu({ note, edit }: { note: Note; edit: () => void }) {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t('thread.more')}>
            <IconDots size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={edit}>{t('thread.edit')}</Menu.Item>
          <Menu.Item onClick={() => setAsked(true)}>{t('thread.remove')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Ask
        opened={asked}
        onClose={() => setAsked(false)}
        title={t('thread.remove')}
        confirm={t('thread.remove')}
        danger
        act={() => api.removeNote(path, number, note.id)}
      >
        {t('thread.removeAbout')}
      </Ask>
    </>
  );
}
