// The one door to the server: same origin, JSON, session cookie. A failure is
// always an ApiError whose message is the server's sentence for the person.
import { queryOptions } from '@tanstack/react-query';

export interface FieldError {
  message: string;
  location: string; // the input's name, "[3].name" in a list
}

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: the server was not reached
    message: string,
    readonly errors: FieldError[] = [],
  ) {
    super(message);
    this.name = 'ApiError';
  }

  // at finds the sentence about one field. huma writes "body.name" for a
  // field of the request's body; people know it as "name".
  at(field: string): string | undefined {
    return this.errors.find(e => bareLocation(e.location) === field)?.message;
  }
}

export function bareLocation(location: string): string {
  return location.replace(/^body\./, '').replace(/^\[\d+\]\./, '');
}

export type Query = Record<string, string | number | boolean | undefined | null>;

export const base = '/api/v1';

export function url(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return base + path + (text ? `?${text}` : '');
}

export async function call<T>(
  method: string,
  path: string,
  options: { query?: Query; body?: unknown; signal?: AbortSignal } = {},
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url(path, options.query), {
      method,
      signal: options.signal,
      credentials: 'same-origin',
      headers:
        options.body === undefined
          ? { Accept: 'application/json' }
          : { Accept: 'application/json', 'Content-Type': 'application/json' },
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(0, 'unreachable');
  }
  if (!response.ok) throw await problem(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

// problem reads a problem+json body; a proxy's HTML page still gives a sentence.
export async function problem(response: Response): Promise<ApiError> {
  const fallback = `${response.status} ${response.statusText}`.trim();
  try {
    const body = (await response.json()) as { title?: string; detail?: string; errors?: Partial<FieldError>[] | null };
    const errors = (body.errors ?? []).map(e => ({ message: e.message ?? '', location: e.location ?? '' }));
    return new ApiError(response.status, body.detail || body.title || fallback, errors);
  } catch {
    return new ApiError(response.status, fallback);
  }
}

// read is a GET as a cacheable query; its key is its address.
export function read<T>(path: string, query: Query = {}) {
  return queryOptions({
    queryKey: [path, query] as const,
    queryFn: ({ signal }) => call<T>('GET', path, { query, signal }),
  });
}
