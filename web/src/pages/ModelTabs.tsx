// What the Models entry holds.
import { useTranslation } from 'react-i18next';
import { Go } from '../parts/Go';
import { useProjectPath } from '../parts/place';

export function ModelTabs() {
  const { t } = useTranslation();
  const path = useProjectPath();
  return (
    <nav className="tabs" aria-label={t('nav.models')}>
      <Go to={`/${path}/models`} exact>
        {t('models.title')}
      </Go>
      <Go to={`/${path}/runs`}>{t('runs.title')}</Go>
    </nav>
  );
}
