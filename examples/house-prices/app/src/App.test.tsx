import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { App } from './App';
import { projection } from './projection';

const places = [
  { name: 'North_Ames', latitude: 42.05, longitude: -93.62, sales: 400, median: 140000 },
  { name: 'Somerset', latitude: 42.06, longitude: -93.65, sales: 100, median: 210000 },
];
const sale = { neighborhood: 'North_Ames', living_area: 1480, year_built: 1968, bedrooms: 3, price: 170000, year_sold: 2009, latitude: 42.05, longitude: -93.62 };
const good = {
  price: 172500, low: 139000, high: 213500, level: 0.9, currency: 'USD', model: 'house-price', version: 3,
  reasons: [{ field: 'neighborhood', percent: -22.1 }, { field: 'living_area', percent: 10.5 }],
  advice: [{ rule: 'valuer' }, { rule: 'unusual', field: 'living_area' }],
  comparables: [sale],
};

let asked: unknown[];
let answer: () => Response;
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

beforeEach(() => {
  asked = [];
  answer = () => json(good);
  vi.stubGlobal('fetch', async (path: string, init?: RequestInit) => {
    if (path === '/api/places') return json(places);
    if (path === '/api/sales') return json([[-93.62, 42.05, 140000], [-93.65, 42.06, 210000]]);
    asked.push(JSON.parse(String(init?.body)));
    return answer();
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function fill() {
  render(<App />);
  await screen.findByRole('option', { name: 'North Ames' });
  fireEvent.change(screen.getByLabelText('Neighborhood'), { target: { value: 'North_Ames' } });
  fireEvent.change(screen.getByLabelText(/Living area/), { target: { value: '1500' } });
  fireEvent.change(screen.getByLabelText('Year built'), { target: { value: '1970' } });
}

test('a price with its range, reasons and sales, asked once the fields are there', async () => {
  await fill();
  await screen.findByText('$172,500');
  screen.getByText('Between $139,000 and $213,500, 9 times out of 10');
  screen.getByText(/let a valuer see the house/);
  screen.getByText(/few houses like this in our data: Living area above ground$/);
  screen.getByText('$170,000');
  expect(screen.getAllByRole('listitem').map(li => li.textContent)).toEqual([
    expect.stringContaining('lowers it by −22.1 %'),
    expect.stringContaining('raises it by +10.5 %'),
  ]);
  expect(asked).toEqual([{ neighborhood: 'North_Ames', living_area: 1500, year_built: 1970 }]);
});

test('French: words, numbers and the page’s own language', async () => {
  await fill();
  await screen.findByText('$172,500');
  fireEvent.click(screen.getByRole('button', { name: 'Français' }));
  expect(document.documentElement.lang).toBe('fr');
  expect(document.title).toBe('Combien vaut votre maison ?');
  expect(document.querySelector('.figure')?.textContent?.replace(/\s/g, ' ')).toBe('172 500 $US');
});

test('a neighborhood can be chosen on the map, with the keyboard', async () => {
  render(<App />);
  const place = await screen.findByRole('button', { name: /Somerset/ });
  fireEvent.keyDown(place, { key: 'Enter' });
  expect((screen.getByLabelText('Neighborhood') as HTMLSelectElement).value).toBe('Somerset');
  expect(place.getAttribute('aria-pressed')).toBe('true');
});

test('what the back-end refuses stands beside its field', async () => {
  answer = () => json({ status: 422, errors: [{ field: 'year_built', message: 'expected a number from 1870 to 2010, got 1700' }] }, 422);
  await fill();
  const wrong = await screen.findByText(/from 1870 to 2010/);
  const field = screen.getByLabelText('Year built');
  expect(field.getAttribute('aria-describedby')).toBe(wrong.id);
  expect(field.getAttribute('aria-invalid')).toBe('true');
});

test('trouble is said, and can be tried again', async () => {
  answer = () => json({ detail: 'no model' }, 502);
  await fill();
  await screen.findByText(/cannot be worked out just now/);
  answer = () => json(good);
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByText('$172,500');
  await waitFor(() => expect(screen.queryByText(/cannot be worked out/)).toBeNull());
});

test('the projection keeps north up, west left and angles', () => {
  const p = projection([[-94, 42, 1], [-93, 43, 1]], 200);
  const [x0, y0] = p.at(-94, 43);
  const [x1, y1] = p.at(-93, 42);
  expect(x1).toBeGreaterThan(x0);
  expect(y1).toBeGreaterThan(y0);
  expect((x1 - x0) / (y1 - y0)).toBeCloseTo(Math.cos((42.5 * Math.PI) / 180), 2);
});
