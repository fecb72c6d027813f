// The stages and jobs of a pipeline; pointing at a job lights what it needs
// and what needs it.
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pipeline } from '../api/types';
import { Go } from '../parts/Go';
import { useProjectPath } from '../parts/place';
import { Status } from '../parts/Status';
import { box, layout } from './layout';

export function Graph({ pipeline }: { pipeline: Pipeline }) {
  const { t } = useTranslation();
  const path = useProjectPath();
  const [over, setOver] = useState<string>();
  const drawn = useMemo(() => layout(pipeline.stages, pipeline.jobs), [pipeline]);
  const touched = new Set(
    drawn.needs.filter(n => n.from === over || n.to === over).flatMap(need => [need.from, need.to]),
  );
  return (
    <section className="card graph" aria-label={t('pipeline.graph')}>
      <div style={{ position: 'relative', width: drawn.width, height: drawn.height }}>
        <svg className="lines" width={drawn.width} height={drawn.height} aria-hidden="true">
          {drawn.needs.map(need => (
            <path
              key={`${need.from}>${need.to}`}
              d={need.path}
              className={over && (need.from === over || need.to === over) ? 'lit' : undefined}
            />
          ))}
        </svg>
        {drawn.stages.map(stage => (
          <div key={stage.name} className="stage" style={{ left: stage.x, top: 8, width: stage.width }}>
            {stage.name}
          </div>
        ))}
        {drawn.placed.map(({ job, x, y, width }) => (
          <Go
            key={job.id}
            to={`/${path}/jobs/${job.id}`}
            className={touched.has(job.name) ? 'job lit' : 'job'}
            style={{ left: x, top: y, width, height: box.height }}
            onMouseEnter={() => setOver(job.name)}
            onMouseLeave={() => setOver(undefined)}
            onFocus={() => setOver(job.name)}
            onBlur={() => setOver(undefined)}
            title={job.failure_reason ? `${job.name}: ${job.failure_reason}` : job.name}
          >
            <Status of={job.status} bare allowed={job.allow_failure} />
            <span className="label">{job.name}</span>
          </Go>
        ))}
      </div>
    </section>
  );
}
