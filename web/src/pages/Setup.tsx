// First start: whoever holds the one-time link from the terminal makes the
// first administrator.
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/client';
import * as api from '../api/routes';
import { useAct } from '../parts/act';
import { Go } from '../parts/Go';
import { Problem } from '../parts/Loaded';
import { useGo, useQueryWords } from '../parts/place';

const blank = { username: '', name: '', email: '', password: '' };

export function Setup() {
  const { t } = useTranslation();
  const { token } = useQueryWords();
  const needed = useQuery(api.setup());
  return (
    <main className="door">
      <title>{`${t('setup.title')} · Dasier`}</title>
      <div className="card stack">
        <div>
          <h1>{t('setup.title')}</h1>
          <div className="muted">{t('setup.about')}</div>
        </div>
        {needed.data && !needed.data.needed ? (
          <p>
            {t('setup.done')} <Go to="/login">{t('signIn.title')}</Go>
          </p>
        ) : token ? (
          <Form token={token} />
        ) : (
          <p>{t('setup.noToken')}</p>
        )}
      </div>
    </main>
  );
}

function Form({ token }: { token: string }) {
  const { t } = useTranslation();
  const go = useGo();
  const client = useQueryClient();
  const [form, setForm] = useState(blank);
  const act = useAct(() => api.finishSetup({ token, ...form }), {
    quiet: true,
    done: () => {
      client.clear();
      go('/');
    },
  });
  const error = act.error instanceof ApiError ? act.error : undefined;
  const field = (key: keyof typeof blank) => ({
    label: t(`user.${key}`),
    required: true,
    value: form[key],
    error: error?.at(key),
    onChange: (e: { currentTarget: { value: string } }) => setForm({ ...form, [key]: e.currentTarget.value }),
  });
  return (
    <form
      className="stack"
      onSubmit={e => {
        e.preventDefault();
        act.mutate(undefined);
      }}
    >
      <TextInput {...field('name')} autoComplete="name" autoFocus />
      <TextInput {...field('username')} autoComplete="username" />
      <TextInput {...field('email')} type="email" autoComplete="email" />
      <PasswordInput
        {...field('password')}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
      />
      {error && <Problem error={error} />}
      <Button type="submit" size="sm" loading={act.isPending}>
        {t('setup.submit')}
      </Button>
    </form>
  );
}
