// Who may do what: the server's own table; and, inside of a project, what the
// reader may do there and why not the rest.
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/govern';
import type { RoleRule } from '../api/types';
import { Loaded } from '../parts/Loaded';
import { Card, Page } from '../parts/Page';
import { type Rank, rank, ranks } from './roles';

export function RolesPage() {
  const { t } = useTranslation();
  const roles = useQuery({ ...api.roles(), staleTime: 600_000 });
  return (
    <Page title={t('members.who')}>
      <p className="muted page-lead">{t('roles.about')}</p>
      <Loaded of={roles}>{({ rules }) => <Table rules={rules} />}</Loaded>
    </Page>
  );
}

function Table({ rules }: { rules: RoleRule[] }) {
  const { t } = useTranslation();
  return (
    <Card flush>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={t('members.who')}>
        <table className="table" aria-label={t('members.who')}>
          <thead>
            <tr>
              <th scope="col">{t('roles.what')}</th>
              {ranks.map(role => (
                <th key={role} scope="col" className="mark">
                  {t(`role.${role}`)}
                </th>
              ))}
              <th scope="col" className="mark">
                {t('roles.job')}
              </th>
              <th scope="col">{t('roles.scopes')}</th>
            </tr>
          </thead>
          <tbody>
            {rules.map(rule => (
              <tr key={rule.permission}>
                <th scope="row" lang="en" className="main-cell">
                  {rule.about}
                </th>
                {ranks.map(role => (
                  <td key={role} className="mark">
                    <Mark yes={rank(role) >= rank(rule.role)} />
                  </td>
                ))}
                <td className="mark">
                  <Mark yes={rule.job} />
                </td>
                <td className="small mono">{rule.scopes.join(' ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Mark({ yes }: { yes: boolean }) {
  const { t } = useTranslation();
  return yes ? (
    <span className="tone-good" role="img" aria-label={t('roles.yes')}>
      ✓
    </span>
  ) : (
    <span className="muted" role="img" aria-label={t('roles.no')}>
      ·
    </span>
  );
}

// Refusal names the role that would do, or says the server's whole sentence
// where it is not the role that is missing.
function Refusal({ text, mine, rule }: { text: string; mine: string; rule?: RoleRule }) {
  const { t, i18n } = useTranslation();
  const low = rule !== undefined && rank(mine) < rank(rule.role);
  return (
    <div className="muted small" lang={low ? i18n.language : undefined}>
      {low ? t('roles.needs', { role: t(`role.${rule.role as Rank}`) }) : text}
    </div>
  );
}

// Own is what the reader may do in a project.
export function Own({ path }: { path: string }) {
  const { t } = useTranslation();
  const own = useQuery(api.permissions(path));
  const roles = useQuery({ ...api.roles(), staleTime: 600_000 });
  const rules = new Map(roles.data?.rules.map(rule => [rule.permission, rule]));
  return (
    <Loaded of={own}>
      {mine => (
        <Card
          flush
          title={
            mine.role === 'none'
              ? t('roles.noneHere')
              : mine.inherited_from
                ? t('roles.inherited', { role: t(`role.${mine.role as Rank}`), group: mine.inherited_from })
                : t('roles.own', { role: t(`role.${mine.role as Rank}`) })
          }
        >
          <div className="scroll-x">
            <table className="table" aria-label={t('roles.title')}>
              <tbody>
                {mine.permissions.map(p => (
                  <tr key={p.permission}>
                    <td className="mark">
                      <Mark yes={p.allowed} />
                    </td>
                    <td lang="en" className="main-cell">
                      {rules.get(p.permission)?.about ?? p.permission}
                      {p.refusal && <Refusal text={p.refusal} mine={mine.role} rule={rules.get(p.permission)} />}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      )}
    </Loaded>
  );
}
