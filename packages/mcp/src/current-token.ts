import type { Environment } from './environment.ts'
import { findTokens, type Token } from './token.ts'

export type Sources = Pick<Environment, 'tokenFiles' | 'token'>
export type CurrentToken = ReturnType<typeof currentToken>

type TokenParts = { readonly sources: Sources; readonly now: () => number; readonly onAdopt: (token: Token) => void }

/** The token of this process, and where it looks for another. */
export function currentToken({ sources, now, onAdopt }: TokenParts) {
  let current: Token | undefined
  /** Replaced or refused, so not to be taken again from where it still stands. */
  const spent = new Set<string>()

  function adopt(token: Token): void {
    current = token
    onAdopt(token)
  }

  return {
    get: (): Token | undefined => current,
    isUsable: (): boolean => current !== undefined && !spent.has(current.text),
    adopt,
    spend: (text: string): void => void spent.add(text),
    /** Takes another token than the current one, that somebody has written meanwhile; false when there is none. */
    async seek(): Promise<boolean> {
      const tokens = await findTokens(sources, now())
      const next = tokens.find(({ text }) => !spent.has(text))
      if (!next || next.text === current?.text) return false
      adopt(next)
      return true
    },
  }
}
