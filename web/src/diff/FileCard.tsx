// One changed file: its heading, which stays in sight, and below it the lines,
// drawn when they come near the screen.
import { memo, type ReactNode, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DiffFile, FileDiff } from '../api/types';
import { number } from '../format/format';
import { CopyButton } from '../parts/Copy';
import { Go } from '../parts/Go';
import { useProjectPath } from '../parts/place';
import { useNear } from './near';
import { Patch, type View } from './Patch';
import { imageKind, Pictures } from './Picture';
import { type Hunk, parsePatch } from './parse';

export const nameOf = (file: FileDiff): string => (file.status === 'deleted' ? file.old_path : file.new_path);

// anchorOf is where the file stands on the page.
export const anchorOf = (path: string): string => `f-${encodeURIComponent(path)}`;

export function Counts({ plus, minus }: { plus: number; minus: number }) {
  const { t } = useTranslation();
  return (
    <span role="img" aria-label={t('diff.counts', { plus, minus })} className="nowrap">
      <span className="tone-good">+{number(plus)}</span> <span className="tone-bad">−{number(minus)}</span>
    </span>
  );
}

interface Props {
  file: FileDiff & Partial<DiffFile>;
  view: View;
  base?: string; // the commits of its two sides, to show images and lead to the file
  head?: string;
  open: boolean;
  setOpen: (file: FileDiff, open: boolean) => void;
  side?: ReactNode; // at the end of the heading
  body?: (hunks: Hunk[], near: boolean) => ReactNode; // instead of the plain lines
}

export const FileCard = memo(function FileCard(props: Props) {
  const { file, view, open, setOpen } = props;
  const { t } = useTranslation();
  const path = useProjectPath();
  const name = nameOf(file);
  const [warm, setWarm] = useState(false); // someone is at the heading: it offers the name to copy
  const modes = file.old_mode && file.new_mode && file.old_mode !== file.new_mode;
  return (
    <section className="card file" id={anchorOf(name)} data-stop={anchorOf(name)} aria-label={name}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it acts on nothing, it only makes ready what the heading offers */}
      <div className="head" onMouseEnter={() => setWarm(true)} onFocus={() => setWarm(true)}>
        <button
          type="button"
          className="entry fold"
          aria-expanded={open}
          aria-label={t('diff.fold', { name })}
          onClick={() => setOpen(file, !open)}
        >
          {open ? '▾' : '▸'}
        </button>
        <h2 className="grow mono">
          {file.status === 'renamed' && <span className="muted">{file.old_path} → </span>}
          {props.head && file.status !== 'deleted' ? (
            <Go to={`/${path}/file`} search={{ ref: props.head, path: name }}>
              {name}
            </Go>
          ) : (
            name
          )}{' '}
          {warm && (
            <span className="copy">
              <CopyButton text={name} what={name} />
            </span>
          )}
        </h2>
        {modes && (
          <span className="chip mono">
            {file.old_mode} → {file.new_mode}
          </span>
        )}
        {file.generated && <span className="chip hide-sm">{t('changes.generated')}</span>}
        <span className="chip hide-sm">{t(`diff.${file.status}`)}</span>
        {file.additions + file.deletions > 0 && <Counts plus={file.additions} minus={file.deletions} />}
        {props.side}
      </div>
      {open && <Body {...props} view={view} />}
    </section>
  );
});

function Body({ file, view, base, head, body }: Props) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const near = useNear(box);
  const rows = useMemo(() => file.patch.split('\n').length, [file.patch]);
  const hunks = useMemo(() => (near ? parsePatch(file.patch) : []), [near, file.patch]);
  const picture = (file.image || imageKind(nameOf(file))) && base && head;
  const content = () => {
    if (file.folded && !file.patch && body) return body(hunks, near);
    if (picture && file.binary) return near && <Pictures file={file} base={base} head={head} />;
    if (file.binary) return <div className="empty">{t('diff.binary')}</div>;
    if (file.too_large) return <div className="empty">{t('diff.tooLarge')}</div>;
    if (!near) return <div style={{ height: rows * 20 }} />;
    if (hunks.length === 0 && !body) return <div className="empty">{t('diff.none')}</div>;
    return (
      <>
        {picture && <Pictures file={file} base={base} head={head} />}
        {body ? body(hunks, near) : <Patch hunks={hunks} path={nameOf(file)} view={view} />}
      </>
    );
  };
  return <div ref={box}>{content()}</div>;
}
