import { useEffect, useState } from 'react';
import { type House, type Price, price, Refused } from './api';

export interface Quote {
  price?: Price; // the last one that was right, also while the next is under way
  wrong: Record<string, string>; // by field
  trouble: boolean;
  again: () => void;
}

const pause = 250; // ms without typing before the back-end is asked

export const complete = (house: House) =>
  Boolean(house.neighborhood && house.living_area !== undefined && house.year_built !== undefined);

// usePrice asks for the price of the house as it changes. An answer that comes
// after the house has changed again is thrown away.
export function usePrice(house: House): Quote {
  const [state, setState] = useState<Omit<Quote, 'again'>>({ wrong: {}, trouble: false });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: attempt asks again
  useEffect(() => {
    if (!complete(house)) {
      setState({ wrong: {}, trouble: false });
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const answer = await price(house, abort.signal);
        setState({ price: answer, wrong: {}, trouble: false });
      } catch (error) {
        if (abort.signal.aborted) return;
        if (error instanceof Refused) setState({ wrong: error.fields, trouble: false });
        else setState(before => ({ ...before, trouble: true }));
      }
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [house, attempt]);
  return { ...state, again: () => setAttempt(n => n + 1) };
}
