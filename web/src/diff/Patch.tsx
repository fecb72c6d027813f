// The lines of one file's diff, in one column or in two. Long ones are cut into
// pieces that the browser lays out only when they come near the screen.
import { type KeyboardEvent, memo, type ReactNode, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useNear } from './near';
import { type Paints, paint, pieces, useParser } from './paint';
import { changed, type Mark, type Pair, pair, partners } from './pair';
import type { DiffLine, Hunk } from './parse';
import { keyOf, type Spot, spotOf } from './position';

export type View = 'inline' | 'split';
const sign = { added: '+', removed: '−', same: ' ', note: '' };
const chunk = 120; // lines laid out together

export interface Margin {
  // what stands under lines, by the line's key
  under: Map<string, ReactNode>;
  // pick is a click on a line's number; none: the lines take no comments
  pick?: (spot: Spot, extend: boolean) => void;
}

export function Patch(props: { hunks: Hunk[]; path: string; view: View; margin?: Margin }) {
  const { hunks, path, view, margin } = props;
  const parser = useParser(path);
  const paints = useMemo(() => (parser ? paint(parser, hunks) : undefined), [parser, hunks]);
  const blocks = useMemo(() => hunks.flatMap(hunk => cut(hunk, view)), [hunks, view]);
  return (
    <div className={`patch ${view}`} role="group" aria-label={path} onKeyDown={walk}>
      {blocks.map((block, i) => (
        <Block
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks of one diff never move
          key={i}
          first={i < 5}
          block={block}
          view={view}
          paints={paints}
          under={within(block, margin)}
          pick={margin?.pick}
        />
      ))}
    </div>
  );
}

interface BlockOf {
  header?: string;
  lines: DiffLine[];
  rows: Pair[]; // in two columns
  partner: Map<DiffLine, DiffLine>;
  keys: Set<string>;
}

function cut(hunk: Hunk, view: View): BlockOf[] {
  const partner = partners(hunk.lines);
  const rows = view === 'split' ? pair(hunk.lines) : [];
  const blocks: BlockOf[] = [];
  const length = view === 'split' ? rows.length : hunk.lines.length;
  for (let i = 0; i < Math.max(1, length); i += chunk) {
    const part = rows.slice(i, i + chunk);
    const lines = view === 'split' ? part.flatMap(linesOf) : hunk.lines.slice(i, i + chunk);
    blocks.push({
      header: i === 0 ? hunk.header : undefined,
      lines,
      rows: part,
      partner,
      keys: new Set(lines.map(line => keyOf(spotOf(line)))),
    });
  }
  return blocks;
}

const linesOf = (row: Pair): DiffLine[] =>
  [row.left, row.left === row.right ? undefined : row.right].filter(line => line !== undefined);

// within keeps what stands under the lines of one block, so that a comment
// redraws its own block alone.
function within(block: BlockOf, margin?: Margin): Map<string, ReactNode> | undefined {
  if (!margin || margin.under.size === 0) return undefined;
  const mine = [...margin.under].filter(([key]) => block.keys.has(key));
  return mine.length > 0 ? new Map(mine) : undefined;
}

// walk moves between the numbers of lines with the arrows: they are one stop of
// the tab key, not hundreds.
function walk(e: KeyboardEvent<HTMLDivElement>) {
  if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
  if (!(e.target instanceof HTMLButtonElement) || !e.target.classList.contains('num')) return;
  const all = [...e.currentTarget.querySelectorAll<HTMLButtonElement>('button.num')];
  all[all.indexOf(e.target) + (e.key === 'ArrowDown' ? 1 : -1)]?.focus();
  e.preventDefault();
}

interface BlockProps {
  first?: boolean; // of a file: drawn at once
  block: BlockOf;
  view: View;
  paints?: Paints;
  under?: Map<string, ReactNode>;
  pick?: Margin['pick'];
}

const Block = memo(function Block({ first, block, view, paints, under, pick }: BlockProps) {
  const box = useRef<HTMLDivElement>(null);
  const near = useNear(box, first || under !== undefined);
  const size = (view === 'split' ? block.rows.length : block.lines.length) + (block.header ? 1 : 0);
  const wide = view === 'split' ? 4 : 3;
  return (
    <div ref={box} className="block" style={{ containIntrinsicSize: `auto ${size * 20}px` }}>
      {!near && <div style={{ height: size * 20 }} />}
      {near && (
        <table className="code">
          <colgroup>
            <col className="c-num" />
            {view === 'inline' && <col className="c-num" />}
            <col />
            {view === 'split' && <col className="c-num" />}
            {view === 'split' && <col />}
          </colgroup>
          <tbody>
            {block.header && (
              <tr className="hunk">
                <td colSpan={wide}>{block.header}</td>
              </tr>
            )}
            {view === 'split'
              ? block.rows.map((row, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: rows of one diff never move
                  <SplitRow key={i} row={row} block={block} paints={paints} under={under} pick={pick} />
                ))
              : block.lines.map((line, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: lines of one diff never move
                  <InlineRow key={i} line={line} block={block} paints={paints} under={under} pick={pick} />
                ))}
          </tbody>
        </table>
      )}
    </div>
  );
});

type RowProps = Omit<BlockProps, 'view' | 'first'>;

function InlineRow({ line, block, paints, under, pick }: RowProps & { line: DiffLine }) {
  const below = line.kind === 'note' ? undefined : under?.get(keyOf(spotOf(line)));
  return (
    <>
      <tr className={line.kind}>
        <td className="ln">{line.kind === 'removed' ? <Num line={line} n={line.old} pick={pick} /> : line.old}</td>
        <td className="ln">{line.kind === 'removed' ? null : <Num line={line} n={line.new} pick={pick} />}</td>
        <Text line={line} block={block} paints={paints} />
      </tr>
      {below && (
        <tr className="under">
          <td colSpan={3}>{below}</td>
        </tr>
      )}
    </>
  );
}

function SplitRow({ row, block, paints, under, pick }: RowProps & { row: Pair }) {
  const { left, right } = row;
  const same = left !== undefined && left === right;
  const leftBelow = left && !same ? under?.get(keyOf(spotOf(left))) : undefined;
  const rightBelow = right ? under?.get(keyOf(spotOf(right))) : undefined;
  return (
    <>
      <tr className="pair">
        <td className={`ln ${left?.kind ?? 'void'}`}>
          {left && (same ? left.old : <Num line={left} n={left.old} pick={pick} />)}
        </td>
        {left ? <Text line={left} block={block} paints={paints} /> : <td className="void" />}
        <td className={`ln ${right?.kind ?? 'void'}`}>{right && <Num line={right} n={right.new} pick={pick} />}</td>
        {right ? <Text line={right} block={block} paints={paints} /> : <td className="void" />}
      </tr>
      {(leftBelow || rightBelow) && (
        <tr className="under">
          <td colSpan={4}>
            {leftBelow}
            {rightBelow}
          </td>
        </tr>
      )}
    </>
  );
}

// Num is a line's number; where comments are taken it is the button for one.
function Num({ line, n, pick }: { line: DiffLine; n?: number; pick?: Margin['pick'] }) {
  const { t } = useTranslation();
  if (!pick || n === undefined) return <>{n}</>;
  return (
    <button
      type="button"
      className="num"
      tabIndex={-1}
      title={t('thread.start')}
      aria-label={t(line.kind === 'removed' ? 'thread.startAtOld' : 'thread.startAt', { line: n })}
      onClick={e => pick(spotOf(line), e.shiftKey)}
    >
      {n}
    </button>
  );
}

function Text({ line, block, paints }: { line: DiffLine; block: BlockOf; paints?: Paints }) {
  const other = block.partner.get(line);
  const mark: Mark | undefined = other ? changed(line.text, other.text) : undefined;
  return (
    <td className={`src ${line.kind}`}>
      <span className="sign" aria-hidden="true">
        {sign[line.kind]}
      </span>
      {pieces(line.text, paints?.get(line), mark).map((piece, i) =>
        piece.style || piece.marked ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line never move
          <span key={i} className={piece.marked ? `${piece.style ?? ''} word` : piece.style}>
            {piece.text}
          </span>
        ) : (
          piece.text
        ),
      )}
    </td>
  );
}
