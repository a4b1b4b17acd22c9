/** Names that the platform gives to columns of its own. */
const ofThePlatform = new Set(['ingest_date']);
const spelledOut: Readonly<Record<string, string>> = {
  ä: 'ae',
  ö: 'oe',
  ü: 'ue',
  ß: 'ss',
  æ: 'ae',
  ø: 'o',
  œ: 'oe',
  ł: 'l',
};

/** A delivered name as a table's: small letters and figures, words apart. */
export function tableName(name: string): string {
  const plain = name
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1_$2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
    .replace(/[äöüßæøœł]/g, (letter) => spelledOut[letter] ?? letter)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  if (plain === '') return 'column';
  return /^\d/.test(plain) ? `column_${plain}` : plain;
}

/** For each delivered name that of its column, each another one. */
export function columnNames(delivered: readonly string[]): Map<string, string> {
  const taken = new Set<string>(ofThePlatform);
  const names = new Map<string, string>();
  // Those that are as they come go first, so that no other takes their name.
  const asTheyCome = delivered.filter((name) => tableName(name) === name);
  for (const name of [...asTheyCome, ...delivered.filter((each) => !asTheyCome.includes(each))]) {
    const wanted = tableName(name);
    let free = ofThePlatform.has(wanted) ? `source_${wanted}` : wanted;
    for (let count = 2; taken.has(free); count += 1) free = `${wanted}_${count}`;
    taken.add(free);
    names.set(name, free);
  }
  return new Map(delivered.map((name) => [name, names.get(name) ?? name]));
}

/** What a table is called by the name of a file: without its ending, and without what tells its day or its place in a row. */
export function tableOfFile(file: string): string {
  const base = file
    .replace(/^.*[/\\]/, '')
    .replace(/\.gz$/i, '')
    .replace(/\.[^.]+$/, '');
  const undated = base.replace(/(^|[-_. ])(part[-_]?)?\d[\d\-_.TZ]*(?=$|[-_. ])/gi, '');
  return tableName(undated === '' ? base : undated)
    .slice(0, 35)
    .replace(/_+$/, '');
}
