// Text to take away, with the button that takes it.
import { ActionIcon } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

export function CopyButton({ text, what }: { text: string; what?: string }) {
  const { t } = useTranslation();
  const clipboard = useClipboard({ timeout: 1500 });
  const label = clipboard.copied ? t('copied') : what ? t('copyWhat', { what }) : t('copy');
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="sm"
      aria-label={label}
      title={label}
      onClick={() => clipboard.copy(text)}
    >
      {clipboard.copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
    </ActionIcon>
  );
}

export function Snippet({ text, label }: { text: string; label: string }) {
  return (
    <div style={{ position: 'relative' }}>
      <pre className="snippet" tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <div className="snippet-copy">
        <CopyButton text={text} what={label} />
      </div>
    </div>
  );
}
