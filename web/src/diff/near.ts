// What is far from the screen is not drawn: a change may hold hundreds of files.
import { type RefObject, startTransition, useEffect, useState } from 'react';

// useNear is true once the element has come near the screen, and stays true:
// what a person scrolled by is there when they come back.
export function useNear(box: RefObject<HTMLElement | null>, at = false): boolean {
  const [near, setNear] = useState(at);
  useEffect(() => {
    const element = box.current;
    if (near || !element) return;
    const watch = new IntersectionObserver(
      entries => {
        // A transition: scrolling goes on while the lines are being made.
        if (entries.some(entry => entry.isIntersecting)) startTransition(() => setNear(true));
      },
      { rootMargin: '1200px 0px' },
    );
    watch.observe(element);
    return () => watch.disconnect();
  }, [near, box]);
  return near || at;
}
