// English and French, complete: fr has en's keys by type.
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { setLocale } from '../format/format';
import { en } from './en';
import { fr } from './fr';

export type Language = 'en' | 'fr';
const kept = 'dasier-lang';

// preferred is the language chosen before, or else the browser's.
export function preferred(): Language {
  try {
    const chosen = localStorage.getItem(kept);
    if (chosen === 'en' || chosen === 'fr') return chosen;
  } catch {
    // storage may be off: ask the browser
  }
  return navigator.languages
    .find(tag => /^(en|fr)\b/i.test(tag))
    ?.slice(0, 2)
    .toLowerCase() === 'fr'
    ? 'fr'
    : 'en';
}

function apply(language: Language): void {
  document.documentElement.lang = language;
  setLocale(language, navigator.languages);
}

export async function choose(language: Language): Promise<void> {
  try {
    localStorage.setItem(kept, language);
  } catch {
    // the choice then lasts as long as the page
  }
  apply(language);
  await i18next.changeLanguage(language);
}

export async function start(): Promise<void> {
  const language = preferred();
  apply(language);
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: { en: { translation: en }, fr: { translation: fr } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false }, // React escapes
  });
}
