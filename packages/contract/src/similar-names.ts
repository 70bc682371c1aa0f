/** What follows the word that nobody knows, in an error: " (did you mean limit?)", or nothing where no known one is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  // Longer than any name: not worth comparing.
  const near = name.length > 100 ? [] : similarNames(name, known)
  return near.length > 0 ? ` (did you mean ${near.join(' or ')}?)` : ''
}

/** Up to three of the known names that are most like a mistyped one, nearest first. */
function similarNames(name: string, known: readonly string[]): string[] {
  const most = Math.max(2, Math.floor(name.length / 4))
  return known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** Levenshtein: letters to insert, delete or replace. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
