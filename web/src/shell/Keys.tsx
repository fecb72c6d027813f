// Keys: "g p" goes to the pipelines, "?" lists them all. None of them fires
// while a person types.
import { Modal } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useGo, useWords } from '../parts/place';

const goes: Record<
  string,
  { key: 'code' | 'merges' | 'pipelines' | 'models' | 'environments' | 'settings'; path: string }
> = {
  c: { key: 'code', path: '' },
  p: { key: 'pipelines', path: '/pipelines' },
  m: { key: 'merges', path: '/merge-requests' },
  o: { key: 'models', path: '/models' },
  e: { key: 'environments', path: '/environments' },
  s: { key: 'settings', path: '/settings' },
};

export function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

export function Keys() {
  const { t } = useTranslation();
  const { ns, name } = useWords();
  const go = useGo();
  const [help, setHelp] = useState(false);
  const leader = useRef(0);
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (typing(e.target) || e.ctrlKey || e.metaKey || e.altKey) return;
      if (e.key === '?') setHelp(true);
      else if (e.key === 'g') leader.current = e.timeStamp;
      else if (e.timeStamp - leader.current < 1500 && leader.current > 0) {
        leader.current = 0;
        const goal = goes[e.key];
        if (e.key === 'h') go('/');
        else if (e.key === 'w') go('/waiting');
        else if (goal && ns && name) go(`/${ns}/${name}${goal.path}`);
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [ns, name, go]);
  return (
    <Modal
      opened={help}
      onClose={() => setHelp(false)}
      title={t('keys.title')}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <table className="table">
        <tbody>
          <Line keys={['Ctrl', 'K']} about={t('keys.palette')} />
          <Line keys={['?']} about={t('keys.help')} />
          <Line keys={['g', 'h']} about={t('home.title')} />
          <Line keys={['g', 'w']} about={t('waiting.title')} />
          {Object.entries(goes).map(([key, goal]) => (
            <Line key={key} keys={['g', key]} about={t(`nav.${goal.key}`)} />
          ))}
          <Line keys={['y']} about={t('keys.permalink')} />
          <Line keys={['n']} about={t('keys.nextStop')} />
          <Line keys={['p']} about={t('keys.previousStop')} />
          <Line keys={['c']} about={t('keys.comment')} />
        </tbody>
      </table>
    </Modal>
  );
}

function Line({ keys, about }: { keys: string[]; about: string }) {
  return (
    <tr>
      <td className="nowrap">
        {keys.map(key => (
          <kbd key={key} style={{ marginRight: 4 }}>
            {key}
          </kbd>
        ))}
      </td>
      <td>{about}</td>
    </tr>
  );
}
