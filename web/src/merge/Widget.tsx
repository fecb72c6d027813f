// One report of the stack: a verdict in one line, the rest folded below it.
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconCircleX, IconLoader2 } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

export type Verdict = 'good' | 'bad' | 'warn' | 'busy' | 'quiet';

const icons = {
  good: IconCircleCheck,
  bad: IconCircleX,
  warn: IconAlertTriangle,
  busy: IconLoader2,
  quiet: IconCircleDashed,
};

export function Widget(props: {
  title: string;
  verdict: Verdict;
  line: ReactNode; // the verdict in words
  acts?: ReactNode;
  open?: boolean; // unless the person chose otherwise
  children?: ReactNode; // none: there is nothing to unfold
}) {
  const { t } = useTranslation();
  const [chosen, setOpen] = useState<boolean>(); // by the person; until then what it holds decides
  const open = chosen ?? props.open ?? false;
  const Icon = icons[props.verdict];
  const more = props.children !== undefined && props.children !== null && props.children !== false;
  return (
    <section className="widget" aria-label={props.title}>
      <div className="line">
        <Icon size={18} className={`tone-${props.verdict}`} aria-hidden="true" />
        <h2 className="sentence">{props.title}</h2>
        <div className="grow said">{props.line}</div>
        {props.acts}
        {more && (
          <button
            type="button"
            className="entry fold"
            aria-expanded={open}
            aria-label={t('mr.details', { what: props.title })}
            onClick={() => setOpen(!open)}
          >
            {open ? '▾' : '▸'}
          </button>
        )}
      </div>
      {more && open && <div className="more">{props.children}</div>}
    </section>
  );
}
