import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { useAct } from '../parts/act';
import { Problem } from '../parts/Loaded';
import { useQueryWords } from '../parts/place';

export function SignIn() {
  const { t } = useTranslation();
  const { next } = useQueryWords();
  const router = useRouter();
  const client = useQueryClient();
  const setup = useQuery(api.setup());
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const act = useAct(() => api.signIn({ login, password }), {
    quiet: true,
    done: () => {
      client.clear();
      router.history.push(inside(next));
    },
  });
  if (setup.data?.needed) return <Navigate to="/setup" />;
  return (
    <main className="door">
      <title>{`${t('signIn.title')} · Dasier`}</title>
      <form
        className="card stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        <div className="row">
          <img src="/favicon.svg" width="26" height="26" alt="" />
          <h1>{t('signIn.title')}</h1>
        </div>
        <TextInput
          label={t('signIn.login')}
          required
          autoFocus
          autoComplete="username"
          value={login}
          onChange={e => setLogin(e.currentTarget.value)}
        />
        <PasswordInput
          label={t('user.password')}
          required
          autoComplete="current-password"
          visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
          value={password}
          onChange={e => setPassword(e.currentTarget.value)}
        />
        {act.error && <Problem error={act.error} />}
        <Button type="submit" size="sm" loading={act.isPending}>
          {t('signIn.submit')}
        </Button>
      </form>
    </main>
  );
}

// inside keeps a "next" address on this server: a link to here must not send
// a person elsewhere after they typed their password.
export function inside(next?: string): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/';
}
