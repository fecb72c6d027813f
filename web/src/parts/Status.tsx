// A state as an icon, a word and a colour: never the colour alone.
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleDot,
  IconCircleMinus,
  IconCircleX,
  IconClock,
  IconHandStop,
  IconPlayerSkipForward,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Deployment, Environment, Run, Status as State } from '../api/types';

export type AnyState = State | Deployment['status'] | Environment['health'] | Run['status'] | 'passed' | 'undecided';

const looks: Record<AnyState, { icon: typeof IconClock; tone: 'good' | 'bad' | 'warn' | 'busy' | 'quiet' }> = {
  created: { icon: IconCircleDashed, tone: 'quiet' },
  waiting: { icon: IconCircleDashed, tone: 'quiet' },
  pending: { icon: IconClock, tone: 'warn' },
  running: { icon: IconCircleDot, tone: 'busy' },
  canceling: { icon: IconCircleMinus, tone: 'warn' },
  success: { icon: IconCircleCheck, tone: 'good' },
  passed: { icon: IconCircleCheck, tone: 'good' },
  undecided: { icon: IconAlertTriangle, tone: 'warn' },
  finished: { icon: IconCircleCheck, tone: 'good' },
  failed: { icon: IconCircleX, tone: 'bad' },
  canceled: { icon: IconCircleMinus, tone: 'quiet' },
  skipped: { icon: IconPlayerSkipForward, tone: 'quiet' },
  manual: { icon: IconHandStop, tone: 'warn' },
  ready: { icon: IconCircleCheck, tone: 'good' },
  empty: { icon: IconCircleDashed, tone: 'quiet' },
  blocked: { icon: IconHandStop, tone: 'warn' },
  rejected: { icon: IconCircleX, tone: 'quiet' },
  superseded: { icon: IconPlayerSkipForward, tone: 'quiet' },
};

export function Status(props: { of: AnyState; bare?: boolean; allowed?: boolean }) {
  const { t } = useTranslation();
  const forgiven = props.of === 'failed' && props.allowed;
  const { icon, tone } = looks[props.of] ?? looks.created;
  const Icon = forgiven ? IconAlertTriangle : icon;
  const word = t(forgiven ? 'status.forgiven' : `status.${props.of}`);
  return (
    <span title={word} className={`status tone-${forgiven ? 'warn' : tone}`}>
      <Icon size={16} stroke={1.9} aria-hidden="true" />
      <span className={props.bare ? 'visually-hidden' : 'word'}>{word}</span>
    </span>
  );
}

export const isActive = (state: AnyState): boolean =>
  state === 'running' || state === 'pending' || state === 'created' || state === 'waiting' || state === 'canceling';
