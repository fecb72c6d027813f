// The estimate follows what is typed: a short pause, then one question; an
// answer that a later question overtook is dropped.
import { useEffect, useRef, useState } from 'react';
import { ApiError, bareLocation, call } from '../api/client';
import type { EndpointInfo, PredictAnswer } from '../api/types';

export interface State {
  answer?: PredictAnswer; // the last good one stays in sight
  stale: boolean; // it does not belong to what is typed now
  fields: Record<string, string>; // what is wrong with each input
  trouble?: 'unreachable' | 'limited' | 'fields' | { sentence: string };
}

const pause = 250; // ms

export function useEstimate(
  { endpoint, explained }: Pick<EndpointInfo, 'endpoint' | 'explained'>,
  row: Record<string, unknown> | undefined,
): State {
  const [state, setState] = useState<State>({ stale: false, fields: {} });
  const asked = row === undefined ? undefined : JSON.stringify(row);
  const first = useRef(true);
  useEffect(() => {
    if (asked === undefined) return;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      try {
        const answer = await call<PredictAnswer>('POST', `/endpoints/${encodeURIComponent(endpoint)}/predict`, {
          query: { explain: explained || undefined }, // who has no reasons refuses to be asked for them
          body: JSON.parse(asked),
          signal: controller.signal,
        });
        setState({ answer, stale: false, fields: {} });
      } catch (error) {
        if (controller.signal.aborted) return;
        const next = refused(error);
        setState(old => ({ ...old, ...next, stale: true }));
        if (next.trouble === 'unreachable' || next.trouble === 'limited') timer = setTimeout(() => void ask(), 4000);
      }
    };
    timer = setTimeout(() => void ask(), first.current ? 0 : pause);
    first.current = false;
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [endpoint, explained, asked]);
  return state;
}

export function refused(error: unknown): Pick<State, 'fields' | 'trouble'> {
  if (!(error instanceof ApiError)) return { fields: {}, trouble: { sentence: String(error) } };
  if (error.status === 0) return { fields: {}, trouble: 'unreachable' };
  if (error.status === 429) return { fields: {}, trouble: 'limited' };
  const fields = Object.fromEntries(
    error.errors.filter(e => e.location).map(e => [bareLocation(e.location), e.message]),
  );
  if (Object.keys(fields).length > 0) return { fields, trouble: 'fields' };
  return { fields: {}, trouble: { sentence: error.message } };
}
