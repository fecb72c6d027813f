// A point or a span of time, with the exact figure on hover.
import { useEffect, useState } from 'react';
import { ago, dateTime, duration } from '../format/format';

export function Ago({ at }: { at: string }) {
  return (
    <time dateTime={at} title={dateTime(at)} className="nowrap">
      {ago(at)}
    </time>
  );
}

// Took shows how long something took, counting on while it runs.
export function Took(props: { seconds: number | null; started: string | null; running?: boolean }) {
  const [now, setNow] = useState(Date.now());
  const counting = Boolean(props.running && props.started);
  useEffect(() => {
    if (!counting) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [counting]);
  let seconds = props.seconds;
  if (counting && props.started) seconds = Math.max(0, Math.round((now - new Date(props.started).getTime()) / 1000));
  return <span className="nowrap">{seconds === null ? '–' : duration(seconds)}</span>;
}
