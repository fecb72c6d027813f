// The merge request of the address, and what its parts share.
import { useProjectPath, useWords } from '../parts/place';

export interface RequestPlace {
  path: string; // of the project
  number: number;
  at: string; // the request's own page
}

// ofThreads are the addresses that a comment makes stale: not the change itself,
// which may be large.
export const ofThreads = (address: string): boolean =>
  /\/merge-requests(\/\d+(\/threads)?)?$/.test(address) || address === '/me/waiting';

export function useRequest(): RequestPlace {
  const path = useProjectPath();
  const { number = '0' } = useWords();
  return { path, number: Number(number), at: `/${path}/merge-requests/${number}` };
}
