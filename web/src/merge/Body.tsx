// What a person wrote: Markdown, with its suggestions shown as the change that
// they are.
import { Button } from '@mantine/core';
import { Fragment, lazy, Suspense, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { Note, Suggestion } from '../api/types';
import { segments } from '../diff/suggestion';
import { useAct } from '../parts/act';
import { Bones } from '../parts/Loaded';
import { useProjectPath } from '../parts/place';
import { useRequest } from './place';

const Markdown = lazy(() => import('../parts/Markdown'));

export function Words({ text, sha }: { text: string; sha?: string }) {
  const path = useProjectPath();
  const raw = useCallback((name: string) => api.rawFile(path, sha ?? '', name), [path, sha]);
  const file = useCallback(
    (name: string) => `/${path}/file?${new URLSearchParams({ ref: sha ?? '', path: name })}`,
    [path, sha],
  );
  return (
    <Suspense fallback={<Bones rows={1} />}>
      <Markdown text={text} rawUrl={raw} fileUrl={file} />
    </Suspense>
  );
}

// NoteBody shows a note. was are the lines that the thread was written at, the
// last one being its own.
export function NoteBody({
  note,
  was,
  sha,
}: {
  note: Pick<Note, 'id' | 'body' | 'suggestions'>;
  was?: string[];
  sha?: string;
}) {
  return (
    <>
      {segments(note.body).map(part =>
        part.kind === 'text' ? (
          <Words key={`t${part.text.length}${part.text.slice(0, 20)}`} text={part.text} sha={sha} />
        ) : (
          <Fragment key={`s${part.index}`}>
            <Suggested
              note={note.id}
              text={part.text}
              was={part.below === 0 ? was?.slice(-1 - part.above) : undefined}
              of={note.suggestions.find(s => s.index === part.index)}
            />
          </Fragment>
        ),
      )}
    </>
  );
}

function Suggested(props: { note: number; text: string; was?: string[]; of?: Suggestion }) {
  const { t } = useTranslation();
  const { path, number } = useRequest();
  const { of } = props;
  const act = useAct((index: number) => api.applySuggestion(path, number, props.note, index, ''));
  const lines = props.text === '' ? [] : props.text.split('\n');
  return (
    <div className="suggestion">
      <div className="row between">
        <span className="small muted">
          {t('suggestion.title')}
          {of && of.to_line > of.from_line && ` · ${t('suggestion.lines', { from: of.from_line, to: of.to_line })}`}
        </span>
        {of?.applied && <span className="chip accent">{t('suggestion.applied')}</span>}
        {of && !of.applied && of.applicable && (
          <Button size="compact-xs" variant="default" loading={act.isPending} onClick={() => act.mutate(of.index)}>
            {t('suggestion.apply')}
          </Button>
        )}
        {of && !of.applied && !of.applicable && of.refusal && <span className="small muted">{of.refusal}</span>}
      </div>
      <table className="code">
        <tbody>
          {props.was?.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one suggestion never move
            <tr key={`o${i}`}>
              <td className="src removed">
                <span className="sign">−</span>
                {line}
              </td>
            </tr>
          ))}
          {lines.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one suggestion never move
            <tr key={`n${i}`}>
              <td className="src added">
                <span className="sign">+</span>
                {line}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {lines.length === 0 && <span className="small muted">{t('suggestion.removes')}</span>}
    </div>
  );
}
