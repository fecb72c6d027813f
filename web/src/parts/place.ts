// Where we are: the project of the address, and the words of its query.
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export type Search = Record<string, string | undefined>;

export function useWords(): Record<string, string> {
  return useParams({ strict: false }) as Record<string, string>;
}

export function useProjectPath(): string {
  const { ns, name } = useWords();
  return `${ns}/${name}`;
}

export function useQueryWords(): Search {
  return useSearch({ strict: false }) as Search;
}

// useSetQuery changes some words of the address's query and keeps the others,
// so that what a person filtered or sorted can be sent as a link.
export function useSetQuery(): (change: Search) => void {
  const navigate = useNavigate();
  return useCallback(
    change => {
      const search = (old: Search): Search => {
        const next: Search = { ...old, ...change };
        for (const key of Object.keys(next)) if (!next[key]) delete next[key];
        return next;
      };
      void navigate({ to: '.', search: search as never, replace: true });
    },
    [navigate],
  );
}

// useGo moves to a path of the console; replace leaves no step to go back to.
export function useGo(): (to: string, search?: Search, replace?: boolean) => void {
  const navigate = useNavigate();
  return useCallback(
    (to, search, replace) => void navigate({ to, search: (search ?? {}) as never, replace }),
    [navigate],
  );
}
