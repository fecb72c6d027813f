// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { EndpointInfo } from '../api/types';
import { setLocale } from '../format/format';
import { Result } from './Result';
import { words } from './words';

afterEach(cleanup);

const info = {
  version: 3,
  deployed_at: '2026-05-04T03:02:01Z',
  inputs: [{ name: 'message', kind: 'category', required: true, text: true }],
} as EndpointInfo;

test('the words of a text are told in the person’s language, and what they are compared with', () => {
  setLocale('fr', ['fr-FR']);
  const answer = {
    prediction: 0.8,
    label: 'spam',
    positive: 'spam',
    probabilities: { ham: 0.2, spam: 0.8 },
    model: 'filter',
    version: 3,
    notices: [],
    reasons: {
      scale: 'log-odds' as const,
      base: 0,
      base_prediction: 0.5,
      contributions: [
        {
          input: 'message',
          value: 'a very long text',
          effect: 1.38,
          amount: 0.3,
          words: [
            { word: 'free', effect: 1.6, amount: 0.35 },
            { word: ' fr', effect: -0.4, amount: -0.09 },
          ],
          other_words: { count: 5, effect: 0.18, amount: 0.04 },
        },
      ],
    },
  };
  const { container } = render(<Result info={info} state={{ answer } as never} words={words.fr} />);
  const told = [...container.querySelectorAll('.bars .what')].map(what => what.textContent);
  expect(told).toEqual(['« free » Message', '«  fr » Message']); // terms of characters keep their spaces
  expect(screen.queryByText(/a very long text/)).toBeNull();
  expect(screen.getByText(/quand rien n’est écrit/).textContent).toContain('5 autres détails');
});
