// An image before and after. The bytes come as text, so that a picture of
// somebody's repository is never opened as a page of ours; they are given to
// the image here, with the kind that its name says.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import type { FileDiff } from '../api/types';
import { bytes } from '../format/format';
import { useProjectPath } from '../parts/place';

const kinds: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  svg: 'image/svg+xml',
  ico: 'image/x-icon',
  bmp: 'image/bmp',
};

export const imageKind = (path: string): string | undefined =>
  kinds[path.slice(path.lastIndexOf('.') + 1).toLowerCase()];

export function Pictures({ file, base, head }: { file: FileDiff; base: string; head: string }) {
  return (
    <div className="pictures">
      {file.status !== 'added' && <Picture side="old" sha={base} path={file.old_path} />}
      {file.status !== 'deleted' && <Picture side="new" sha={head} path={file.new_path} />}
    </div>
  );
}

function Picture({ side, sha, path }: { side: 'old' | 'new'; sha: string; path: string }) {
  const { t } = useTranslation();
  const project = useProjectPath();
  const [size, setSize] = useState('');
  const picture = useQuery({
    queryKey: ['picture', project, sha, path],
    queryFn: ({ signal }) => load(api.rawFile(project, sha, path), imageKind(path) ?? 'image/png', signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <figure className={side}>
      <figcaption>
        {t(`changes.${side}Picture`)}
        {picture.data && <span className="muted"> · {bytes(picture.data.size)}</span>}
        {size && <span className="muted"> · {size}</span>}
      </figcaption>
      {picture.error && <span className="muted">{t('changes.noPicture')}</span>}
      {picture.data && (
        <img
          src={picture.data.url}
          alt={t(`changes.${side}PictureOf`, { path })}
          onLoad={e => setSize(`${e.currentTarget.naturalWidth} × ${e.currentTarget.naturalHeight}`)}
        />
      )}
    </figure>
  );
}

async function load(address: string, kind: string, signal: AbortSignal): Promise<{ url: string; size: number }> {
  const response = await fetch(address, { signal, credentials: 'same-origin' });
  if (!response.ok) throw new Error(`${response.status}`);
  const blob = new Blob([await response.arrayBuffer()], { type: kind });
  const url = await new Promise<string>((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => fail(reader.error ?? new Error('not read'));
    reader.readAsDataURL(blob);
  });
  return { url, size: blob.size };
}
