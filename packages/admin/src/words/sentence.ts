/** What the daemon says in passing, as a person writes it: dollars to the cent, and a full stop at its end. */
export const sentence = (text: string): string => {
  const begun = text.charAt(0).toUpperCase() + text.slice(1)
  const said = begun.replaceAll(/(?<![\d.,])\d+(\.\d+)?(?= USD)/g, (dollars) =>
    dollars.length < 4 ? dollars : cents(dollars),
  )
  return /[.!?]$/.test(said) ? said : `${said}.`
}

/** Digits in groups, and cents where there are any. Of what is less than a cent all is shown. */
export function cents(dollars: string): string {
  const [whole = '0', part] = dollars.split('.')
  const groups = whole.replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',')
  if (part === undefined) return groups
  const isLess = /^0*$/.test(whole) && /^00/.test(part)
  return `${groups}.${isLess ? part : part.padEnd(2, '0').slice(0, 2)}`
}
