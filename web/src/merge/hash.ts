// Going to the thread or the note that the address names, which may be drawn
// only after the page is.
import { useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';

// useHash waits for the element of the address's hash and brings it into
// sight, once per address. before may bring its surroundings into being.
export function useHash(ready: boolean, before?: (id: string) => void): void {
  const { hash } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: once per address, not with every new comment
  useEffect(() => {
    const id = hash.replace(/^#/, '');
    if (!ready || !/^(thread|note)-\d+$/.test(id)) return;
    before?.(id);
    let tries = 0;
    const timer = setInterval(() => {
      const found = document.getElementById(id);
      found?.scrollIntoView({ block: 'center' });
      found?.focus({ preventScroll: true });
      if (found || ++tries > 30) clearInterval(timer);
    }, 100);
    return () => clearInterval(timer);
  }, [hash, ready]);
}
