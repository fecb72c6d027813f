// The page a client sees: questions at one side, the estimate at the other.
import { useEffect, useMemo, useState } from 'react';
import { ApiError, call } from '../api/client';
import type { EndpointInfo, Input } from '../api/types';
import { humanise, setLocale } from '../format/format';
import { FieldInput } from './FieldInput';
import { type Field, fieldOf, fromHash, order, rowOf, toHash, type Values } from './fields';
import { Dock, Result } from './Result';
import { useEstimate } from './useEstimate';
import { type Words, words } from './words';

type Language = 'en' | 'fr';

export function Estimate({ endpoint, language: start }: { endpoint: string; language: Language }) {
  const [language, setLanguage] = useState<Language>(start);
  const [info, setInfo] = useState<EndpointInfo>();
  const [failure, setFailure] = useState<unknown>();
  const w = words[language];
  useEffect(() => {
    const controller = new AbortController();
    call<EndpointInfo>('GET', `/endpoints/${encodeURIComponent(endpoint)}`, { signal: controller.signal })
      .then(setInfo)
      .catch(error => controller.signal.aborted || setFailure(error));
    return () => controller.abort();
  }, [endpoint]);
  const speak = (next: Language) => {
    setLocale(next, navigator.languages);
    document.documentElement.lang = next;
    try {
      localStorage.setItem('dasier-lang', next);
    } catch {
      // the choice then lasts as long as the page
    }
    setLanguage(next);
  };
  const other: Language = language === 'en' ? 'fr' : 'en';
  const title = info ? info.title || humanise(info.target.name) : '';
  useEffect(() => {
    if (title) document.title = w.pageTitle(title);
  }, [title, w]);
  return (
    <>
      {info && (
        <a className="skip" href="#result">
          {w.skip}
        </a>
      )}
      <header className="top">
        <h1>{info ? title : failure ? w.gone : w.loading}</h1>
        <button type="button" className="link" lang={other} onClick={() => speak(other)}>
          {w.other}
        </button>
      </header>
      {info && <Form key={language} info={info} words={w} />}
      {!info && !failure && <Bones />}
      {failure !== undefined && (
        <main className="gone">
          <p role="alert">{failure instanceof ApiError && failure.status === 0 ? w.unreachable : w.goneAbout}</p>
        </main>
      )}
    </>
  );
}

function Bones() {
  return (
    <main className="page" aria-busy="true">
      <div className="questions">
        {[0, 1, 2, 3, 4, 5].map(i => (
          <div key={i} className="skeleton line" />
        ))}
      </div>
      <div className="result">
        <div className="skeleton big" />
      </div>
    </main>
  );
}

function Form({ info, words: w }: { info: EndpointInfo; words: Words }) {
  const groups = useMemo(() => order(info.inputs, info.form), [info]);
  const fields = useMemo(() => {
    const make = (input: Input): Field => fieldOf(input, w);
    // Who opens no details has told none: the model then assumes what is usual, and says so.
    const untold = (input: Input): Field => ({ ...make(input), initial: '' });
    return { main: groups.main.map(make), more: groups.more.map(untold) };
  }, [groups, w]);
  const all = useMemo(() => [...fields.main, ...fields.more], [fields]);
  const [values, setValues] = useState<Values>(() => fromHash(location.hash, all));
  const state = useEstimate(info, rowOf(all, values));
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    history.replaceState(null, '', location.pathname + location.search + toHash(all, values));
  }, [all, values]);
  const set = (name: string) => (value: string) => {
    setCopied(false);
    setValues(old => ({ ...old, [name]: value }));
  };
  const show = (field: Field) => (
    <FieldInput
      key={field.input.name}
      field={field}
      value={values[field.input.name] ?? ''}
      error={state.fields[field.input.name]}
      words={w}
      onChange={set(field.input.name)}
    />
  );
  // A wrong field must be seen even when its group is folded.
  const wrongInside = fields.more.some(field => state.fields[field.input.name]);
  const share = async () => {
    await navigator.clipboard.writeText(location.href);
    setCopied(true);
  };
  return (
    <main className="page">
      <form className="questions" onSubmit={e => e.preventDefault()}>
        <p className="intro">{w.intro}</p>
        <div className="grid">{fields.main.map(show)}</div>
        {fields.more.length > 0 && (
          <details open={wrongInside || undefined}>
            <summary>{w.more(fields.more.length)}</summary>
            <div className="grid">{fields.more.map(show)}</div>
          </details>
        )}
        <div className="acts">
          <button type="button" className="link" onClick={() => setValues(fromHash('', all))}>
            {w.reset}
          </button>
        </div>
      </form>
      <div className="aside">
        <Result info={info} state={state} words={w} />
        <div className="acts">
          <button type="button" className="link" onClick={() => void share()}>
            {copied ? w.shared : w.share}
          </button>
          <button type="button" className="link" onClick={() => window.print()}>
            {w.print}
          </button>
        </div>
      </div>
      <Dock state={state} words={w} />
    </main>
  );
}
