// Reading a change by keys: n and p go to the next and the previous file or
// thread, c comments on the line under the pointer, or on the first changed one.
import { useEffect } from 'react';
import { typing } from '../shell/Keys';

const top = 70; // pixels under the headings that stay in sight

// nextStop chooses among the stops' distances from the top of the screen.
export function nextStop(tops: number[], step: 1 | -1): number | undefined {
  if (step === 1) {
    const found = tops.findIndex(y => y > top + 8);
    return found < 0 ? undefined : found;
  }
  const found = tops.findLastIndex(y => y < top - 8);
  return found < 0 ? undefined : found;
}

export function useReviewKeys(): void {
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (typing(e.target) || e.ctrlKey || e.metaKey || e.altKey || document.querySelector('[role=dialog]')) return;
      if (e.key === 'n' || e.key === 'p') step(e.key === 'n' ? 1 : -1);
      else if (e.key === 'c') comment(e);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

function step(by: 1 | -1): void {
  const stops = [...document.querySelectorAll<HTMLElement>('[data-stop]')];
  const goal =
    stops[
      nextStop(
        stops.map(stop => stop.getBoundingClientRect().top),
        by,
      ) ?? -1
    ];
  if (!goal) return;
  window.scrollBy({ top: goal.getBoundingClientRect().top - top });
  goal.querySelector<HTMLElement>('button')?.focus({ preventScroll: true });
}

function comment(e: KeyboardEvent): void {
  const line =
    document.querySelector<HTMLElement>('.patch tr:hover button.num') ??
    document.activeElement?.closest('tr')?.querySelector<HTMLElement>('button.num') ??
    firstChanged();
  if (!line) return;
  e.preventDefault(); // the letter would be the comment's first
  line.click();
}

function firstChanged(): HTMLElement | undefined {
  const lines = document.querySelectorAll<HTMLElement>('.patch :is(tr.added, tr.removed, tr.pair) button.num');
  return [...lines].find(line => line.getBoundingClientRect().top > top);
}
