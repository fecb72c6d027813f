import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/client';
import * as api from '../api/routes';
import { useAct } from '../parts/act';
import { Problem } from '../parts/Loaded';
import { Card, Page } from '../parts/Page';
import { useGo } from '../parts/place';

export function NewProject() {
  const { t } = useTranslation();
  const go = useGo();
  const me = useQuery(api.me());
  const [namespace, setNamespace] = useState<string>();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const space = namespace ?? me.data?.user.username ?? '';
  const act = useAct(() => api.createProject({ namespace: space, name, description }), {
    quiet: true,
    done: project => go(`/${project.path}`),
  });
  const error = act.error instanceof ApiError ? act.error : undefined;
  return (
    <Page title={t('new.title')}>
      <div style={{ maxWidth: 520 }}>
        <Card>
          <form
            className="stack"
            onSubmit={e => {
              e.preventDefault();
              act.mutate(undefined);
            }}
          >
            <TextInput
              label={t('new.namespace')}
              description={t('new.namespaceAbout')}
              required
              value={space}
              error={error?.at('namespace')}
              onChange={e => setNamespace(e.currentTarget.value)}
            />
            <TextInput
              label={t('new.name')}
              description={t('new.nameAbout')}
              required
              autoFocus
              value={name}
              error={error?.at('name')}
              onChange={e => setName(e.currentTarget.value)}
            />
            <TextInput
              label={t('description')}
              value={description}
              error={error?.at('description')}
              onChange={e => setDescription(e.currentTarget.value)}
            />
            {error && <Problem error={error} />}
            <div>
              <Button type="submit" loading={act.isPending}>
                {t('new.submit')}
              </Button>
            </div>
          </form>
        </Card>
      </div>
    </Page>
  );
}
