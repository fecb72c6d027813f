import { useTranslation } from 'react-i18next';

export const ranks = ['guest', 'reporter', 'developer', 'maintainer', 'owner'] as const;
export type Rank = (typeof ranks)[number];

export const rank = (role: string): number => ranks.indexOf(role as Rank);

export function useRoleNames(): { value: string; label: string }[] {
  const { t } = useTranslation();
  return ranks.map(value => ({ value, label: t(`role.${value}`) }));
}

const day = 86_400_000;

export const inDays = (days: number): string => new Date(Date.now() + days * day).toISOString();

// dayAfter is the end of a day that a person chose: whoever may until the 5th
// still may on the 5th.
export const dayAfter = (chosen: string): string =>
  new Date(new Date(`${chosen}T00:00:00`).getTime() + day).toISOString();
