// The changed files as folders, with a filter; the way around a large change.
import { TextInput } from '@mantine/core';
import { IconCheck, IconMessage, IconSearch } from '@tabler/icons-react';
import { memo, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FileDiff } from '../api/types';
import { nameOf } from './FileCard';
import { type Branch, treeOf } from './tree';

const letters = { added: 'A', deleted: 'D', modified: 'M', renamed: 'R' } as const;
const tones = { added: 'good', deleted: 'bad', modified: 'warn', renamed: 'busy' } as const;

interface Props {
  files: FileDiff[];
  threads: Map<string, { unresolved: number }>; // by file name
  seen: (file: FileDiff) => boolean;
  go: (file: FileDiff) => void;
}

export const FileTree = memo(function FileTree(props: Props) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  const files = useMemo(
    () => (wanted ? props.files.filter(file => nameOf(file).toLowerCase().includes(wanted)) : props.files),
    [props.files, wanted],
  );
  const tree = useMemo(() => treeOf(files.map(nameOf)), [files]);
  return (
    <nav className="file-tree" aria-label={t('changes.files')}>
      {props.files.length > 5 && (
        <TextInput
          size="xs"
          aria-label={t('changes.filter')}
          placeholder={t('changes.filter')}
          leftSection={<IconSearch size={14} />}
          value={filter}
          onChange={e => setFilter(e.currentTarget.value)}
        />
      )}
      {files.length === 0 && <div className="muted small">{t('list.noMatch', { filter })}</div>}
      <Folder branch={tree} files={files} {...{ threads: props.threads, seen: props.seen, go: props.go }} />
    </nav>
  );
});

function Folder({ branch, ...rest }: Props & { branch: Branch }) {
  const [open, setOpen] = useState(true);
  const inside = (
    <ul>
      {branch.folders.map(folder => (
        <li key={folder.path}>
          <Folder branch={folder} {...rest} />
        </li>
      ))}
      {branch.leaves.map(leaf => {
        const file = rest.files[leaf.index];
        return file && <Item key={leaf.path} file={file} {...rest} />;
      })}
    </ul>
  );
  if (!branch.path) return inside;
  return (
    <>
      <button type="button" className="entry" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden="true">{open ? '▾' : '▸'}</span>
        <span className="label" title={branch.path}>
          {branch.name}
        </span>
      </button>
      {open && inside}
    </>
  );
}

function Item({ file, threads, seen, go }: Omit<Props, 'files'> & { file: FileDiff }) {
  const { t } = useTranslation();
  const name = nameOf(file);
  const open = threads.get(name)?.unresolved ?? 0;
  const looked = seen(file);
  return (
    <li>
      <button type="button" className={`entry leaf${looked ? ' seen' : ''}`} title={name} onClick={() => go(file)}>
        <span className={`letter tone-${tones[file.status]}`} title={t(`diff.${file.status}`)}>
          {letters[file.status]}
        </span>
        <span className="label">{name.slice(name.lastIndexOf('/') + 1)}</span>
        {open > 0 && (
          <span className="row tone-warn" title={t('changes.openThreads', { count: open })}>
            <IconMessage size={13} aria-hidden="true" />
            {open}
          </span>
        )}
        {looked && <IconCheck size={13} aria-label={t('changes.viewed')} />}
      </button>
    </li>
  );
}
