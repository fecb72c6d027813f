// Whoever holds an invitation's link stands here: with an account they accept,
// without one they make it.
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/client';
import * as api from '../api/govern';
import { me } from '../api/routes';
import type { Offer } from '../api/types';
import { date } from '../format/format';
import { useAct } from '../parts/act';
import { Go } from '../parts/Go';
import { Loaded, Problem } from '../parts/Loaded';
import { useGo, useWords } from '../parts/place';
import type { Rank } from './roles';

export function InvitationPage() {
  const { t } = useTranslation();
  const { token = '' } = useWords();
  const offer = useQuery({ ...api.offer(token), retry: false });
  const own = useQuery({ ...me(), retry: false });
  return (
    <main className="door">
      <title>{`${t('invitation.title')} · Dasier`}</title>
      <div className="card stack">
        <h1>{t('invitation.title')}</h1>
        <Loaded of={offer} rows={3}>
          {value => (
            <>
              <p>
                {t('invitation.about', {
                  name: value.invited_by,
                  what: value.project ?? value.group ?? '',
                  role: t(`role.${value.role as Rank}`),
                })}{' '}
                <span className="muted">{t('invitation.until', { date: date(value.expires_at) })}</span>
              </p>
              {own.data ? (
                <Accept token={token} offer={value} name={own.data.user.username} />
              ) : (
                !own.isPending && <Register token={token} offer={value} />
              )}
            </>
          )}
        </Loaded>
      </div>
    </main>
  );
}

const placeOf = (offer: Offer) => (offer.project ? `/${offer.project}` : `/groups/${offer.group}`);

function Accept({ token, offer, name }: { token: string; offer: Offer; name: string }) {
  const { t } = useTranslation();
  const go = useGo();
  const act = useAct(() => api.acceptOffer(token), { quiet: true, done: () => go(placeOf(offer)) });
  return (
    <>
      {act.error && <Problem error={act.error} />}
      <Button size="sm" loading={act.isPending} onClick={() => act.mutate(undefined)}>
        {t('invitation.accept', { name })}
      </Button>
    </>
  );
}

const blank = { username: '', name: '', email: '', password: '' };

function Register({ token, offer }: { token: string; offer: Offer }) {
  const { t } = useTranslation();
  const go = useGo();
  const client = useQueryClient();
  const [form, setForm] = useState(blank);
  const act = useAct(() => api.registerByOffer(token, form), {
    quiet: true,
    done: () => {
      client.clear();
      go(placeOf(offer));
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
      <p className="muted small">
        <Go to="/login" search={{ next: `/invitations/${token}` }}>
          {t('invitation.signIn')}
        </Go>
      </p>
      <TextInput {...field('name')} autoComplete="name" />
      <TextInput {...field('username')} autoComplete="username" />
      <TextInput {...field('email')} type="email" autoComplete="email" />
      <PasswordInput
        {...field('password')}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
      />
      {error && <Problem error={error} />}
      <Button type="submit" size="sm" loading={act.isPending}>
        {t('invitation.register')}
      </Button>
    </form>
  );
}
