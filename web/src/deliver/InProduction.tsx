// What a project has in production: what it is, and where its clients meet it.
import { useTranslation } from 'react-i18next';
import type { Production, Project } from '../api/types';
import { Go } from '../parts/Go';

export function InProduction({ project, of: p }: { project: Project; of: Production }) {
  const at = `/${project.path}/environments/${encodeURIComponent(p.environment)}`;
  return (
    <div className="row small">
      <Go to={at} className="chip accent">
        {p.environment}
      </Go>
      {p.kind === 'model' ? (
        <Go to={`/${project.path}/models/${p.model}/${p.version}`}>
          {p.model} v{p.version}
        </Go>
      ) : (
        <Go to={at}>{p.title}</Go>
      )}
      <Door of={p} />
    </div>
  );
}

// Door leads to where clients go. A private service or site needs a ticket,
// which its environment's page hands out.
function Door({ of: p }: { of: Production }) {
  const { t } = useTranslation();
  if (p.kind === 'model') return <a href={`/estimate/${p.endpoint}`}>{t('clientPage')}</a>;
  if (p.public && p.address) return <a href={p.address}>{t('deliver.open')}</a>;
  return null;
}
