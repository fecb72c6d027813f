// What the back-end takes and gives: see openapi.json of the back-end.
export interface House {
  neighborhood: string;
  living_area?: number;
  year_built?: number;
  remodelled?: number;
  condition?: string;
  lot_area?: number;
  basement_area?: number;
  bedrooms?: number;
  bathrooms?: number;
  garage_cars?: number;
  fireplaces?: number;
  central_air?: boolean;
}

export interface Sale {
  neighborhood: string;
  living_area: number;
  year_built: number;
  bedrooms: number;
  price: number;
  year_sold: number;
  latitude: number;
  longitude: number;
}

export interface Price {
  price: number;
  low: number;
  high: number;
  level: number;
  currency: string;
  reasons: { field: string; percent: number }[];
  advice: { rule: 'valuer' | 'unusual'; field?: string }[];
  comparables: Sale[];
  model: string;
  version: number;
}

export interface Place {
  name: string;
  latitude: number;
  longitude: number;
  sales: number;
  median: number;
}

export type Point = [longitude: number, latitude: number, price: number];

// Refused is the back-end's word that some fields are not right; each message
// belongs beside its field.
export class Refused extends Error {
  constructor(readonly fields: Record<string, string>) {
    super('some fields are not right');
  }
}

async function read<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, init);
  const type = response.headers.get('Content-Type') ?? '';
  const body = type.includes('json') ? await response.json() : undefined;
  if (response.status === 422 && body?.errors?.length) {
    const wrong = body.errors as { field: string; message: string }[];
    throw new Refused(Object.fromEntries(wrong.map(e => [e.field, e.message])));
  }
  if (!response.ok || body === undefined) throw new Error(body?.detail ?? `${path}: ${response.status}`);
  return body as T;
}

export const places = () => read<Place[]>('/api/places');
export const sales = () => read<Point[]>('/api/sales');
export const price = (house: House, signal: AbortSignal) =>
  read<Price>('/api/price', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(house),
    signal,
  });
