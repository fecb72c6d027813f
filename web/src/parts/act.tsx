// Doing something: a mutation that says it worked, or why it was refused; and
// a question before whatever destroys.
import { Button, Modal, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, useSentence } from './Loaded';

// useAct runs a call, refreshes every reading query (or those of the addresses
// that stale tells), and reports a refusal beside the page unless the caller
// shows it itself.
export function useAct<A, R>(
  call: (argument: A) => Promise<R>,
  options: { done?: (r: R) => void; quiet?: boolean; stale?: (address: string) => boolean } = {},
) {
  const client = useQueryClient();
  const sentence = useSentence();
  return useMutation({
    mutationFn: call,
    onSuccess: async result => {
      const { stale } = options;
      await client.invalidateQueries(stale && { predicate: query => stale(String(query.queryKey[0])) });
      options.done?.(result);
    },
    onError: error => {
      if (!options.quiet) notifications.show({ color: 'red', message: sentence(error), autoClose: 8000 });
    },
  });
}

// Ask is a button that opens a question: what will happen, and a place for the
// reason when one is wanted.
export function Ask(props: {
  label?: ReactNode; // of the button; none: the question is opened from elsewhere, by opened
  opened?: boolean;
  onClose?: () => void;
  title: string;
  children: ReactNode; // what it will remove or change
  confirm: string;
  danger?: boolean;
  reason?: string; // label of the reason field; none: no reason is asked
  act: (reason: string) => Promise<unknown>;
  done?: () => void;
  ariaLabel?: string;
  subtle?: boolean;
}) {
  const { t } = useTranslation();
  const [pressed, setPressed] = useState(false);
  const open = props.opened ?? pressed;
  const setOpen = (next: boolean) => {
    setPressed(next);
    if (!next) props.onClose?.();
  };
  const [reason, setReason] = useState('');
  const act = useAct(props.act, {
    quiet: true,
    done: () => {
      setOpen(false);
      props.done?.();
    },
  });
  return (
    <>
      {props.label !== undefined && (
        <Button
          variant={props.subtle ? 'subtle' : 'default'}
          aria-label={props.ariaLabel}
          onClick={() => setOpen(true)}
        >
          {props.label}
        </Button>
      )}
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={props.title}
        closeButtonProps={{ 'aria-label': t('close') }}
      >
        <form
          className="stack"
          onSubmit={e => {
            e.preventDefault();
            act.mutate(reason);
          }}
        >
          <div>{props.children}</div>
          {props.reason && (
            <TextInput label={props.reason} value={reason} required onChange={e => setReason(e.currentTarget.value)} />
          )}
          {act.error && <Problem error={act.error} />}
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button variant="default" onClick={() => setOpen(false)}>
              {t('cancel')}
            </Button>
            <Button
              type="submit"
              className={props.danger ? 'danger' : undefined}
              color={props.danger ? 'red.8' : undefined}
              loading={act.isPending}
            >
              {props.confirm}
            </Button>
          </div>
        </form>
      </Modal>
    </>
  );
}
