// The contents of a long page: its cards, and where the reader is among them.
import { type RefObject, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Entry {
  id: string;
  title: string;
}

// Few cards are seen at once: they need no list.
const enough = 5;

// Contents lists the cards inside of a part of the page, which may come and go.
// It stands beside them where there is room (wide), and folded above them where
// there is none.
export function Contents({ of, wide }: { of: RefObject<HTMLElement | null>; wide: boolean }) {
  const { t } = useTranslation();
  const entries = useEntries(of);
  const current = useCurrent(entries);
  if (entries.length < enough) return null;
  const list = (
    <ol>
      {entries.map(entry => (
        <li key={entry.id}>
          <a href={`#${entry.id}`} aria-current={wide && entry.id === current ? 'location' : undefined}>
            {entry.title}
          </a>
        </li>
      ))}
    </ol>
  );
  if (wide) {
    return (
      <nav className="contents wide" aria-label={t('contents')}>
        <h2>{t('contents')}</h2>
        {list}
      </nav>
    );
  }
  return (
    <nav className="contents narrow" aria-label={t('contents')}>
      <details>
        <summary>{t('contents')}</summary>
        {list}
      </details>
    </nav>
  );
}

function useEntries(of: RefObject<HTMLElement | null>): Entry[] {
  const [entries, setEntries] = useState<Entry[]>([]);
  useEffect(() => {
    const part = of.current;
    if (!part) return;
    const look = () => {
      const found = [...part.querySelectorAll<HTMLElement>('section.card[id]')].map(card => ({
        id: card.id,
        title: card.querySelector('h2')?.textContent ?? '',
      }));
      setEntries(before => (JSON.stringify(before) === JSON.stringify(found) ? before : found));
    };
    look();
    const changes = new MutationObserver(look);
    changes.observe(part, { childList: true, subtree: true });
    return () => changes.disconnect();
  }, [of]);
  return entries;
}

// useCurrent is the card that is highest among those in sight.
function useCurrent(entries: Entry[]): string | undefined {
  const [inSight, setInSight] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const watch = new IntersectionObserver(seen =>
      setInSight(before => {
        const after = new Set(before);
        for (const { target, isIntersecting } of seen) {
          if (isIntersecting) after.add(target.id);
          else after.delete(target.id);
        }
        return after;
      }),
    );
    for (const { id } of entries) {
      const card = document.getElementById(id);
      if (card) watch.observe(card);
    }
    return () => watch.disconnect();
  }, [entries]);
  return entries.find(entry => inSight.has(entry.id))?.id;
}

// anchor is a card's address on its page, made of its title.
export const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
