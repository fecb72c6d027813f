// The client page's words. It is small enough to carry its own.
import { currentLocale } from '../format/format';

const en = {
  pageTitle: (title: string) => `${title}: your estimate`,
  yourEstimate: 'Your estimate',
  intro: 'Change anything below: the estimate follows.',
  between: (low: string, high: string, times: string) => `between ${low} and ${high}, ${times}`,
  oneOf: (list: string, times: string) => `Likely one of: ${list} (${times}).`,
  alone: (name: string, times: string) => `Likely “${name}” and no other (${times}).`,
  anyOf: (times: string) => `It could be any of them: none can be ruled out (${times}).`,
  noneLikely: 'No answer is likely enough: this is unlike our data.',
  outOfTen: (n: number) => `${n} times out of 10`,
  outOfHundred: (n: number) => `${n} times out of 100`,
  up: 'What raises it',
  down: 'What lowers it',
  howLikely: 'How likely each answer is',
  decides: 'The model chooses; it does not say how likely its choice is.',
  noAnswer: 'The model has no answer to this: nothing in its data is like it.',
  upFor: (name: string) => `What speaks for “${name}”`,
  downFor: (name: string) => `What speaks against “${name}”`,
  baseFor: (name: string, value: string) => `Compared with ${value} for “${name}”, the middle of our data.`,
  base: (value: string) => `Compared with ${value}, the middle of our data.`,
  emptyFor: (name: string, value: string) => `Compared with ${value} for “${name}” when nothing is written.`,
  empty: (value: string) => `Compared with ${value} when nothing is written.`,
  quoted: (word: string) => `“${word}”`,
  sharedBy: {
    chained: 'Several models were joined for this: the parts add up exactly, how they are shared is approximate.',
    sampled:
      'Found by comparing with some typical cases: the parts add up exactly, how they are shared is approximate.',
  },
  rest: (n: number) => (n === 1 ? 'one other detail' : `${n} other details`),
  notices: 'Good to know',
  imputed: (n: number) =>
    n === 1
      ? 'One detail was not given: the model assumes what is usual.'
      : `${n} details were not given: the model assumes what is usual.`,
  rare: (low: string, high: string) => `unusual; 98 cases out of 100 lie between ${low} and ${high}.`,
  unseen: (low: string, high: string) =>
    `unlike all our data, which lies between ${low} and ${high}. Take the estimate with caution.`,
  unknownLevel: 'our data has none of this kind, so the estimate takes no account of it.',
  more: (n: number) => `More details (${n})`,
  unknown: 'Not known',
  range: (low: string, high: string) => `usually ${low} to ${high}`,
  model: (version: number, date: string) => `Model version ${version}, ${date}.`,
  measured: (level: string, coverage: string, n: string) =>
    `Checked on ${n} cases it had never seen: its ${level} ranges held ${coverage} of them.`,
  measuredSets: (level: string, coverage: string, n: string) =>
    `Checked on ${n} cases it had never seen: what it calls likely at ${level} held the true answer in ${coverage} of them.`,
  loading: 'Loading',
  gone: 'There is no estimate here',
  goneAbout: 'The address may be mistyped, or this estimate is not open to the public.',
  unreachable: 'No answer from the server. Your entries are kept; the estimate comes back with the connection.',
  correct: 'Correct the marked fields to see the estimate.',
  limited: 'Too many questions at once. The estimate follows in a moment.',
  reset: 'Start again',
  share: 'Copy a link to this estimate',
  shared: 'Link copied',
  print: 'Print',
  search: 'Type to search',
  noMatch: 'Nothing found',
  yes: 'Yes',
  no: 'No',
  none: 'None',
  slider: (label: string) => `${label}, slider`,
  other: 'Français',
  skip: 'Skip to the estimate',
};

export type Words = typeof en;

const fr: Words = {
  pageTitle: title => `${title} : votre estimation`,
  yourEstimate: 'Votre estimation',
  intro: 'Changez ce que vous voulez ci-dessous : l’estimation suit.',
  between: (low, high, times) => `entre ${low} et ${high}, ${times}`,
  oneOf: (list, times) => `Sans doute l’une de ces réponses : ${list} (${times}).`,
  alone: (name, times) => `Sans doute « ${name} », et rien d’autre (${times}).`,
  anyOf: times => `Ce peut être n’importe laquelle : aucune n’est à écarter (${times}).`,
  noneLikely: 'Aucune réponse n’est assez probable : cela ne ressemble pas à nos données.',
  outOfTen: n => `${n} fois sur 10`,
  outOfHundred: n => `${n} fois sur 100`,
  up: 'Ce qui l’augmente',
  down: 'Ce qui la diminue',
  howLikely: 'La probabilité de chaque réponse',
  decides: 'Le modèle choisit ; il ne dit pas si son choix est probable.',
  noAnswer: 'Le modèle n’a pas de réponse : rien dans ses données ne ressemble à cela.',
  upFor: name => `Ce qui parle pour « ${name} »`,
  downFor: name => `Ce qui parle contre « ${name} »`,
  baseFor: (name, value) => `Par rapport à ${value} pour « ${name} », le milieu de nos données.`,
  base: value => `Par rapport à ${value}, le milieu de nos données.`,
  emptyFor: (name, value) => `Par rapport à ${value} pour « ${name} » quand rien n’est écrit.`,
  empty: value => `Par rapport à ${value} quand rien n’est écrit.`,
  quoted: word => `« ${word} »`,
  sharedBy: {
    chained: 'Plusieurs modèles ont été réunis : les parts s’additionnent exactement, leur répartition est approchée.',
    sampled:
      'Trouvé en comparant avec des cas typiques : les parts s’additionnent exactement, leur répartition est approchée.',
  },
  rest: n => (n === 1 ? 'un autre détail' : `${n} autres détails`),
  notices: 'Bon à savoir',
  imputed: n =>
    n === 1
      ? 'Un détail n’a pas été donné : le modèle suppose ce qui est courant.'
      : `${n} détails n’ont pas été donnés : le modèle suppose ce qui est courant.`,
  rare: (low, high) => `inhabituel ; 98 cas sur 100 sont entre ${low} et ${high}.`,
  unseen: (low, high) =>
    `différent de toutes nos données, qui vont de ${low} à ${high}. L’estimation est à prendre avec prudence.`,
  unknownLevel: 'nos données n’en contiennent pas de ce genre : l’estimation n’en tient pas compte.',
  more: n => `Plus de détails (${n})`,
  unknown: 'Inconnu',
  range: (low, high) => `d’ordinaire de ${low} à ${high}`,
  model: (version, date) => `Version ${version} du modèle, ${date}.`,
  measured: (level, coverage, n) =>
    `Vérifié sur ${n} cas jamais vus : ses fourchettes à ${level} en contenaient ${coverage}.`,
  measuredSets: (level, coverage, n) =>
    `Vérifié sur ${n} cas jamais vus : ce qu’il dit probable à ${level} contenait la vraie réponse dans ${coverage} d’entre eux.`,
  loading: 'Chargement',
  gone: 'Il n’y a pas d’estimation ici',
  goneAbout: 'L’adresse est peut-être mal saisie, ou cette estimation n’est pas publique.',
  unreachable: 'Le serveur ne répond pas. Vos réponses sont gardées ; l’estimation reviendra avec la connexion.',
  correct: 'Corrigez les champs signalés pour voir l’estimation.',
  limited: 'Trop de questions à la fois. L’estimation arrive dans un instant.',
  reset: 'Recommencer',
  share: 'Copier un lien vers cette estimation',
  shared: 'Lien copié',
  print: 'Imprimer',
  search: 'Tapez pour chercher',
  noMatch: 'Rien trouvé',
  yes: 'Oui',
  no: 'Non',
  none: 'Aucun',
  slider: label => `${label}, curseur`,
  other: 'English',
  skip: 'Aller à l’estimation',
};

export const words = { en, fr };

// odds says a level as people do: 0.9 is "9 times out of 10".
export function odds(w: Words, level: number): string {
  const tenths = level * 10;
  if (Math.abs(tenths - Math.round(tenths)) < 1e-9) return w.outOfTen(Math.round(tenths));
  return w.outOfHundred(Math.round(level * 100));
}

// lowerFirst puts a name into the middle of a sentence, unless it is an abbreviation.
export function lowerFirst(text: string): string {
  return /^[A-ZÀ-Ý]{2}/.test(text) ? text : text.charAt(0).toLocaleLowerCase(currentLocale()) + text.slice(1);
}
