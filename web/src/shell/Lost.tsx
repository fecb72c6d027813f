import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Go } from '../parts/Go';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <main className="door">
      <div className="card">
        <h1>{t('lost.title')}</h1>
        <p className="muted">{t('lost.about')}</p>
        <Go to="/">{t('lost.home')}</Go>
      </div>
    </main>
  );
}

// Broken is shown for a defect of the page itself, or for a page that could
// not be loaded because a newer server replaced it.
export function Broken({ error }: { error: unknown }) {
  const { t } = useTranslation();
  return (
    <main className="door">
      <div className="card stack">
        <h1>{t('broken.title')}</h1>
        <p className="muted">{t('broken.about')}</p>
        <pre className="snippet">{error instanceof Error ? error.message : String(error)}</pre>
        <Button onClick={() => location.reload()}>{t('broken.reload')}</Button>
      </div>
    </main>
  );
}
