/** A component that fetches through the mixnet, as React's documentation has it: an effect that aborts when it is over. */

import { createMixFetch, type MixFetch } from 'mixfetch';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import type { Given, Seen } from './smoke.ts';

/** In StrictMode, React runs every effect, its end, and the effect again. */
export async function renderWithReact({ api, ca, https }: Given): Promise<Seen> {
  const mixFetch = createMixFetch({ api, ca: [ca] });
  const outcomes: string[] = [];
  const text = await new Promise<string>(resolve => {
    const shown = (outcome: string) => {
      outcomes.push(outcome);
      if (outcome !== 'AbortError') resolve(outcome);
    };
    const root = document.body.appendChild(document.createElement('div'));
    createRoot(root).render(
      <StrictMode>
        <Answer mixFetch={mixFetch} url={`${https}/json`} shown={shown} />
      </StrictMode>,
    );
  });
  await mixFetch.close();
  const steps = ['an effect, aborted and run again'];
  if (text === '{"answer":42}' && outcomes.length === 2) return { steps };
  return { steps, failure: `the outcomes were ${outcomes.join(', then ')}` };
}

interface AnswerProps {
  readonly mixFetch: MixFetch;
  readonly url: string;
  readonly shown: (outcome: string) => void;
}

function Answer({ mixFetch, url, shown }: AnswerProps) {
  const [text, setText] = useState('…');
  useEffect(() => {
    const abort = new AbortController();
    mixFetch(url, { signal: abort.signal })
      .then(response => response.text())
      .then(setText, error => shown(error.name));
    return () => abort.abort();
  }, [mixFetch, url, shown]);
  useEffect(() => {
    if (text !== '…') shown(text);
  }, [text, shown]);
  return <p>{text}</p>;
}
