// How this project merges: part of its settings.
import { Button, Checkbox, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { MergeMethod, Project } from '../api/types';
import { useAct } from '../parts/act';
import { Problem } from '../parts/Loaded';
import { Card } from '../parts/Page';

const methods: MergeMethod[] = ['merge', 'squash', 'rebase', 'ff'];

export function MergeSettings({ project }: { project: Project }) {
  const { t } = useTranslation();
  const [method, setMethod] = useState<MergeMethod>(project.merge_method ?? 'merge');
  const [remove, setRemove] = useState(project.remove_source_branch ?? false);
  const act = useAct(() => api.editProject(project.path, { merge_method: method, remove_source_branch: remove }), {
    quiet: true,
  });
  return (
    <Card title={t('method.title')}>
      <form
        className="stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <NativeSelect
          label={t('mr.method')}
          description={t(`method.about.${method}`)}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          value={method}
          data={methods.map(value => ({ value, label: t(`method.${value}`) }))}
          onChange={e => setMethod(e.currentTarget.value as MergeMethod)}
        />
        <Checkbox label={t('method.remove')} checked={remove} onChange={e => setRemove(e.currentTarget.checked)} />
        {act.error && <Problem error={act.error} />}
        <div className="row">
          <Button type="submit" loading={act.isPending}>
            {t('save')}
          </Button>
          <span role="status" className="tone-good">
            {act.isSuccess && t('saved')}
          </span>
        </div>
      </form>
    </Card>
  );
}
