// Which files a person has looked at, kept in the browser. A tick is of the
// file's change, not of its name: when the change becomes another, it is gone.
import { useCallback, useState } from 'react';
import type { DiffFile } from '../api/types';

// printOf is a short fingerprint of a change (FNV-1a, 32 bits): it only has to
// tell two versions of one file apart.
export function printOf(file: DiffFile): string {
  let hash = 0x811c9dc5;
  const text = `${file.status} ${file.old_path} ${file.additions} ${file.deletions}\n${file.patch}`;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}

const nameOf = (file: DiffFile): string => file.new_path || file.old_path;

function load(key: string): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
}

export function useViewed(of: string): [(file: DiffFile) => boolean, (file: DiffFile, seen: boolean) => void] {
  const key = `dasier-viewed:${of}`;
  const [seen, setSeen] = useState(() => load(key));
  const is = useCallback(
    (file: DiffFile) => {
      const print = seen[nameOf(file)];
      return print !== undefined && print === printOf(file);
    },
    [seen],
  );
  const set = useCallback(
    (file: DiffFile, on: boolean) =>
      setSeen(old => {
        const next = { ...old };
        if (on) next[nameOf(file)] = printOf(file);
        else delete next[nameOf(file)];
        try {
          localStorage.setItem(key, JSON.stringify(next));
        } catch {
          // the ticks then last as long as the page
        }
        return next;
      }),
    [key],
  );
  return [is, set];
}
