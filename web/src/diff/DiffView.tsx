// Changed files, each with its diff, in one column or in two.
import { SegmentedControl } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FileDiff } from '../api/types';
import { Counts, FileCard, nameOf } from './FileCard';
import type { View } from './Patch';

const many = 1500; // lines above which a file waits to be asked for
const kept = 'dasier-diff';

// useView is how this person reads diffs, remembered in the browser. On a
// phone there is room for one column only.
export function useView(): [View, (view: View) => void] {
  const [view, setView] = useState<View>(() => {
    try {
      return localStorage.getItem(kept) === 'split' ? 'split' : 'inline';
    } catch {
      return 'inline';
    }
  });
  const choose = useCallback((next: View) => {
    setView(next);
    try {
      localStorage.setItem(kept, next);
    } catch {
      // the choice then lasts as long as the page
    }
  }, []);
  const narrow = useMediaQuery('(max-width: 900px)', false, { getInitialValueInEffect: false });
  return [narrow ? 'inline' : view, choose];
}

export function ViewSwitch({ view, setView }: { view: View; setView: (view: View) => void }) {
  const { t } = useTranslation();
  return (
    <SegmentedControl
      size="xs"
      className="hide-md"
      aria-label={t('changes.view')}
      transitionDuration={0}
      value={view}
      onChange={value => setView(value as View)}
      data={[
        { value: 'inline', label: t('changes.inline') },
        { value: 'split', label: t('changes.split') },
      ]}
    />
  );
}

export function DiffView({ files, sha, base }: { files: FileDiff[]; sha?: string; base?: string }) {
  const { t } = useTranslation();
  const [view, setView] = useView();
  const [turned, setTurned] = useState<Record<string, boolean>>({});
  const setOpen = useCallback(
    (file: FileDiff, open: boolean) => setTurned(old => ({ ...old, [nameOf(file)]: open })),
    [],
  );
  const plus = files.reduce((sum, file) => sum + file.additions, 0);
  const minus = files.reduce((sum, file) => sum + file.deletions, 0);
  return (
    <div className="stack">
      <div className="row between">
        <span className="row">
          <span>{t('diff.files', { count: files.length })}</span>
          <Counts plus={plus} minus={minus} />
        </span>
        <ViewSwitch view={view} setView={setView} />
      </div>
      {files.map(file => (
        <FileCard
          key={nameOf(file)}
          file={file}
          view={view}
          base={base}
          head={sha}
          open={turned[nameOf(file)] ?? file.additions + file.deletions <= many}
          setOpen={setOpen}
        />
      ))}
    </div>
  );
}
