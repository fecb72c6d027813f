// What the model says of a value, in the person's language: the server sends a
// code and its own English sentence, which stands for codes unknown here.
import type { EndpointInfo, Notice } from '../api/types';
import { plainNumber } from './fields';
import type { Words } from './words';

export function noticeSentence(info: EndpointInfo, notice: Notice, w: Words): string {
  const input = info.inputs.find(i => i.name === notice.input);
  const show = (v: number) => (input ? plainNumber(input, v) + (input.unit ? `\u00a0${input.unit}` : '') : '');
  if (notice.code === 'unknown') return w.unknownLevel;
  if (notice.code === 'rare' && input?.low !== undefined && input.high !== undefined) {
    return w.rare(show(input.low), show(input.high));
  }
  if (notice.code === 'unseen' && input?.min !== undefined && input.max !== undefined) {
    return w.unseen(show(input.min), show(input.max));
  }
  return notice.message;
}
