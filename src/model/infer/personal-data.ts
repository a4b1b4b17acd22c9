/** What kinds of personal data a text can be by itself. */
export type PersonalData = 'an e-mail address' | 'a phone number' | 'an IBAN';

/** @returns what a text is, for sure or as good as */
export function personalDataIn(text: string): PersonalData | undefined {
  if (text.length < 7 || text.length > 254) return undefined;
  if (text.includes('@'))
    return /^[^\s@]+@[^\s@]+\.[^\s@.]{2,}$/.test(text) ? 'an e-mail address' : undefined;
  if (/^[A-Z]{2}\d{2}/.test(text)) return isIban(text.replaceAll(' ', '')) ? 'an IBAN' : undefined;
  return /^(?:\+|00)[1-9][\d ()/.-]{6,20}$/.test(text) || /^\(?0\d{2,4}\)?[ /-]\d[\d -]{4,12}$/.test(text)
    ? 'a phone number'
    : undefined;
}

/** An IBAN's own check: moved around and read as one number, it is 1 modulo 97. */
function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false;
  let rest = 0;
  for (const letter of text.slice(4) + text.slice(0, 4))
    for (const figure of parseInt(letter, 36).toString()) rest = (rest * 10 + Number(figure)) % 97;
  return rest === 1;
}

const names: readonly (readonly [RegExp, string])[] = [
  [/(^|_)(e_?mail|mail_address)(_|$)/, 'an e-mail address'],
  [/(^|_)(tele)?(phone|fon|tel|mobile|cell|cellphone|handy|fax)(_|$)/, 'a phone number'],
  [/(^|_)(birth(day|date)?|dob|date_of_birth|geburts?(tag|datum)?|geb_?datum)(_|$)/, 'a date of birth'],
  [/(^|_)(iban|bank_account|kontonummer|account_holder)(_|$)/, 'a bank account'],
  [
    /(^|_)((first|last|family|given|middle|full|maiden)_?name|surname|vorname|nachname)(_|$)/,
    "a person's name",
  ],
  [
    /(^|_)(street|strasse|postal_address|home_address|address(_line)?(_\d)?|adresse|anschrift)(_|$)/,
    'an address',
  ],
  [/(^|_)(passport|ssn|social_security|tax_id|steuer_id)(_|$)/, 'a number that the state gave a person'],
];

/** What a column's name says that it holds of persons, or undefined. */
export function personalDataNamed(column: string): string | undefined {
  return names.find(([pattern]) => pattern.test(column))?.[1];
}
