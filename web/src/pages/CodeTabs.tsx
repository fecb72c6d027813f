// What the Code entry holds.
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { number } from '../format/format';
import { Go } from '../parts/Go';
import { useProjectPath } from '../parts/place';

export function CodeTabs() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const project = useQuery(api.project(path));
  const open = project.data?.open_merge_requests ?? 0;
  return (
    <nav className="tabs" aria-label={t('nav.code')}>
      <Go to={`/${path}`} exact>
        {t('code.overview')}
      </Go>
      <Go to={`/${path}/merge-requests`}>
        {t('mr.list')}
        {open > 0 && <span className="count">{number(open)}</span>}
      </Go>
      {(['tree', 'branches', 'commits', 'compare'] as const).map(key => (
        <Go key={key} to={`/${path}/${key}`}>
          {t(`${key}.title`)}
        </Go>
      ))}
    </nav>
  );
}

export function BranchSelect(props: {
  value: string;
  onChange: (ref: string) => void;
  label?: string;
  bare?: boolean;
}) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const branches = useQuery(api.branches(path));
  const names = branches.data?.items.map(branch => branch.name) ?? [];
  if (props.value && !names.includes(props.value)) names.unshift(props.value);
  if (!props.value) names.unshift('');
  return (
    <NativeSelect
      size="xs"
      aria-label={props.label ?? t('branch')}
      value={props.value}
      data={names.map(name => ({ value: name, label: /^[0-9a-f]{40}$/.test(name) ? name.slice(0, 8) : name }))}
      onChange={e => props.onChange(e.currentTarget.value)}
    />
  );
}

// Trail is a path inside the repository, each part a link.
export function Trail({ at, refName }: { at: string; refName: string }) {
  const path = useProjectPath();
  const { name } = { name: path.split('/')[1] };
  const parts = at.split('/').filter(Boolean);
  return (
    <span className="grow" style={{ overflowWrap: 'anywhere' }}>
      <Go to={`/${path}/tree`} search={{ ref: refName }}>
        {name}
      </Go>
      {parts.map((part, i) => {
        const here = parts.slice(0, i + 1).join('/');
        return (
          <span key={here}>
            {' / '}
            {i === parts.length - 1 ? (
              <strong>{part}</strong>
            ) : (
              <Go to={`/${path}/tree`} search={{ ref: refName, path: here }}>
                {part}
              </Go>
            )}
          </span>
        );
      })}
    </span>
  );
}
