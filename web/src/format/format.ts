// Numbers, dates and names as the person's language writes them.

let locale = 'en';

// setLocale picks the person's own variety of the language ("en-GB") when the
// browser has one, so that dates are in the order they know.
export function setLocale(language: string, preferred: readonly string[] = []): void {
  locale = preferred.find(tag => tag.toLowerCase().split('-')[0] === language) ?? language;
}

export function currentLocale(): string {
  return locale;
}

export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(locale, options).format(value);
}

// decimalsFor is how many decimals a figure deserves, by the width of its
// interval: two significant figures of the uncertainty, as the sciences do.
export function decimalsFor(value: number, low?: number, high?: number): number {
  const width = low !== undefined && high !== undefined ? Math.abs(high - low) : 0;
  const scale = width > 0 ? width : Math.abs(value) / 100;
  if (!(scale > 0) || !Number.isFinite(scale)) return 0;
  return Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(scale))));
}

// quantity is a number with its unit. A three-letter currency code becomes the
// currency's own sign and place; any other unit follows the number.
export function quantity(value: number, unit?: string, decimals = 0): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  if (unit && /^[A-Z]{3}$/.test(unit)) {
    try {
      return number(value, { style: 'currency', currency: unit, currencyDisplay: 'narrowSymbol', ...digits });
    } catch {
      // three capitals that are no currency
    }
  }
  return unit ? `${number(value, digits)}\u00a0${unit}` : number(value, digits);
}

export function percent(share: number, decimals = 0): string {
  return number(share, { style: 'percent', minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

export function signedPercent(share: number): string {
  const decimals = Math.abs(share) < 0.1 ? 1 : 0;
  return number(share, {
    style: 'percent',
    signDisplay: 'exceptZero',
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

export function bytes(size: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  let i = 0;
  let value = size;
  while (value >= 1000 && i < units.length - 1) {
    value /= 1000;
    i++;
  }
  return number(value, {
    style: 'unit',
    unit: units[i],
    unitDisplay: 'short',
    maximumFractionDigits: i > 0 && value < 100 ? 1 : 0,
  });
}

// duration is in seconds: "12 ms", "0.4 s", "42 s", "3 min 07 s", "2 h 05 min".
export function duration(seconds: number): string {
  if (seconds > 0 && seconds < 0.1) return `${number(seconds * 1000, { maximumSignificantDigits: 2 })}\u00a0ms`;
  if (seconds < 10) return `${number(seconds, { maximumFractionDigits: 1 })}\u00a0s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}\u00a0s`;
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}\u00a0min\u00a0${two(whole % 60)}\u00a0s`;
  return `${Math.floor(whole / 3600)}\u00a0h\u00a0${two(Math.floor((whole % 3600) / 60))}\u00a0min`;
}

export function date(iso: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date(iso));
}

export function dateTime(iso: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}

export function clock(iso: string): string {
  return new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(
    new Date(iso),
  );
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

export function ago(iso: string, now = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'long' });
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return relative.format(Math.round(seconds), 'second');
}

// humanise makes a column's or a level's name readable: "North_Ames" is
// "North Ames", "grLivArea" is "Gr liv area".
export function humanise(name: string): string {
  const spaced = name
    .trim()
    .replace(/[_\s]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

export const shortSha = (sha: string): string => sha.slice(0, 8);
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);
