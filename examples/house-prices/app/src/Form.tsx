import type { ReactNode } from 'react';
import type { House, Place } from './api';
import { conditionName, conditionNames, type Language, spelled, words } from './words';

type NumberField = 'living_area' | 'year_built' | 'remodelled' | 'lot_area' | 'basement_area' | 'bedrooms' | 'bathrooms' | 'garage_cars' | 'fireplaces';

const first: NumberField[] = ['living_area', 'year_built'];
const more: NumberField[] = ['remodelled', 'lot_area', 'basement_area', 'bedrooms', 'bathrooms', 'garage_cars', 'fireplaces'];

interface Props {
  house: House;
  setHouse: (house: House) => void;
  places: Place[];
  wrong: Record<string, string>;
  language: Language;
}

export function Form({ house, setHouse, places, wrong, language }: Props) {
  const w = words[language];
  const numberField = (name: NumberField, required: boolean) => (
    <Field key={name} name={name} label={w[name]} wrong={wrong[name]}>
      <input
        id={name}
        type="number"
        inputMode="numeric"
        min={0}
        required={required}
        aria-invalid={Boolean(wrong[name])}
        aria-describedby={wrong[name] ? `${name}-wrong` : undefined}
        value={house[name] ?? ''}
        onChange={e => setHouse({ ...house, [name]: e.target.value === '' ? undefined : Number(e.target.value) })}
      />
    </Field>
  );
  return (
    <form className="card" onSubmit={e => e.preventDefault()} aria-label={w.house} noValidate>
      <h2>{w.house}</h2>
      <Field name="neighborhood" label={w.neighborhood} wrong={wrong.neighborhood}>
        <select
          id="neighborhood"
          required
          value={house.neighborhood}
          onChange={e => setHouse({ ...house, neighborhood: e.target.value })}
        >
          <option value="">{w.choose}</option>
          {places.map(place => (
            <option key={place.name} value={place.name}>
              {spelled(place.name)}
            </option>
          ))}
        </select>
      </Field>
      {first.map(name => numberField(name, true))}
      <details>
        <summary>{w.more}</summary>
        <Field name="condition" label={w.condition} wrong={wrong.condition}>
          <select id="condition" value={house.condition ?? ''} onChange={e => setHouse({ ...house, condition: e.target.value || undefined })}>
            <option value="">{w.unknown}</option>
            {conditionNames.map(name => (
              <option key={name} value={name}>
                {conditionName(name, language)}
              </option>
            ))}
          </select>
        </Field>
        {more.map(name => numberField(name, false))}
        <Field name="central_air" label={w.central_air} wrong={wrong.central_air}>
          <select
            id="central_air"
            value={house.central_air === undefined ? '' : String(house.central_air)}
            onChange={e => setHouse({ ...house, central_air: e.target.value === '' ? undefined : e.target.value === 'true' })}
          >
            <option value="">{w.unknown}</option>
            <option value="true">{w.yes}</option>
            <option value="false">{w.no}</option>
          </select>
        </Field>
      </details>
    </form>
  );
}

function Field({ name, label, wrong, children }: { name: string; label: string; wrong?: string; children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {children}
      {wrong && (
        <span className="wrong" id={`${name}-wrong`} role="alert">
          {wrong}
        </span>
      )}
    </div>
  );
}
