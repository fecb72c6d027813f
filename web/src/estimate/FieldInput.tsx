// One question of the form: label, control, hint, and what is wrong with it.
import type { ReactNode } from 'react';
import { Combobox } from './Combobox';
import { type Control, type Field, parseNumber, plainNumber } from './fields';
import type { Words } from './words';

interface Props {
  field: Field;
  value: string;
  error?: string;
  words: Words;
  onChange: (value: string) => void;
}

export function FieldInput(props: Props) {
  const { field, error, words } = props;
  const { input, control, label } = field;
  const id = `in-${input.name}`;
  const hint = hintOf(field, words);
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  const unit = input.unit && control.kind === 'number' ? input.unit : undefined;
  const notes = (
    <>
      {hint && (
        <div id={`${id}-hint`} className="hint">
          {hint}
        </div>
      )}
      {error && (
        <div id={`${id}-error`} className="wrong">
          {error}
        </div>
      )}
    </>
  );
  if (control.kind === 'choices') {
    return (
      <fieldset className="field" aria-describedby={describedBy}>
        <legend>{label}</legend>
        <Choices {...props} id={id} options={control.options} />
        {notes}
      </fieldset>
    );
  }
  return (
    <div className="field">
      <label htmlFor={id} id={`${id}-label`}>
        {label} {unit && <span className="unit">({unit})</span>}
      </label>
      <Entry {...props} id={id} control={control} describedBy={describedBy} />
      {notes}
    </div>
  );
}

function hintOf({ input, control }: Field, words: Words): ReactNode {
  const parts: string[] = [];
  if (input.description) parts.push(input.description);
  if (control.kind === 'number' && input.low !== undefined && input.high !== undefined && input.high > input.low) {
    parts.push(words.range(plainNumber(input, input.low), plainNumber(input, input.high)));
  }
  return parts.join(' · ');
}

function Choices(props: Props & { id: string; options: { value: string; label: string }[] }) {
  const { id, field, value, words, onChange } = props;
  const options = field.input.required ? props.options : [...props.options, { value: '', label: words.unknown }];
  return (
    <div className="choices">
      {options.map(option => (
        <label key={option.value} className="choice">
          <input
            type="radio"
            name={id}
            value={option.value}
            checked={value === option.value}
            onChange={() => onChange(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </div>
  );
}

type EntryProps = Props & { id: string; control: Exclude<Control, { kind: 'choices' }>; describedBy?: string };

function Entry({ id, field, control, value, error, words, describedBy, onChange }: EntryProps) {
  const { input } = field;
  const common = { id, 'aria-describedby': describedBy, 'aria-invalid': error ? true : undefined };
  switch (control.kind) {
    case 'select':
      return (
        <select {...common} className="input" value={value} onChange={e => onChange(e.currentTarget.value)}>
          {(!input.required || value === '') && <option value="">{words.unknown}</option>}
          {control.options.map(option => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      );
    case 'search': {
      const options = input.required ? control.options : [{ value: '', label: words.unknown }, ...control.options];
      return (
        <Combobox
          id={id}
          options={options}
          value={value}
          describedBy={describedBy}
          invalid={Boolean(error)}
          words={words}
          onChange={onChange}
        />
      );
    }
    case 'text':
      return (
        <textarea
          {...common}
          className="input"
          rows={3}
          placeholder={words.unknown}
          value={value}
          onChange={e => onChange(e.currentTarget.value)}
        />
      );
    case 'date':
      return (
        <input
          {...common}
          className="input"
          type="date"
          value={value}
          onChange={e => onChange(e.currentTarget.value)}
        />
      );
    case 'number': {
      const at = parseNumber(value);
      return (
        <>
          {/* A text field: number fields refuse the decimal comma of half the world, and change when scrolled over. */}
          <input
            {...common}
            className="input"
            type="text"
            inputMode={control.step === 1 ? 'numeric' : 'decimal'}
            autoComplete="off"
            placeholder={words.unknown}
            value={value}
            onChange={e => onChange(e.currentTarget.value)}
          />
          {control.slider && (
            <input
              type="range"
              className="slider"
              aria-label={words.slider(field.label)}
              min={input.low}
              max={input.high}
              step={sliderStep(input.low ?? 0, input.high ?? 1, control.step)}
              value={Number.isNaN(at) ? (input.median ?? input.low) : at}
              onChange={e => onChange(e.currentTarget.value)}
            />
          )}
        </>
      );
    }
  }
}

// sliderStep is a round step that gives about a hundred stops.
export function sliderStep(low: number, high: number, step: number | 'any'): number {
  const raw = (high - low) / 100;
  const power = 10 ** Math.floor(Math.log10(raw));
  const round = power * (raw / power >= 5 ? 5 : raw / power >= 2 ? 2 : 1);
  return step === 1 ? Math.max(1, Math.round(round)) : round;
}
