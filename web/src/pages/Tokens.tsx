// Personal access tokens: shown once, scoped, expiring.
import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { TokenCreated } from '../api/types';
import { date } from '../format/format';
import { Ask, useAct } from '../parts/act';
import { Snippet } from '../parts/Copy';
import { Listing } from '../parts/Listing';
import { Loaded, Problem } from '../parts/Loaded';
import { Ago } from '../parts/Moment';
import { Card, Empty, Page } from '../parts/Page';

const scopes = ['api', 'read_api', 'read_repository', 'write_repository', 'predict'] as const;

export function Tokens() {
  const { t } = useTranslation();
  const tokens = useQuery(api.tokens());
  return (
    <Page title={t('tokens.title')}>
      <div className="two">
        <Loaded of={tokens}>
          {list => (
            <Listing
              label={t('tokens.title')}
              rows={list.items}
              id={token => token.id}
              text={token => token.name}
              empty={<Empty title={t('tokens.empty')}>{t('tokens.emptyNext')}</Empty>}
              columns={[
                { key: 'name', title: t('name'), cell: token => token.name, sort: token => token.name },
                {
                  key: 'scopes',
                  title: t('tokens.scopes'),
                  cell: token => token.scopes.join(', '),
                  className: 'hide-sm',
                },
                {
                  key: 'used',
                  title: t('tokens.used'),
                  className: 'hide-sm',
                  cell: token => (token.last_used_at ? <Ago at={token.last_used_at} /> : t('never')),
                  sort: token => token.last_used_at ?? '',
                },
                {
                  key: 'expires',
                  title: t('tokens.expires'),
                  cell: token => (token.expires_at ? date(token.expires_at) : t('never')),
                  sort: token => token.expires_at ?? '9',
                },
                {
                  key: 'act',
                  title: '',
                  className: 'num',
                  cell: token => (
                    <Ask
                      label={t('tokens.revoke')}
                      ariaLabel={t('tokens.revokeNamed', { name: token.name })}
                      title={t('tokens.revokeNamed', { name: token.name })}
                      confirm={t('tokens.revoke')}
                      danger
                      act={() => api.revokeToken(token.id)}
                    >
                      {t('tokens.revokeAbout')}
                    </Ask>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
        <NewToken />
      </div>
    </Page>
  );
}

function NewToken() {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>(['read_api']);
  const [days, setDays] = useState('90');
  const [made, setMade] = useState<TokenCreated>();
  const act = useAct(
    () => {
      const expires = new Date(Date.now() + Number(days) * 86_400_000).toISOString();
      return api.createToken({ name, scopes: chosen, expires_at: expires });
    },
    {
      quiet: true,
      done: token => {
        setMade(token);
        setName('');
      },
    },
  );
  return (
    <Card title={t('tokens.new')}>
      <form
        className="stack"
        onSubmit={e => {
          e.preventDefault();
          act.mutate(undefined);
        }}
      >
        {made && (
          <div className="stack tight" role="status">
            <strong>{t('tokens.once')}</strong>
            <Snippet text={made.token} label={made.name} />
          </div>
        )}
        <TextInput label={t('name')} required value={name} onChange={e => setName(e.currentTarget.value)} />
        <Checkbox.Group label={t('tokens.scopes')} value={chosen} onChange={setChosen}>
          <div className="stack tight" style={{ marginTop: 6 }}>
            {scopes.map(scope => (
              <Checkbox key={scope} value={scope} label={scope} description={t(`scope.${scope}`)} />
            ))}
          </div>
        </Checkbox.Group>
        <NativeSelect
          label={t('tokens.expires')}
          value={days}
          onChange={e => setDays(e.currentTarget.value)}
          data={['7', '30', '90', '365'].map(value => ({ value, label: t('tokens.days', { count: Number(value) }) }))}
        />
        {act.error && <Problem error={act.error} />}
        <Button type="submit" disabled={chosen.length === 0} loading={act.isPending}>
          {t('tokens.create')}
        </Button>
      </form>
    </Card>
  );
}
