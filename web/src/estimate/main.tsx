import '../styles/tokens.css';
import './estimate.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { setLocale } from '../format/format';
import { Estimate } from './Estimate';

// language is "?lang=fr" of a link, or the choice made before, or the browser's.
function language(): 'en' | 'fr' {
  const asked = new URLSearchParams(location.search).get('lang');
  if (asked === 'en' || asked === 'fr') return asked;
  try {
    const kept = localStorage.getItem('dasier-lang');
    if (kept === 'en' || kept === 'fr') return kept;
  } catch {
    // storage may be off: ask the browser
  }
  const known = navigator.languages.find(tag => /^(en|fr)\b/i.test(tag));
  return known?.toLowerCase().startsWith('fr') ? 'fr' : 'en';
}

const chosen = language();
setLocale(chosen, navigator.languages);
document.documentElement.lang = chosen;

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');
const endpoint = decodeURIComponent(location.pathname.replace(/^\/estimate\//, '').replace(/\/$/, ''));
createRoot(root).render(
  <StrictMode>
    <Estimate endpoint={endpoint} language={chosen} />
  </StrictMode>,
);
