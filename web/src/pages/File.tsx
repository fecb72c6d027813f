// A file with numbered lines; "#L10-20" marks lines, "y" makes the address
// permanent by naming the commit.
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { memo, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { FileView } from '../api/types';
import { bytes, shortSha } from '../format/format';
import { Go } from '../parts/Go';
import { Loaded } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Page } from '../parts/Page';
import { useProjectPath, useQueryWords, useSetQuery } from '../parts/place';
import { typing } from '../shell/Keys';
import { BranchSelect, CodeTabs, Trail } from './CodeTabs';

export function File() {
  const path = useProjectPath();
  const { ref: asked, path: name = '' } = useQueryWords();
  const setQuery = useSetQuery();
  const project = useQuery(api.project(path));
  const ref = asked ?? project.data?.default_branch ?? '';
  const file = useQuery({ ...api.file(path, ref, name), enabled: Boolean(ref) });
  usePermalinkKey(file.data, name);
  return (
    <Page title={name.split('/').at(-1) ?? name} name={`${name} · ${path}`}>
      <CodeTabs />
      <section className="card">
        <div className="head">
          <BranchSelect value={ref} onChange={value => setQuery({ ref: value, path: name })} />
          <Trail at={name} refName={ref} />
        </div>
        <Loaded of={file} rows={12}>
          {value => <View file={value} refName={ref} />}
        </Loaded>
      </section>
    </Page>
  );
}

function usePermalinkKey(file: FileView | undefined, name: string): void {
  const setQuery = useSetQuery();
  useEffect(() => {
    const sha = file?.last_commit?.sha;
    if (!sha) return;
    const onKey = (e: KeyboardEvent) => {
      if (e.key === 'y' && !typing(e.target) && !e.ctrlKey && !e.metaKey) setQuery({ ref: sha, path: name });
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [file, name, setQuery]);
}

function View({ file, refName }: { file: FileView; refName: string }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const raw = api.rawFile(path, refName, file.path);
  const where = { ref: refName, path: file.path };
  return (
    <>
      <div className="head small">
        <span className="muted grow">
          {bytes(file.size)}
          {file.last_commit && (
            <>
              {' · '}
              <Go to={`/${path}/commits/${file.last_commit.sha}`}>{file.last_commit.title}</Go>{' '}
              <code>{shortSha(file.last_commit.sha)}</code> · <Ago at={file.last_commit.authored_at} />
            </>
          )}
        </span>
        <Go to={`/${path}/blame`} search={where}>
          {t('file.blame')}
        </Go>
        <Go to={`/${path}/commits`} search={where}>
          {t('file.history')}
        </Go>
        <a href={raw}>{t('file.raw')}</a>
      </div>
      {file.binary || file.too_large ? (
        <div className="empty">
          <p>{t(file.binary ? 'file.binary' : 'file.tooLarge', { size: bytes(file.size) })}</p>
          <Button component="a" href={raw} variant="default">
            {t('download')}
          </Button>
        </div>
      ) : (
        <Lines text={file.text} />
      )}
    </>
  );
}

export function markedLines(hash: string): [number, number] | undefined {
  const match = /^#?L(\d+)(?:-L?(\d+))?$/.exec(hash);
  if (!match) return undefined;
  const from = Number(match[1]);
  return [from, Number(match[2] ?? from)];
}

function Lines({ text }: { text: string }) {
  const { t } = useTranslation();
  const { hash } = useLocation();
  const marked = markedLines(hash);
  const first = marked?.[0];
  useEffect(() => {
    if (first) document.getElementById(`L${first}`)?.scrollIntoView({ block: 'center' });
  }, [first]);
  const lines = text.replace(/\n$/, '').split('\n');
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={t('file.content')}>
      <table className="code">
        <tbody>
          {lines.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line's number is its identity
            <Row key={i} n={i + 1} line={line} marked={Boolean(marked && i + 1 >= marked[0] && i + 1 <= marked[1])} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Row = memo(function Row({ n, line, marked }: { n: number; line: string; marked: boolean }) {
  return (
    <tr id={`L${n}`} className={marked ? 'marked' : undefined}>
      <td className="ln">
        <a href={`#L${n}`}>{n}</a>
      </td>
      <td className="src">{line || ' '}</td>
    </tr>
  );
});
