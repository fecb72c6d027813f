// Choosing who is asked to review, among the project's members.
import { MultiSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { useProjectPath } from '../parts/place';

export function ReviewerSelect(props: {
  value: string[];
  onChange: (usernames: string[]) => void;
  not?: string; // the author: nobody reviews their own
  label?: string;
}) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const members = useQuery(api.members(api.projectAt(path)));
  const people = (members.data?.items ?? [])
    .map(m => m.user)
    .filter(user => user.username !== props.not)
    .map(user => ({
      value: user.username,
      label: user.name ? `${user.name} (@${user.username})` : `@${user.username}`,
    }));
  for (const name of props.value) {
    if (!people.some(p => p.value === name)) people.push({ value: name, label: `@${name}` });
  }
  return (
    <MultiSelect
      size="sm"
      label={props.label ?? t('mr.reviewers')}
      data={people}
      value={props.value}
      onChange={props.onChange}
      searchable
      clearButtonProps={{ 'aria-label': t('remove') }}
      comboboxProps={{ transitionProps: { duration: 0 } }}
    />
  );
}
