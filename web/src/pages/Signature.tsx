import { Button } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Input, ModelVersion } from '../api/types';
import { filled, labelOf, plainNumber } from '../estimate/fields';
import { humanise, percent } from '../format/format';
import { Listing } from '../parts/Listing';
import { Empty } from '../parts/Page';

const first = 12; // inputs in sight; a model may have hundreds

export function Signature(props: {
  signature: ModelVersion['signature'];
  importance: { input: string; share: number }[];
}) {
  const { t } = useTranslation();
  const { output } = props.signature;
  const shares = new Map(props.importance.map(item => [item.input, item.share]));
  const inputs = props.signature.inputs.map(input => ({ ...filled(input), importance: shares.get(input.name) }));
  const [all, setAll] = useState(false);
  const sorted = [...inputs].sort((a, b) => (b.importance ?? 0) - (a.importance ?? 0));
  return (
    <div className="stack tight">
      <h2>
        {t('signature.title', { count: inputs.length })}{' '}
        <span className="muted">
          → {output.targets ? few(output.targets, t) : output.name}
          {output.unit && ` (${output.unit})`}
          {output.classes && `: ${t('signature.oneOf', { list: few(output.classes, t) })}`}
        </span>
      </h2>
      <Listing
        label={t('signature.inputs')}
        rows={all ? sorted : sorted.slice(0, first)}
        tools={
          inputs.length > first && (
            <Button variant="default" aria-expanded={all} onClick={() => setAll(!all)}>
              {t(all ? 'signature.fewer' : 'signature.all', { count: inputs.length })}
            </Button>
          )
        }
        id={input => input.name}
        text={input => `${input.name} ${input.label ?? ''} ${input.description ?? ''}`}
        empty={<Empty title={t('signature.none')} />}
        columns={[
          {
            key: 'input',
            title: t('signature.input'),
            className: 'main-cell',
            sort: input => input.name,
            cell: input => (
              <>
                <span className="row" style={{ gap: '0 6px' }}>
                  {labelOf(input)}
                  {input.required && <span className="chip">{t('signature.required')}</span>}
                </span>
                <div className="muted small">
                  <code>{input.name}</code> {input.description}
                </div>
              </>
            ),
          },
          {
            key: 'kind',
            title: t('signature.kind'),
            className: 'hide-sm',
            sort: input => input.kind,
            cell: input => t(`kind.${input.kind}`),
          },
          { key: 'values', title: t('signature.values'), cell: input => <Values input={input} /> },
          {
            key: 'share',
            title: t('report.weight'),
            className: 'num',
            sort: input => input.importance ?? 0,
            cell: input => (input.importance !== undefined ? percent(input.importance, 1) : '–'),
          },
        ]}
      />
    </div>
  );
}

// few lists the first names, and how many more there are.
function few(names: string[], t: TFunction): string {
  const shown = 6;
  const more = names.length > shown ? ` ${t('signature.more', { count: names.length - shown })}` : '';
  return names.slice(0, shown).join(', ') + more;
}

function Values({ input }: { input: Input }) {
  const { t } = useTranslation();
  if (input.levels?.length) {
    const shown = input.levels.slice(0, 4).map(humanise).join(', ');
    return (
      <span className="small" title={input.levels.join(', ')}>
        {shown}
        {input.levels.length > 4 && ` ${t('signature.more', { count: input.levels.length - 4 })}`}
      </span>
    );
  }
  if (input.min !== undefined && input.max !== undefined) {
    return (
      <span className="small">
        {t('signature.range', { low: plainNumber(input, input.min), high: plainNumber(input, input.max) })} {input.unit}
      </span>
    );
  }
  return <span>–</span>;
}
