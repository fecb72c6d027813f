// The answer: the figure, its interval drawn, what moved it.
import type { EndpointInfo, Notice } from '../api/types';
import { date, humanise, number, percent, quantity } from '../format/format';
import { chances, chanceText, className, likely } from './chances';
import { labelOf, levelLabel } from './fields';
import { noticeSentence } from './notices';
import { type Explained, explain, type Reason, rounded, shownDecimals } from './reasons';
import type { State } from './useEstimate';
import { lowerFirst, odds, type Words } from './words';

export function Result({ info, state, words: w }: { info: EndpointInfo; state: State; words: Words }) {
  const { answer, trouble } = state;
  return (
    <section className={state.stale ? 'result stale' : 'result'} id="result" tabIndex={-1} aria-label={w.yourEstimate}>
      <div aria-live="polite" aria-atomic="true">
        <h2>{w.yourEstimate}</h2>
        {answer ? <Figure answer={answer} words={w} /> : <div className="skeleton big" />}
        {trouble && <p className="trouble">{sentence(trouble, w)}</p>}
      </div>
      {answer && answer.notices.length > 0 && <Notices info={info} notices={answer.notices} words={w} />}
      {answer && <Reasons info={info} state={state} words={w} />}
      <p className="fine">
        {w.model(answer?.version ?? info.version, date(info.deployed_at))}{' '}
        {info.interval &&
          info.interval.covered_of > 0 &&
          w.measured(
            percent(info.interval.level),
            percent(info.interval.coverage, 1),
            number(info.interval.covered_of),
          )}
        {info.set &&
          info.set.covered_of > 0 &&
          w.measuredSets(percent(info.set.level), percent(info.set.coverage, 1), number(info.set.covered_of))}
      </p>
    </section>
  );
}

// What is strange about the answers is told one by one; what was not answered,
// in one sentence.
function Notices({ info, notices, words: w }: { info: EndpointInfo; notices: Notice[]; words: Words }) {
  // That there is no answer stands where the answer would.
  const strange = notices.filter(notice => notice.code !== 'imputed' && notice.code !== 'no_answer');
  const assumed = notices.filter(notice => notice.code === 'imputed').length;
  return (
    <>
      {strange.length > 0 && (
        <div className="notices">
          <h3>{w.notices}</h3>
          <ul>
            {strange.map(notice => (
              <li key={notice.input + notice.code}>
                <strong>{nameOf(info, notice.input)}</strong>: {noticeSentence(info, notice, w)}
              </li>
            ))}
          </ul>
        </div>
      )}
      {assumed > 0 && <p className="fine">{w.imputed(assumed)}</p>}
    </>
  );
}

function sentence(trouble: NonNullable<State['trouble']>, w: Words): string {
  if (trouble === 'unreachable') return w.unreachable;
  if (trouble === 'limited') return w.limited;
  if (trouble === 'fields') return w.correct;
  return trouble.sentence;
}

function Figure({ answer, words: w }: { answer: NonNullable<State['answer']>; words: Words }) {
  if (answer.prediction === null && !answer.values) return <p className="figure none">{w.noAnswer}</p>;
  if (answer.label !== undefined) return <Choice answer={answer} words={w} />;
  if (answer.values) return <Values values={answer.values} unit={answer.unit} words={w} />;
  const { interval } = answer;
  const prediction = answer.prediction ?? 0;
  const decimals = shownDecimals(prediction);
  const show = (v: number) => quantity(v, answer.unit, decimals);
  if (!interval) {
    return (
      <p className="figure" data-prediction={prediction}>
        {show(prediction)}
      </p>
    );
  }
  const { low, high } = interval;
  const round = (v: number) => rounded(v, low, high);
  return (
    <>
      <p className="figure" data-prediction={prediction}>
        {show(round(prediction))}
      </p>
      <Bar low={low} high={high} value={prediction} />
      <p className="between">{w.between(show(round(low)), show(round(high)), odds(w, interval.level))}</p>
    </>
  );
}

// Values is the figure of a model of several numbers: each under its name.
function Values({ values, unit, words: w }: { values: Record<string, number | null>; unit?: string; words: Words }) {
  return (
    <dl className="values">
      {Object.entries(values).map(([name, value]) => (
        <div key={name}>
          <dt>{humanise(name)}</dt>
          <dd data-prediction={value}>{valueText(value, unit, w)}</dd>
        </div>
      ))}
    </dl>
  );
}

function valueText(value: number | null, unit: string | undefined, w: Words): string {
  return value === null ? w.none : quantity(value, unit, shownDecimals(value));
}

// Choice is the figure of a model that tells classes apart: the likeliest, and
// how likely each is, where the model knows.
function Choice({ answer, words: w }: { answer: NonNullable<State['answer']>; words: Words }) {
  return (
    <>
      <p className="figure" data-prediction={answer.prediction} data-label={answer.label ?? undefined}>
        {className(answer.label ?? '', w)}
      </p>
      {answer.set && <p className="between">{likely(answer, w)}</p>}
      {answer.probabilities ? <Chances answer={answer} words={w} /> : <p className="between">{w.decides}</p>}
    </>
  );
}

function Chances({ answer, words: w }: { answer: NonNullable<State['answer']>; words: Words }) {
  return (
    <ul className="chances" aria-label={w.howLikely}>
      {chances(answer).map(([name, chance]) => (
        <li key={name} className={name === answer.label ? 'chosen' : undefined}>
          <span className="name">{className(name, w)}</span>
          <span className="track" aria-hidden="true">
            <span className="span" style={{ width: `${100 * chance}%` }} />
          </span>
          <span className="chance">{chanceText(chance)}</span>
        </li>
      ))}
    </ul>
  );
}

// Dock keeps the figure in sight on a phone, where the form is long. It repeats
// what is said above, so that it is not said twice to who listens.
export function Dock({ state, words: w }: { state: State; words: Words }) {
  const { answer } = state;
  if (!answer) return null;
  const [figure, beside] = short(answer, w);
  return (
    <div className={state.stale ? 'dock stale' : 'dock'} aria-hidden="true">
      <strong>{figure}</strong>
      {beside && <span>{beside}</span>}
    </div>
  );
}

// short is an answer in one line: the figure, and what is said beside it.
export function short(answer: NonNullable<State['answer']>, w: Words): [string, string] {
  const { label, probabilities, values, prediction, interval, unit } = answer;
  if (prediction === null && !values) return [w.none, ''];
  if (label !== undefined && label !== null)
    return [className(label, w), probabilities ? chanceText(probabilities[label] ?? 0) : ''];
  if (values) {
    const [first, ...others] = Object.entries(values);
    if (!first) return [w.none, ''];
    return [valueText(first[1], unit, w), `${humanise(first[0])}${others.length > 0 ? ', …' : ''}`];
  }
  if (prediction === null) return [w.none, ''];
  const { low, high } = interval ?? { low: prediction, high: prediction };
  const show = (v: number) => quantity(rounded(v, low, high), unit, shownDecimals(prediction));
  return [show(prediction), interval ? `${show(low)} – ${show(high)}` : ''];
}

// Bar draws the interval inside a scale a little wider than it.
function Bar({ low, high, value }: { low: number; high: number; value: number }) {
  const margin = (high - low) * 0.25 || 1;
  const x = (v: number) => (100 * (v - low + margin)) / (high - low + 2 * margin);
  return (
    <svg className="bar" aria-hidden="true">
      <rect className="track" x="0" y="9" width="100%" height="6" rx="3" />
      <rect className="span" x={`${x(low)}%`} y="7" width={`${x(high) - x(low)}%`} height="10" rx="5" />
      <line className="point" x1={`${x(value)}%`} x2={`${x(value)}%`} y1="1" y2="23" />
    </svg>
  );
}

function Reasons({ info, state, words: w }: { info: EndpointInfo; state: State; words: Words }) {
  const { answer } = state;
  const explained = answer && explain(answer, shownDecimals(answer.prediction ?? 0));
  if (!explained) return null;
  // Reasons of a choice are for and against one class.
  const about = answer.label !== undefined && className(answer.positive ?? answer.label ?? '', w);
  return (
    <div className="reasons">
      <Side title={about ? w.upFor(about) : w.up} tone="up" reasons={explained.up} info={info} words={w} />
      <Side title={about ? w.downFor(about) : w.down} tone="down" reasons={explained.down} info={info} words={w} />
      <p className="fine">
        {explained.base && baseSentence(explained, about || undefined, w)}
        {explained.others > 0 && ` ${humanise(w.rest(explained.others))} : ${explained.othersText}.`.replace(' :', ':')}
        {answer.reasons?.by && ` ${w.sharedBy[answer.reasons.by]}`}
      </p>
    </div>
  );
}

// baseSentence says what the reasons are measured from: with words, the empty text.
function baseSentence({ base, texts }: Explained, about: string | undefined, w: Words): string {
  if (about) return texts ? w.emptyFor(about, base) : w.baseFor(about, base);
  return texts ? w.empty(base) : w.base(base);
}

function Side(props: { title: string; tone: 'up' | 'down'; reasons: Reason[]; info: EndpointInfo; words: Words }) {
  if (props.reasons.length === 0) return null;
  return (
    <div>
      <h3>{props.title}</h3>
      <ul className={`bars ${props.tone}`}>
        {props.reasons.map(reason => (
          <li key={`${reason.input} ${reason.word ?? ''}`}>
            <span className="what">
              {reason.word === undefined ? nameOf(props.info, reason.input) : props.words.quoted(reason.word)}{' '}
              <em>
                {reason.word === undefined ? saying(props.info, reason, props.words) : nameOf(props.info, reason.input)}
              </em>
            </span>
            <span className="effect">{reason.text}</span>
            <span className="weight" style={{ width: `${Math.max(2, reason.size * 100)}%` }} />
          </li>
        ))}
      </ul>
    </div>
  );
}

const nameOf = (info: EndpointInfo, name: string): string => {
  const input = info.inputs.find(i => i.name === name);
  return input ? labelOf(input) : humanise(name);
};

function saying(info: EndpointInfo, { input: name, value }: Reason, w: Words): string {
  const input = info.inputs.find(i => i.name === name);
  if (value === null || value === undefined) return lowerFirst(w.unknown);
  if (typeof value === 'boolean') return value ? w.yes : w.no;
  if (typeof value === 'number') {
    const year = input?.whole && (input.min ?? 0) >= 1500 && (input.max ?? 9999) <= 2200;
    const text = number(value, { useGrouping: !year, maximumFractionDigits: 2 });
    return input?.unit ? `${text} ${input.unit}` : text;
  }
  return levelLabel(String(value), w);
}
