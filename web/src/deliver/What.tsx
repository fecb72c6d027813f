// What a deployment put there, as a link where there is a page for it.
import type { Deployment } from '../api/types';
import { shortDigest } from '../format/format';
import { Go } from '../parts/Go';
import { useProjectPath } from '../parts/place';

export const nameOf = (d: Deployment): string =>
  d.kind === 'model' ? `${d.model} v${d.version}` : d.title || `${d.kind} ${shortDigest(d.bundle)}`;

export function What({ of: d }: { of: Deployment }) {
  const path = useProjectPath();
  if (d.kind === 'model') return <Go to={`/${path}/models/${d.model}/${d.version}`}>{nameOf(d)}</Go>;
  return d.commit ? <Go to={`/${path}/commits/${d.commit}`}>{nameOf(d)}</Go> : nameOf(d);
}
