// Ctrl-K: go anywhere by typing a part of its name.
import { Modal, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { useGo, useWords } from '../parts/place';
import { entries } from './Shell';

interface Goal {
  label: string;
  about: string;
  to: string;
}

export function Palette({ opened, setOpened }: { opened: boolean; setOpened: (open: boolean) => void }) {
  const { t } = useTranslation();
  useHotkeys([['mod+K', () => setOpened(true)]], []);
  return (
    <Modal
      opened={opened}
      onClose={() => setOpened(false)}
      title={t('palette.title')}
      yOffset="12vh"
      centered={false}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {opened && <Finder close={() => setOpened(false)} />}
    </Modal>
  );
}

function Finder({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const go = useGo();
  const [word, setWord] = useState('');
  const [at, setAt] = useState(0);
  const goals = useGoals();
  const found = useMemo(() => match(goals, word).slice(0, 12), [goals, word]);
  const pick = (goal?: Goal) => {
    if (!goal) return;
    close();
    go(goal.to);
  };
  const onKey = (e: KeyboardEvent) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      setAt((at + (e.key === 'ArrowDown' ? 1 : found.length - 1)) % Math.max(1, found.length));
    } else if (e.key === 'Enter') pick(found[at]);
  };
  return (
    <>
      <TextInput
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at] ? `palette-${at}` : undefined}
        aria-label={t('palette.label')}
        placeholder={t('palette.label')}
        value={word}
        onKeyDown={onKey}
        onChange={e => {
          setWord(e.currentTarget.value);
          setAt(0);
        }}
      />
      <div id="palette-list" role="listbox" aria-label={t('palette.title')} style={{ marginTop: 8 }}>
        {found.map((goal, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys, as the combobox pattern asks
          <div
            key={goal.to}
            id={`palette-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at}
            className="entry"
            data-current={i === at}
            onMouseEnter={() => setAt(i)}
            onClick={() => pick(goal)}
          >
            <span className="label">{goal.label}</span>
            <span className="small muted">{goal.about}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <div className="empty">{t('palette.none', { word })}</div>}
    </>
  );
}

function useGoals(): Goal[] {
  const { t } = useTranslation();
  const { ns, name } = useWords();
  const projects = useQuery(api.projects({ per_page: 200 }));
  const me = useQuery({ ...api.me(), staleTime: 60_000 });
  return useMemo(() => {
    const goals: Goal[] = [];
    if (ns && name) {
      for (const entry of entries) {
        goals.push({ label: t(`nav.${entry.key}`), about: `${ns}/${name}`, to: `/${ns}/${name}${entry.path}` });
      }
      goals.push({ label: t('mr.list'), about: `${ns}/${name}`, to: `/${ns}/${name}/merge-requests` });
      goals.push({ label: t('mr.new'), about: `${ns}/${name}`, to: `/${ns}/${name}/merge-requests/new` });
      for (const key of ['branches', 'commits', 'compare', 'runs'] as const) {
        goals.push({ label: t(`${key}.title`), about: `${ns}/${name}`, to: `/${ns}/${name}/${key}` });
      }
    }
    for (const project of projects.data?.items ?? []) {
      goals.push({ label: project.path, about: t('palette.project'), to: `/${project.path}` });
    }
    goals.push({ label: t('home.title'), about: '', to: '/' });
    goals.push({ label: t('waiting.title'), about: '', to: '/waiting' });
    goals.push({ label: t('new.title'), about: '', to: '/new' });
    goals.push({ label: t('tokens.title'), about: '', to: '/tokens' });
    if (me.data?.user.admin) goals.push({ label: t('people.title'), about: '', to: '/people' });
    return goals;
  }, [projects.data, me.data, ns, name, t]);
}

// match keeps the goals that have every typed word somewhere.
export function match(goals: Goal[], word: string): Goal[] {
  const parts = word.toLowerCase().split(/\s+/).filter(Boolean);
  return goals.filter(goal => parts.every(part => `${goal.label} ${goal.about}`.toLowerCase().includes(part)));
}
