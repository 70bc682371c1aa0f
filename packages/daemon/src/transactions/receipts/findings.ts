/** What a receipt proved, in sentences for people. */
export type Findings = {
  readonly proven: readonly string[]
  /** What only the daemon's signed word stands for. */
  readonly word: readonly string[]
  /** What a whole receipt proves and this one does not. */
  readonly missing: readonly string[]
  /** What contradicts something else, or the key. */
  readonly faults: readonly string[]
}

/** No finding yet. */
export const nothing: Findings = { proven: [], word: [], missing: [], faults: [] }
export const proven = (...proven: string[]): Findings => ({ ...nothing, proven })
export const word = (...word: string[]): Findings => ({ ...nothing, word })
export const missing = (...missing: string[]): Findings => ({ ...nothing, missing })
export const faults = (...faults: readonly string[]): Findings => ({ ...nothing, faults })

/** Findings one after the other, each once. */
export function joined(...all: readonly Findings[]): Findings {
  const each = (name: keyof Findings) => [...new Set(all.flatMap((one) => one[name]))]
  return { proven: each('proven'), word: each('word'), missing: each('missing'), faults: each('faults') }
}

/** Faults for what is not so; `what` is said where all is. */
export function checked(what: string, checks: Readonly<Record<string, boolean>>): Findings {
  const wrong = Object.entries(checks).flatMap(([fault, isRight]) => (isRight ? [] : [fault]))
  return wrong.length > 0 ? faults(...wrong) : proven(what)
}
