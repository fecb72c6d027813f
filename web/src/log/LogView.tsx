// The log on the page: colours, foldable sections, line permalinks, search,
// timestamps, and following the end while it grows.
import { Button, Switch, TextInput } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconSearch } from '@tabler/icons-react';
import { useLocation } from '@tanstack/react-router';
import { type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { duration } from '../format/format';
import type { Span } from './ansi';
import type { Line, Section } from './parse';
import type { Log } from './useLog';

const perChunk = 150; // lines; the browser skips the layout of chunks out of sight

export function LogView({ log, name }: { log: Log; name: string }) {
  const { t } = useTranslation();
  const marked = Number(/^#?L(\d+)$/.exec(useLocation().hash)?.[1] ?? 0);
  const [follow, setFollow] = useState(marked === 0);
  const [times, setTimes] = useState(false);
  const folds = useFolds(log, marked);
  const search = useHits(log.lines);
  const view = useRef<HTMLDivElement>(null);
  const scrolled = useRef(0);
  const shown = useMemo(() => visible(log.lines, folds.folded), [log.lines, folds.folded]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what moves the end
  useEffect(() => {
    if (follow && !log.complete && view.current) view.current.scrollTop = view.current.scrollHeight;
  }, [log.lines, follow, log.complete]);

  const target = search.current ?? marked;
  const here = log.lines.length >= target && target > 0;
  useEffect(() => {
    if (here) document.getElementById(`L${target}`)?.scrollIntoView({ block: 'center' });
  }, [here, target]);

  const onScroll = () => {
    const box = view.current;
    if (!box) return;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 30;
    // Scrolling up is a wish to stay; reaching the end is a wish to follow.
    if (box.scrollTop < scrolled.current - 4 && !atEnd) setFollow(false);
    scrolled.current = box.scrollTop;
  };
  const timed = log.lines.some(line => line.time);
  return (
    <section className="card" aria-label={t('log.title')}>
      <div className="head">
        <SearchBox search={search} unfold={folds.openAll} />
        <Switch size="xs" label={t('log.follow')} checked={follow} onChange={e => setFollow(e.currentTarget.checked)} />
        {timed && (
          <Switch size="xs" label={t('log.times')} checked={times} onChange={e => setTimes(e.currentTarget.checked)} />
        )}
        <Button variant="default" size="compact-xs" onClick={() => save(log.lines, name)}>
          {t('download')}
        </Button>
      </div>
      <div
        className="log"
        ref={view}
        tabIndex={0}
        role="log"
        aria-live={follow ? 'polite' : 'off'}
        aria-label={t('log.title')}
        onScroll={onScroll}
      >
        {log.lines.length === 0 && (
          <div className="line">
            <span className="ln" />
            <span className="txt">{t(log.complete ? 'log.empty' : 'log.waiting')}</span>
          </div>
        )}
        {chunks(shown).map(chunk => (
          <Chunk
            key={chunk[0]?.number}
            lines={chunk}
            sections={log.sections}
            folded={folds.folded}
            toggle={folds.toggle}
            times={times}
            marked={within(chunk, marked)}
            hit={within(chunk, search.current ?? 0)}
          />
        ))}
      </div>
    </section>
  );
}

// save hands the log over as a plain text file, without colours and markers.
function save(lines: Line[], name: string): void {
  const address = URL.createObjectURL(new Blob([lines.map(line => `${line.text}\n`).join('')], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${name}.log`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

const within = (chunk: Line[], n: number) => (n >= (chunk[0]?.number ?? 0) && n <= (chunk.at(-1)?.number ?? 0) ? n : 0);

function chunks(lines: Line[]): Line[][] {
  const out: Line[][] = [];
  for (let i = 0; i < lines.length; i += perChunk) out.push(lines.slice(i, i + perChunk));
  return out;
}

export function visible(lines: Line[], folded: Set<string>): Line[] {
  return folded.size === 0 ? lines : lines.filter(line => !line.sections.some(key => folded.has(key)));
}

// useFolds keeps which sections are folded: at first those that the script
// wants collapsed, never the one a permalink points into.
function useFolds(log: Log, marked: number) {
  const [touched, setTouched] = useState<Map<string, boolean>>(new Map());
  const folded = useMemo(() => {
    const inside = new Set(log.lines[marked - 1]?.sections);
    const keys = new Set<string>();
    for (const section of log.sections.values()) {
      if (touched.get(section.key) ?? (section.collapsed && !inside.has(section.key))) keys.add(section.key);
    }
    return keys;
  }, [log, marked, touched]);
  const toggle = useMemo(() => (key: string, fold: boolean) => setTouched(old => new Map(old).set(key, fold)), []);
  const openAll = () => setTouched(new Map([...log.sections.keys()].map(key => [key, false])));
  return { folded, toggle, openAll };
}

function useHits(lines: Line[]) {
  const [word, setWord] = useState('');
  const [at, setAt] = useState(0);
  const hits = useMemo(() => {
    const wanted = word.trim().toLowerCase();
    return wanted.length < 2
      ? []
      : lines.filter(line => line.text.toLowerCase().includes(wanted)).map(line => line.number);
  }, [lines, word]);
  const index = hits.length ? ((at % hits.length) + hits.length) % hits.length : 0;
  return {
    word,
    hits,
    index,
    current: hits[index],
    next: (step: number) => setAt(index + step),
    set: (value: string) => {
      setWord(value);
      setAt(0);
    },
  };
}

function SearchBox({ search, unfold }: { search: ReturnType<typeof useHits>; unfold: () => void }) {
  const { t } = useTranslation();
  const onKey = (e: KeyboardEvent) => {
    if (e.key === 'Enter') search.next(e.shiftKey ? -1 : 1);
    if (e.key === 'Escape') search.set('');
  };
  return (
    <div className="row grow">
      <TextInput
        size="xs"
        aria-label={t('log.search')}
        placeholder={t('log.search')}
        leftSection={<IconSearch size={14} />}
        value={search.word}
        onKeyDown={onKey}
        onChange={e => {
          unfold();
          search.set(e.currentTarget.value);
        }}
      />
      <span className="small muted" role="status">
        {search.word.trim().length > 1 &&
          t('log.hits', { count: search.hits.length, at: search.hits.length ? search.index + 1 : 0 })}
      </span>
      {search.hits.length > 1 && (
        <>
          <Button variant="default" size="compact-xs" aria-label={t('log.previous')} onClick={() => search.next(-1)}>
            ↑
          </Button>
          <Button variant="default" size="compact-xs" aria-label={t('log.next')} onClick={() => search.next(1)}>
            ↓
          </Button>
        </>
      )}
    </div>
  );
}

interface ChunkProps {
  lines: Line[];
  sections: Map<string, Section>;
  folded: Set<string>;
  toggle: (key: string, fold: boolean) => void;
  times: boolean;
  marked: number;
  hit: number;
}

const Chunk = memo(
  function Chunk(props: ChunkProps) {
    return (
      <div className="chunk" style={{ containIntrinsicSize: `auto ${props.lines.length * 19}px` }}>
        {props.lines.map(line => (
          <OneLine key={line.number} {...props} line={line} />
        ))}
      </div>
    );
  },
  (a, b) =>
    a.times === b.times &&
    a.marked === b.marked &&
    a.hit === b.hit &&
    a.folded === b.folded &&
    a.lines.length === b.lines.length &&
    a.lines.every((line, i) => line === b.lines[i]) &&
    a.lines.every(line => !line.header || a.sections.get(line.header)?.end === b.sections.get(line.header)?.end),
);

function OneLine(props: ChunkProps & { line: Line }) {
  const { line } = props;
  const look = line.number === props.marked ? 'line marked' : line.number === props.hit ? 'line hit' : 'line';
  const section = line.header ? props.sections.get(line.header) : undefined;
  return (
    <div className={look} id={`L${line.number}`}>
      <a className="ln" href={`#L${line.number}`}>
        {line.number}
      </a>
      {props.times && <span className="at">{line.time?.slice(11, 19) ?? '        '}</span>}
      {section ? (
        <Fold section={section} line={line} folded={props.folded.has(section.key)} toggle={props.toggle} />
      ) : (
        <span className="txt">
          <Spans of={line.spans} />
        </span>
      )}
    </div>
  );
}

function Fold(props: { section: Section; line: Line; folded: boolean; toggle: (key: string, fold: boolean) => void }) {
  const { section, folded } = props;
  const Icon = folded ? IconChevronRight : IconChevronDown;
  return (
    <button type="button" className="fold" aria-expanded={!folded} onClick={() => props.toggle(section.key, !folded)}>
      <Icon size={15} style={{ marginTop: 2, flex: 'none' }} aria-hidden="true" />
      <span>{props.line.text.trim() ? <Spans of={props.line.spans} /> : section.name.replace(/_/g, ' ')}</span>
      {section.end !== undefined && <span className="took">{duration(section.end - section.start)}</span>}
    </button>
  );
}

function Spans({ of }: { of: Span[] }) {
  return of.map((span, i) => {
    const { style } = span;
    const names = [
      style.bold && 'bold',
      style.dim && 'dim',
      style.italic && 'italic',
      style.underline && 'underline',
      style.fg && !style.fg.startsWith('#') && `fg-${style.fg}`,
    ].filter(Boolean);
    const own = style.fg?.startsWith('#') ? { color: style.fg } : undefined;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: spans of one line never move
      <span key={i} className={names.join(' ') || undefined} style={own}>
        {span.text}
      </span>
    );
  });
}
