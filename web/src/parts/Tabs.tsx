// The tabs of a page, kept in the address as ?tab=.
import { useSetQuery } from './place';

export function Tabs({ label, of, now }: { label: string; of: { key: string; label: string }[]; now: string }) {
  const setQuery = useSetQuery();
  return (
    <nav className="tabs" aria-label={label}>
      {of.map(tab => (
        <a
          key={tab.key}
          href={`?tab=${tab.key}`}
          data-status={now === tab.key ? 'active' : undefined}
          aria-current={now === tab.key ? 'page' : undefined}
          onClick={e => {
            e.preventDefault();
            setQuery({ tab: tab.key, q: undefined, sort: undefined, page: undefined });
          }}
        >
          {tab.label}
        </a>
      ))}
    </nav>
  );
}
