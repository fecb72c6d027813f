// Every list is the same list: filtered by a word, sorted by a column, both
// kept in the address so that the view can be sent as a link.
import { TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconSearch } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useQueryWords, useSetQuery } from './place';

export interface Column<T> {
  key: string;
  title: string;
  cell: (row: T) => ReactNode;
  sort?: (row: T) => string | number;
  className?: string;
}

interface Props<T> {
  label: string;
  rows: T[];
  columns: Column<T>[];
  id: (row: T) => string | number;
  text?: (row: T) => string; // what the filter looks in; none: no filter
  empty: ReactNode; // what to do next when there is nothing
  tools?: ReactNode;
  total?: number; // of all pages, when the server has more
}

export function Listing<T>(props: Props<T>) {
  const { t } = useTranslation();
  const words = useQueryWords();
  const setQuery = useSetQuery();
  const filter = words.q ?? '';
  const rows = arrange(props, filter, words.sort);
  if (props.rows.length === 0 && !props.tools) return <div className="card">{props.empty}</div>;
  return (
    <div className="card">
      {(props.tools || (props.text && props.rows.length > 5)) && (
        <div className="head">
          {props.text && props.rows.length > 5 && (
            <TextInput
              size="xs"
              className="grow"
              aria-label={t('list.filter', { what: props.label })}
              placeholder={t('list.filterShort')}
              leftSection={<IconSearch size={14} />}
              value={filter}
              onChange={e => setQuery({ q: e.currentTarget.value })}
            />
          )}
          {props.tools}
        </div>
      )}
      {props.rows.length === 0 && props.empty}
      {props.rows.length > 0 && rows.length === 0 && <div className="empty">{t('list.noMatch', { filter })}</div>}
      {rows.length > 0 && (
        <div className="scroll-x">
          <table className="table" aria-label={props.label}>
            <thead>
              <tr>
                {props.columns.map(column => (
                  <Heading key={column.key} column={column} sort={words.sort} set={sort => setQuery({ sort })} />
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(row => (
                <tr key={props.id(row)}>
                  {props.columns.map(column => (
                    <td key={column.key} className={column.className}>
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pages
        shown={props.rows.length}
        total={props.total}
        page={Number(words.page ?? 1)}
        set={page => setQuery({ page })}
      />
    </div>
  );
}

function arrange<T>(props: Props<T>, filter: string, sort?: string): T[] {
  let rows = props.rows;
  const wanted = filter.trim().toLowerCase();
  if (wanted && props.text) rows = rows.filter(row => props.text?.(row).toLowerCase().includes(wanted));
  const down = sort?.startsWith('-');
  const by = props.columns.find(c => c.key === sort?.replace(/^-/, ''))?.sort;
  if (!by) return rows;
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    const order = typeof x === 'string' ? x.localeCompare(String(y)) : x - Number(y);
    return down ? -order : order;
  });
}

function Heading<T>({ column, sort, set }: { column: Column<T>; sort?: string; set: (sort?: string) => void }) {
  if (!column.title) return <td className={column.className} />;
  if (!column.sort) {
    return (
      <th scope="col" className={column.className}>
        {column.title}
      </th>
    );
  }
  const now = sort === column.key ? 'ascending' : sort === `-${column.key}` ? 'descending' : 'none';
  const next = now === 'none' ? column.key : now === 'ascending' ? `-${column.key}` : undefined;
  return (
    <th scope="col" className={column.className} aria-sort={now}>
      <button type="button" onClick={() => set(next)}>
        {column.title} {now === 'ascending' && <IconArrowUp size={12} />}
        {now === 'descending' && <IconArrowDown size={12} />}
      </button>
    </th>
  );
}

function Pages(props: { shown: number; total?: number; page: number; set: (page?: string) => void }) {
  const { t } = useTranslation();
  const more = props.total !== undefined && props.shown > 0 && props.total > props.shown;
  if (!more && props.page <= 1) return null;
  const size = 50;
  const last = Math.max(1, Math.ceil((props.total ?? 0) / size));
  const go = (page: number) => props.set(page > 1 ? String(page) : undefined);
  return (
    <div className="row between small" style={{ padding: '6px 14px', borderTop: '1px solid var(--line)' }}>
      <span className="muted">{t('list.page', { page: props.page, last, total: props.total ?? 0 })}</span>
      <span className="row">
        <button type="button" className="entry" disabled={props.page <= 1} onClick={() => go(props.page - 1)}>
          {t('list.newer')}
        </button>
        <button type="button" className="entry" disabled={props.page >= last} onClick={() => go(props.page + 1)}>
          {t('list.older')}
        </button>
      </span>
    </div>
  );
}
