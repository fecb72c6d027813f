// Changed files, each with its unified diff.
import { memo, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FileDiff } from '../api/types';
import { Go } from '../parts/Go';
import { useProjectPath } from '../parts/place';
import { type DiffLine, parsePatch } from './parse';

const sign = { added: '+', removed: '−', same: ' ', note: '' };
const many = 1500; // lines above which a file waits to be asked for

export function DiffView({ files, sha }: { files: FileDiff[]; sha?: string }) {
  const { t } = useTranslation();
  const plus = files.reduce((sum, file) => sum + file.additions, 0);
  const minus = files.reduce((sum, file) => sum + file.deletions, 0);
  return (
    <div className="stack">
      <div className="row">
        <span>{t('diff.files', { count: files.length })}</span>
        <Counts plus={plus} minus={minus} />
      </div>
      {files.map(file => (
        <OneFile key={file.new_path || file.old_path} file={file} sha={sha} />
      ))}
    </div>
  );
}

function Counts({ plus, minus }: { plus: number; minus: number }) {
  const { t } = useTranslation();
  return (
    <span role="img" aria-label={t('diff.counts', { plus, minus })} className="nowrap">
      <span className="tone-good">+{plus}</span> <span className="tone-bad">−{minus}</span>
    </span>
  );
}

const OneFile = memo(function OneFile({ file, sha }: { file: FileDiff; sha?: string }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const [open, setOpen] = useState(file.additions + file.deletions <= many);
  const name = file.status === 'deleted' ? file.old_path : file.new_path;
  return (
    <section className="card">
      <div className="head">
        <button
          type="button"
          className="entry"
          aria-expanded={open}
          aria-label={t('diff.fold', { name })}
          onClick={() => setOpen(!open)}
        >
          {open ? '▾' : '▸'}
        </button>
        <h2 className="grow mono" style={{ overflowWrap: 'anywhere' }}>
          {file.status === 'renamed' && `${file.old_path} → `}
          {sha && file.status !== 'deleted' ? (
            <Go to={`/${path}/file`} search={{ ref: sha, path: name }}>
              {name}
            </Go>
          ) : (
            name
          )}
        </h2>
        <span className="chip">{t(`diff.${file.status}`)}</span>
        <Counts plus={file.additions} minus={file.deletions} />
      </div>
      {open && <Body file={file} />}
    </section>
  );
});

function Body({ file }: { file: FileDiff }) {
  const { t } = useTranslation();
  const hunks = useMemo(() => parsePatch(file.patch), [file.patch]);
  if (file.binary) return <div className="empty">{t('diff.binary')}</div>;
  if (file.too_large) return <div className="empty">{t('diff.tooLarge')}</div>;
  if (hunks.length === 0) return <div className="empty">{t('diff.none')}</div>;
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={file.new_path}>
      <table className="code">
        {hunks.map(hunk => (
          <tbody key={hunk.header}>
            <tr className="hunk">
              <td colSpan={4}>{hunk.header}</td>
            </tr>
            {hunk.lines.map((line, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines of one diff never move
              <Row key={i} line={line} />
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function Row({ line }: { line: DiffLine }) {
  return (
    <tr className={line.kind}>
      <td className="ln">{line.old}</td>
      <td className="ln">{line.new}</td>
      <td className="sign">{sign[line.kind]}</td>
      <td className="src">{line.text || ' '}</td>
    </tr>
  );
}
