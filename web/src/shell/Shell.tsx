// The room that every page stands in: the five entries at the left, the
// project switcher above, the person below.
import { Menu, useMantineColorScheme } from '@mantine/core';
import {
  IconActivity,
  IconBox,
  IconCode,
  IconHistory,
  IconHome,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconSearch,
  IconSelector,
  IconSettings,
  IconShieldCheck,
  IconSun,
  IconTicket,
  IconUserCircle,
  IconUsers,
  IconUsersGroup,
  IconWorld,
} from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/client';
import { useLive } from '../api/live';
import * as api from '../api/routes';
import type { User } from '../api/types';
import { choose, type Language } from '../i18n';
import { Go } from '../parts/Go';
import { Bones, Problem } from '../parts/Loaded';
import { useGo, useWords } from '../parts/place';
import { Keys } from './Keys';
import { NeedsYou } from './NeedsYou';
import { Palette } from './Palette';

export const entries = [
  {
    key: 'code',
    path: '',
    icon: IconCode,
    also: ['tree', 'file', 'blame', 'branches', 'commits', 'compare', 'merge-requests'],
  },
  { key: 'pipelines', path: '/pipelines', icon: IconActivity, also: ['jobs'] },
  { key: 'models', path: '/models', icon: IconBox, also: ['runs'] },
  { key: 'environments', path: '/environments', icon: IconWorld, also: [] },
  { key: 'settings', path: '/settings', icon: IconSettings, also: [] },
] as const;

export function Shell() {
  const me = useQuery({ ...api.me(), staleTime: 60_000 });
  if (me.error instanceof ApiError && me.error.status === 401) return <ToSignIn />;
  if (me.error) {
    return (
      <main className="door">
        <Problem error={me.error} retry={() => void me.refetch()} />
      </main>
    );
  }
  if (!me.data) return <Bones rows={6} />;
  return <Room user={me.data.user} />;
}

// ToSignIn leaves once, remembering where from: while the sign-in page loads,
// the router's own location is already the new one.
function ToSignIn() {
  const go = useGo();
  const [next] = useState(() => location.pathname + location.search + location.hash);
  useEffect(() => go('/login', { next }, true), [go, next]);
  return <Bones rows={6} />;
}

function Room({ user }: { user: User }) {
  const { t } = useTranslation();
  const { ns, name } = useWords();
  const [palette, setPalette] = useState(false);
  useLive();
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t('shell.skip')}
      </a>
      <nav className="side" aria-label={t('shell.nav')}>
        <div className="side-top">
          <Go to="/" className="brand" aria-label={t('shell.home')}>
            <img src="/favicon.svg" width="22" height="22" alt="" />
            <span>Dasier</span>
          </Go>
          <NeedsYou />
        </div>
        <button type="button" className="entry switcher" onClick={() => setPalette(true)}>
          {ns ? <IconSelector size={16} aria-hidden="true" /> : <IconSearch size={16} aria-hidden="true" />}
          <span className="label">{ns ? `${ns}/${name}` : t('shell.find')}</span>
          {!ns && <kbd className="hide-sm">Ctrl K</kbd>}
        </button>
        {ns && name ? <Entries path={`${ns}/${name}`} /> : <HomeEntries user={user} />}
        <div className="spacer" />
        <Person user={user} />
      </nav>
      <main className="main" id="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Palette opened={palette} setOpened={setPalette} />
      <Keys />
    </div>
  );
}

// HomeEntries are of the whole server; on a phone the person's menu has them.
function HomeEntries({ user }: { user: User }) {
  const { t } = useTranslation();
  const shown = [
    { to: '/', icon: IconHome, label: t('home.title') },
    { to: '/groups', icon: IconUsersGroup, label: t('groups.title') },
    ...(user.admin
      ? [
          { to: '/people', icon: IconUsers, label: t('people.title') },
          { to: '/audit', icon: IconHistory, label: t('audit.title') },
        ]
      : []),
  ];
  return (
    <div className="entries hide-sm">
      {shown.map(({ to, icon: Icon, label }) => (
        <Go key={to} to={to} exact={to === '/'} className="entry">
          <Icon size={17} aria-hidden="true" /> <span className="label">{label}</span>
        </Go>
      ))}
    </div>
  );
}

function Entries({ path }: { path: string }) {
  const { t } = useTranslation();
  const inside =
    useLocation()
      .pathname.slice(path.length + 2)
      .split('/')[0] ?? '';
  return (
    <div className="entries">
      {entries.map(({ key, path: under, icon: Icon, also }) => {
        const current = inside === under.slice(1) || (also as readonly string[]).includes(inside);
        return (
          <Go key={key} to={`/${path}${under}`} exact className="entry" data-current={current}>
            <Icon size={17} aria-hidden="true" /> <span className="label">{t(`nav.${key}`)}</span>
          </Go>
        );
      })}
    </div>
  );
}

function Person({ user }: { user: User }) {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const client = useQueryClient();
  const go = useGo();
  const other: Language = i18n.language === 'fr' ? 'en' : 'fr';
  const leave = async () => {
    await api.signOut();
    client.clear();
    go('/login');
  };
  return (
    <Menu position="top-start" width={220}>
      <Menu.Target>
        <button
          type="button"
          className="entry person"
          aria-label={t('shell.person', { name: user.name || user.username })}
        >
          <IconUserCircle size={19} aria-hidden="true" /> <span className="label">{user.name || user.username}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>@{user.username}</Menu.Label>
        <Menu.Item leftSection={<IconTicket size={16} />} onClick={() => go('/tokens')}>
          {t('tokens.title')}
        </Menu.Item>
        <Menu.Item leftSection={<IconUsersGroup size={16} />} onClick={() => go('/groups')}>
          {t('groups.title')}
        </Menu.Item>
        <Menu.Item leftSection={<IconShieldCheck size={16} />} onClick={() => go('/roles')}>
          {t('members.who')}
        </Menu.Item>
        {user.admin && (
          <>
            <Menu.Item leftSection={<IconUsers size={16} />} onClick={() => go('/people')}>
              {t('people.title')}
            </Menu.Item>
            <Menu.Item leftSection={<IconHistory size={16} />} onClick={() => go('/audit')}>
              {t('audit.title')}
            </Menu.Item>
          </>
        )}
        <Menu.Item leftSection={<IconLanguage size={16} />} lang={other} onClick={() => void choose(other)}>
          {other === 'fr' ? 'Français' : 'English'}
        </Menu.Item>
        <Menu.Label>{t('scheme.title')}</Menu.Label>
        {(['auto', 'light', 'dark'] as const).map(scheme => (
          <Menu.Item
            key={scheme}
            leftSection={scheme === 'dark' ? <IconMoon size={16} /> : <IconSun size={16} />}
            rightSection={colorScheme === scheme ? '✓' : null}
            aria-current={colorScheme === scheme}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`scheme.${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
          {t('shell.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
