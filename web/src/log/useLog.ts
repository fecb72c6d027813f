// A job's log as it grows. The stream sends pieces with their place, so a line
// that was cut continues exactly where it stopped; when the stream cannot be
// had (a proxy that buffers), the log is read by asking again.
import { useEffect, useState } from 'react';
import * as api from '../api/routes';
import { type Line, LogParser, type Section } from './parse';

export interface Log {
  lines: Line[];
  sections: Map<string, Section>;
  complete: boolean;
}

const nothing: Log = { lines: [], sections: new Map(), complete: false };

export function useLog(path: string, id: number): Log {
  const [log, setLog] = useState<Log>(nothing);
  useEffect(() => {
    const parser = new LogParser();
    let offset = 0; // bytes taken so far
    let frame = 0;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let source: EventSource | undefined;
    setLog(nothing);

    const show = (complete: boolean) => {
      if (complete) parser.finish();
      cancelAnimationFrame(frame);
      // Many pieces between two frames are drawn once.
      frame = requestAnimationFrame(() => {
        if (!stopped) setLog({ lines: parser.lines, sections: new Map(parser.sections), complete });
      });
    };
    const poll = async () => {
      try {
        const piece = await api.jobLog(path, id, offset);
        if (stopped) return;
        parser.feed(piece.text);
        offset = piece.next_offset;
        show(piece.complete);
        if (!piece.complete) timer = setTimeout(() => void poll(), 1000);
      } catch {
        if (!stopped) timer = setTimeout(() => void poll(), 3000);
      }
    };
    const follow = () => {
      source = new EventSource(api.jobLogStream(path, id, offset));
      source.addEventListener('log', event => {
        const piece = JSON.parse((event as MessageEvent<string>).data) as { offset: number; text: string };
        if (piece.offset < offset) return; // the stream began again: we have this piece
        offset = piece.offset + new TextEncoder().encode(piece.text).length;
        parser.feed(piece.text);
        show(false);
      });
      source.addEventListener('end', () => {
        source?.close();
        show(true);
      });
      source.onerror = () => {
        if (stopped) return;
        source?.close();
        void poll();
      };
    };
    // What is there comes in one answer; only a log that still grows is streamed.
    api
      .jobLog(path, id, 0)
      .then(piece => {
        if (stopped) return;
        parser.feed(piece.text);
        offset = piece.next_offset;
        show(piece.complete);
        if (!piece.complete) follow();
      })
      .catch(() => {
        if (!stopped) timer = setTimeout(() => void poll(), 3000);
      });
    return () => {
      stopped = true;
      source?.close();
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  }, [path, id]);
  return log;
}
