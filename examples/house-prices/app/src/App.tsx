import { useEffect, useState } from 'react';
import * as api from './api';
import { Answer } from './Answer';
import { Form } from './Form';
import { TownMap } from './TownMap';
import { usePrice } from './usePrice';
import { firstLanguage, type Language, words } from './words';

export function App() {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const [house, setHouse] = useState<api.House>({ neighborhood: '' });
  const [places, setPlaces] = useState<api.Place[]>([]);
  const [points, setPoints] = useState<api.Point[]>([]);
  const [noMap, setNoMap] = useState(false);
  const quote = usePrice(house);
  const w = words[language];

  useEffect(() => {
    document.documentElement.lang = language;
    document.title = words[language].title;
  }, [language]);

  useEffect(() => {
    Promise.all([api.places(), api.sales()]).then(
      ([allPlaces, allPoints]) => {
        setPlaces(allPlaces);
        setPoints(allPoints);
      },
      () => setNoMap(true),
    );
  }, []);

  return (
    <>
      <header>
        <div>
          <h1>{w.title}</h1>
          <p>{w.lead}</p>
        </div>
        <button type="button" className="quiet" lang={language === 'en' ? 'fr' : 'en'} onClick={() => setLanguage(language === 'en' ? 'fr' : 'en')}>
          {w.language}
        </button>
      </header>
      <main>
        <Form house={house} setHouse={setHouse} places={places} wrong={quote.wrong} language={language} />
        <Answer quote={quote} house={house} language={language} />
        <TownMap
          places={places}
          points={points}
          failed={noMap}
          comparables={quote.price?.comparables ?? []}
          chosen={house.neighborhood}
          choose={neighborhood => setHouse({ ...house, neighborhood })}
          language={language}
        />
      </main>
    </>
  );
}
