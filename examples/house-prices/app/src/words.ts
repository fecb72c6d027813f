// Every word of the app, in English and in French, and how each writes numbers.
export type Language = 'en' | 'fr';

const en = {
  title: 'What is your house worth?',
  lead: 'What it would have sold for in Ames, Iowa, between 2006 and 2010. The price changes as you type.',
  language: 'Français',
  house: 'Your house',
  more: 'More about the house',
  neighborhood: 'Neighborhood',
  choose: 'Choose one, or click on the map',
  living_area: 'Living area above ground (sq ft)',
  year_built: 'Year built',
  remodelled: 'Year of last remodelling',
  condition: 'Condition',
  lot_area: 'Lot area (sq ft)',
  basement_area: 'Basement area (sq ft)',
  bedrooms: 'Bedrooms',
  bathrooms: 'Full bathrooms',
  garage_cars: 'Cars in the garage',
  fireplaces: 'Fireplaces',
  central_air: 'Central air conditioning',
  unknown: 'I do not know',
  yes: 'Yes',
  no: 'No',
  waiting: 'Choose a neighborhood, an area and a year to see a price.',
  price: 'Estimated price',
  range: (low: string, high: string, times: string) => `Between ${low} and ${high}, ${times} times out of 10`,
  reasons: 'What makes this price',
  reasonsAbout: 'Compared with a typical house in Ames.',
  raises: 'raises it by',
  lowers: 'lowers it by',
  advice_valuer: 'This range is wide: let a valuer see the house before you decide.',
  advice_unusual: 'There are few houses like this in our data:',
  comparables: 'Sales that compare',
  sold: 'Sold',
  area: 'Area',
  built: 'Built',
  map: 'The neighborhoods of Ames',
  mapAbout: 'Each dot is a sale; the stronger its colour, the dearer. Numbers are the sales that compare.',
  median: 'median',
  trouble: 'The price cannot be worked out just now. It is tried again as soon as you change something.',
  retry: 'Try again',
  noMap: 'The map cannot be loaded.',
  version: (model: string, version: number) => `Answered by ${model}, version ${version}`,
  number: 'Please enter a number.',
};

export type Words = typeof en;

const fr: Words = {
  title: 'Combien vaut votre maison ?',
  lead: 'Ce qu’elle se serait vendue à Ames, dans l’Iowa, entre 2006 et 2010. Le prix change à mesure que vous écrivez.',
  language: 'English',
  house: 'Votre maison',
  more: 'En dire plus',
  neighborhood: 'Quartier',
  choose: 'Choisissez-le ici ou sur la carte',
  living_area: 'Surface habitable hors sous-sol (pieds carrés)',
  year_built: 'Année de construction',
  remodelled: 'Année de la dernière rénovation',
  condition: 'État',
  lot_area: 'Surface du terrain (pieds carrés)',
  basement_area: 'Surface du sous-sol (pieds carrés)',
  bedrooms: 'Chambres',
  bathrooms: 'Salles de bains complètes',
  garage_cars: 'Voitures au garage',
  fireplaces: 'Cheminées',
  central_air: 'Climatisation centrale',
  unknown: 'Je ne sais pas',
  yes: 'Oui',
  no: 'Non',
  waiting: 'Choisissez un quartier, une surface et une année pour voir un prix.',
  price: 'Prix estimé',
  range: (low, high, times) => `Entre ${low} et ${high}, ${times} fois sur 10`,
  reasons: 'Ce qui fait ce prix',
  reasonsAbout: 'Par rapport à une maison courante d’Ames.',
  raises: 'l’augmente de',
  lowers: 'le diminue de',
  advice_valuer: 'La fourchette est large : faites visiter la maison par un expert avant de décider.',
  advice_unusual: 'Peu de maisons semblables dans nos données :',
  comparables: 'Ventes comparables',
  sold: 'Vente',
  area: 'Surface',
  built: 'Bâtie',
  map: 'Les quartiers d’Ames',
  mapAbout: 'Chaque point est une vente ; plus sa couleur est forte, plus elle est chère. Les numéros sont les ventes comparables.',
  median: 'médiane',
  trouble: 'Le prix ne peut pas être calculé pour l’instant. Nouvel essai dès que vous changez quelque chose.',
  retry: 'Réessayer',
  noMap: 'La carte ne peut pas être chargée.',
  version: (model, version) => `Réponse de ${model}, version ${version}`,
  number: 'Veuillez saisir un nombre.',
};

export const words: Record<Language, Words> = { en, fr };

// short is a field's label without its unit.
export const short = (w: Words, field: string) => String(w[field as keyof Words]).replace(/ \([^)]*\)$/, '');

// The words of the data, where plain spelling is not enough.
const conditions: Record<string, string> = {
  Very_Poor: 'Très mauvais', Poor: 'Mauvais', Fair: 'Médiocre', Below_Average: 'Inférieur à la moyenne', Average: 'Moyen',
  Above_Average: 'Supérieur à la moyenne', Good: 'Bon', Very_Good: 'Très bon', Excellent: 'Excellent',
};
export const conditionNames = Object.keys(conditions);
export const spelled = (name: string) => name.replaceAll('_', ' ');
export const conditionName = (name: string, language: Language) =>
  language === 'fr' ? (conditions[name] ?? spelled(name)) : spelled(name);

export const money = (amount: number, language: Language) =>
  new Intl.NumberFormat(language === 'fr' ? 'fr-FR' : 'en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 }).format(amount);
export const plain = (n: number, language: Language, digits = 0) =>
  new Intl.NumberFormat(language === 'fr' ? 'fr-FR' : 'en-US', { maximumFractionDigits: digits }).format(n);

export function firstLanguage(): Language {
  const kept = new URLSearchParams(location.search).get('lang') ?? navigator.language;
  return kept.toLowerCase().startsWith('fr') ? 'fr' : 'en';
}
