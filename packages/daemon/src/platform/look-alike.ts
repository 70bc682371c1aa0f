/**
 * What looks like a letter of the Latin alphabet, in lower case: of Cyrillic, Greek and Armenian, digits and signs. A few of
 * the table at https://www.unicode.org/Public/security/latest/confusables.txt: those that names of tokens are made of.
 */
const LIKE: Readonly<Record<string, string>> = {
  a: 'аαɑ@',
  b: 'вьβ8',
  c: 'сϲ¢ⅽ',
  d: 'ԁⅾ',
  e: 'еєε3€',
  f: 'ƒ',
  g: 'ɡ9',
  h: 'нһհ',
  j: 'јϳ',
  k: 'кκ',
  l: 'іi1|!ι¡ӏ',
  m: 'мμⅿ',
  n: 'пηո',
  o: 'оο0օσ',
  p: 'рρ',
  q: 'ԛ',
  r: 'гɼ',
  s: 'ѕ5ʂ',
  t: 'тτ₮7',
  u: 'υսц',
  v: 'ѵν',
  w: 'ԝωш',
  x: 'хχ×',
  y: 'уγү',
  z: 'ᴢζ2',
}
/** Capitals that look like other letters than their small forms do. */
const CAPITALS: Readonly<Record<string, string>> = {
  b: 'ΒВ',
  h: 'ΗН',
  n: 'Ν',
  p: 'ΡР',
  x: 'ΧХ',
  y: 'ΥУ',
  c: 'С',
  m: 'ΜМ',
  t: 'ΤТ',
}
const LATIN = new Map(
  [...Object.entries(LIKE), ...Object.entries(CAPITALS)].flatMap(([letter, all]) =>
    [...all].map((one) => [one, letter] as const),
  ),
)
const latin = (letter: string): string => LATIN.get(letter) ?? letter

/** What is left of a name for whoever looks at it in passing: no case, no accents, no signs between, one letter for all that look alike. */
export function seenAs(name: string): string {
  const capitals = [...name.normalize('NFKD')].map(latin).join('')
  const letters = [...capitals.toLowerCase().normalize('NFKD')].map(latin)
  return letters
    .filter((one) => /[\p{Letter}\p{Number}]/u.test(one))
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
}
