import { z } from 'zod'

/** How something compares with what it was: `different` where it is neither, or where nobody can tell. */
export const Strictness = z.enum(['same', 'tighter', 'looser', 'different'])
export type Strictness = z.infer<typeof Strictness>

/** Whether more may leave: what cannot be told counts as that. */
export const mayLoosen = (strictness: Strictness): boolean => strictness === 'looser' || strictness === 'different'

/** What several changes are together. */
export function joined(parts: readonly Strictness[]): Strictness {
  const [first = 'same', ...others] = new Set(parts.filter((part) => part !== 'same'))
  return others.length === 0 ? first : 'different'
}
