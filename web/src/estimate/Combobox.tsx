// A list too long to show, found by typing: the combobox pattern of WAI-ARIA,
// with the list as suggestions and only the list's values accepted.
import { type KeyboardEvent, useId, useState } from 'react';
import type { Option } from './fields';
import type { Words } from './words';

interface Props {
  id: string;
  options: Option[];
  value: string;
  describedBy?: string;
  invalid: boolean;
  words: Words;
  onChange: (value: string) => void;
}

export function Combobox({ id, options, value, describedBy, invalid, words, onChange }: Props) {
  const list = useId();
  const [typed, setTyped] = useState<string>(); // undefined: closed, showing the choice
  const [at, setAt] = useState(0);
  const open = typed !== undefined;
  const found = matching(options, typed ?? '');
  const label = options.find(o => o.value === value)?.label ?? value;
  const pick = (option?: Option) => {
    if (option) onChange(option.value);
    setTyped(undefined);
  };
  const onKey = (e: KeyboardEvent) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      if (!open) {
        setTyped('');
        setAt(
          Math.max(
            0,
            options.findIndex(o => o.value === value),
          ),
        );
      } else if (found.length > 0) {
        setAt((at + (e.key === 'ArrowDown' ? 1 : found.length - 1)) % found.length);
      }
    } else if (e.key === 'Enter' && open) {
      e.preventDefault();
      pick(found[at]);
    } else if (e.key === 'Escape' && open) {
      setTyped(undefined);
    }
  };
  return (
    <div className="combo">
      <input
        id={id}
        className="input"
        role="combobox"
        autoComplete="off"
        aria-expanded={open}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={open && found[at] ? `${list}-${at}` : undefined}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        placeholder={open ? words.search : words.unknown}
        value={open ? typed : label}
        onChange={e => {
          setTyped(e.currentTarget.value);
          setAt(0);
        }}
        onClick={() => !open && setTyped('')}
        onKeyDown={onKey}
        onBlur={() => setTyped(undefined)}
      />
      <div id={list} role="listbox" className="combo-list" hidden={!open} aria-labelledby={`${id}-label`}>
        {open &&
          found.map((option, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys, as the combobox pattern asks
            <div
              key={option.value}
              id={`${list}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={option.value === value}
              className={i === at ? 'combo-option at' : 'combo-option'}
              ref={i === at ? node => node?.scrollIntoView?.({ block: 'nearest' }) : undefined}
              // The field would lose the focus, and the list close, before the click.
              onMouseDown={e => e.preventDefault()}
              onClick={() => pick(option)}
            >
              {option.label}
            </div>
          ))}
      </div>
      {open && found.length === 0 && <div className="combo-list combo-none">{words.noMatch}</div>}
    </div>
  );
}

// matching finds options by any part, blind to case and accents.
export function matching(options: Option[], typed: string): Option[] {
  const fold = (s: string) =>
    s
      .normalize('NFD')
      .replace(/\p{Diacritic}/gu, '')
      .toLowerCase();
  const wanted = fold(typed.trim());
  return wanted ? options.filter(option => fold(option.label).includes(wanted)) : options;
}
