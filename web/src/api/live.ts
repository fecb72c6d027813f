// One stream of what happens on the server keeps the open pages fresh. An
// event only says which queries are stale; the queries fetch the truth.
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import * as api from './routes';

// Which addresses an event of each kind makes stale.
const touches: Record<string, RegExp> = {
  pipeline: /\/(pipelines|jobs|commits|merge-requests)\b|^\/me\/waiting$|^\/projects(\/[^/]+)?$/,
  job: /\/(pipelines|jobs)\b/,
  deployment: /\/(environments|deployments|models)\b|^\/me\/waiting$|^\/projects(\/[^/]+)?$/,
  merge_request: /\/merge-requests\b|^\/me\/waiting$|^\/projects(\/[^/]+)?$/,
  model: /\/(models|runs)\b|^\/projects(\/[^/]+)?$/,
};

export function stale(kind: string, path: string): boolean {
  return touches[kind.split('.')[0] ?? '']?.test(path) ?? false;
}

export function useLive(): void {
  const client = useQueryClient();
  useEffect(() => {
    const source = new EventSource(api.events());
    const kinds = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const take = (event: MessageEvent<string>) => {
      kinds.add(kindOf(event));
      // A busy pipeline sends many events at once: one refresh serves them all.
      timer ??= setTimeout(() => {
        timer = undefined;
        refresh(client, kinds);
        kinds.clear();
      }, 400);
    };
    source.addEventListener('message', take);
    for (const kind of Object.keys(touches)) source.addEventListener(kind, take as EventListener);
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [client]);
}

function kindOf(event: MessageEvent<string>): string {
  if (event.type !== 'message') return event.type;
  try {
    return String((JSON.parse(event.data) as { kind?: string }).kind ?? '');
  } catch {
    return '';
  }
}

function refresh(client: QueryClient, kinds: Set<string>): void {
  void client.invalidateQueries({
    predicate: query => [...kinds].some(kind => stale(kind, String(query.queryKey[0]))),
  });
}
