import type { en } from './en';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    // The keys alone: with the words themselves in the type, the checker reads
    // every sentence for its holes at every call, and gives up as they grow.
    resources: { translation: Record<keyof typeof en, string> };
    keySeparator: false;
    nsSeparator: false;
  }
}
