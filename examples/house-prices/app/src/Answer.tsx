import type { House, Price } from './api';
import { complete, type Quote } from './usePrice';
import { type Language, money, plain, short, spelled, type Words, words } from './words';

export function Answer({ quote, house, language }: { quote: Quote; house: House; language: Language }) {
  const w = words[language];
  const { price } = quote;
  return (
    <section className="card answer" aria-label={w.price}>
      <div aria-live="polite" aria-atomic="true">
        {price ? <Figure price={price} language={language} /> : <p className="hint">{complete(house) || quote.trouble ? '…' : w.waiting}</p>}
        {quote.trouble && (
          <p className="wrong" role="alert">
            {w.trouble}{' '}
            <button type="button" className="quiet" onClick={quote.again}>
              {w.retry}
            </button>
          </p>
        )}
      </div>
      {price && (
        <>
          <Advice price={price} w={w} />
          <Reasons price={price} language={language} />
          <Comparables price={price} language={language} />
          <p className="hint small source">
            {w.version(price.model, price.version)}
          </p>
        </>
      )}
    </section>
  );
}

function Figure({ price, language }: { price: Price; language: Language }) {
  const w = words[language];
  const at = ((price.price - price.low) / (price.high - price.low)) * 100;
  return (
    <>
      <h2>{w.price}</h2>
      <p className="figure">{money(price.price, language)}</p>
      <div className="bar" aria-hidden="true">
        <span style={{ left: `${at}%` }} />
      </div>
      <p>{w.range(money(price.low, language), money(price.high, language), plain(price.level * 10, language, 1))}</p>
    </>
  );
}

function Advice({ price, w }: { price: Price; w: Words }) {
  const unusual = price.advice.filter(a => a.rule === 'unusual').map(a => short(w, a.field ?? ''));
  return (
    <>
      {price.advice.some(a => a.rule === 'valuer') && <p className="advice">{w.advice_valuer}</p>}
      {unusual.length > 0 && (
        <p className="advice">
          {w.advice_unusual} {unusual.join(', ')}
        </p>
      )}
    </>
  );
}

function Reasons({ price, language }: { price: Price; language: Language }) {
  const w = words[language];
  const widest = Math.max(...price.reasons.map(r => Math.abs(r.percent)), 1);
  if (price.reasons.length === 0) return null;
  return (
    <>
      <h3>{w.reasons}</h3>
      <p className="hint small">{w.reasonsAbout}</p>
      <ul className="reasons">
        {price.reasons.map(r => (
          <li key={r.field}>
            <span>{short(w, r.field)}</span>
            <span className={r.percent > 0 ? 'up' : 'down'} aria-hidden="true">
              <i style={{ width: `${(Math.abs(r.percent) / widest) * 50}%` }} />
            </span>
            <span className="number">
              <span className="hidden">{r.percent > 0 ? w.raises : w.lowers} </span>
              {r.percent > 0 ? '+' : '−'}
              {plain(Math.abs(r.percent), language, 1)} %
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Comparables({ price, language }: { price: Price; language: Language }) {
  const w = words[language];
  return (
    <>
      <h3>{w.comparables}</h3>
      <div className="scroll" role="region" aria-label={w.comparables} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">#</th>
              <th scope="col">{w.neighborhood}</th>
              <th scope="col" className="number">{w.area}</th>
              <th scope="col" className="number">{w.built}</th>
              <th scope="col" className="number">{w.sold}</th>
            </tr>
          </thead>
          <tbody>
            {price.comparables.map((s, i) => (
              <tr key={`${s.latitude},${s.longitude},${s.price}`}>
                <td>{i + 1}</td>
                <td>{spelled(s.neighborhood)}</td>
                <td className="number">{plain(s.living_area, language)}</td>
                <td className="number">{s.year_built}</td>
                <td className="number">
                  {money(s.price, language)} <span className="hint year">{s.year_sold}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
