// Where a comment is written. What is not yet sent survives leaving the page
// and coming back, for as long as the window lives.
import { Button, Checkbox, Textarea } from '@mantine/core';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { block } from '../diff/suggestion';
import { useAct } from '../parts/act';
import { Problem } from '../parts/Loaded';
import { NoteBody } from './Body';

function kept(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

function keep(key: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  } catch {
    // then it lasts as long as the page
  }
}

export function Composer(props: {
  place: string; // what the unsent text is kept under
  label: string;
  submit: string;
  initial?: string;
  lines?: string[]; // the code it is about: what a suggestion starts from
  about?: ReactNode;
  asks?: boolean; // it may ask to be resolved, which a line's thread always does
  send: (body: string, resolvable: boolean) => Promise<unknown>;
  stale?: (address: string) => boolean; // what sending changes; none: everything
  done?: () => void;
  cancel?: () => void;
  focus?: boolean;
}) {
  const { t } = useTranslation();
  const id = useId();
  const key = `dasier-note:${props.place}`;
  const [text, setText] = useState(() => kept(key) || (props.initial ?? ''));
  const [preview, setPreview] = useState(false);
  const [asks, setAsks] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const write = (next: string) => {
    setText(next);
    keep(key, next);
  };
  useEffect(() => {
    if (props.focus) field.current?.focus();
  }, [props.focus]);
  const act = useAct((body: string) => props.send(body, asks), {
    quiet: true,
    stale: props.stale,
    done: () => {
      write('');
      setAsks(false);
      setPreview(false);
      props.done?.();
    },
  });
  const send = () => {
    if (text.trim() && !act.isPending) act.mutate(text);
  };
  const onKey = (e: KeyboardEvent) => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) send();
    else if (e.key === 'Escape' && props.cancel && !text.trim()) props.cancel();
    e.stopPropagation();
  };
  const suggest = () => {
    const at = field.current?.selectionStart ?? text.length;
    const before = text.slice(0, at);
    write(`${before}${before && !before.endsWith('\n') ? '\n' : ''}${block(props.lines ?? [])}${text.slice(at)}`);
    field.current?.focus();
  };
  return (
    <form
      className="composer stack tight"
      onSubmit={e => {
        e.preventDefault();
        send();
      }}
    >
      {props.about}
      {preview ? (
        <div className="preview">
          <NoteBody note={{ id: 0, body: text, suggestions: [] }} was={props.lines} />
        </div>
      ) : (
        <Textarea
          id={id}
          ref={field}
          size="sm"
          autosize
          minRows={props.cancel ? 3 : 2}
          maxRows={24}
          aria-label={props.label}
          placeholder={props.label}
          value={text}
          onKeyDown={onKey}
          onChange={e => write(e.currentTarget.value)}
        />
      )}
      {act.error && <Problem error={act.error} />}
      <div className="row">
        <Button type="submit" disabled={!text.trim()} loading={act.isPending} title="Ctrl+Enter">
          {props.submit}
        </Button>
        {props.cancel && (
          <Button
            variant="default"
            onClick={() => {
              write('');
              props.cancel?.();
            }}
          >
            {t('cancel')}
          </Button>
        )}
        {props.asks && (
          <Checkbox
            size="xs"
            label={t('thread.asks')}
            checked={asks}
            onChange={e => setAsks(e.currentTarget.checked)}
          />
        )}
        <span className="grow" />
        {props.lines && !preview && (
          <Button variant="subtle" size="compact-xs" onClick={suggest}>
            {t('suggestion.insert')}
          </Button>
        )}
        <Button
          variant="subtle"
          size="compact-xs"
          aria-pressed={preview}
          disabled={!text.trim()}
          onClick={() => setPreview(!preview)}
        >
          {t(preview ? 'thread.back' : 'thread.preview')}
        </Button>
      </div>
    </form>
  );
}
