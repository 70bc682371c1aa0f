/** Calls of one caller that run at once, alone and beside others that call too. */
const ALONE = 256
const BESIDE = 2
/** Who has called within this counts as another. */
const RECENT_MS = 10_000
/** A call that takes longer waits for something else than this process, and keeps the next one no longer. */
const PATIENCE_MS = 250

type Line = { running: number; waiting: (() => void)[]; lastAt: number }
export type Turns = {
  /** Resolves when a call of this caller may run; the function says that it is over. */
  take(name: string): Promise<() => void>
}

/** So that a caller who asks for much at once keeps others waiting for a few calls and not for all of them. */
export function turns(monotonic: () => number): Turns {
  const lines = new Map<string, Line>()

  function lineOf(name: string): Line {
    const now = monotonic()
    const line = lines.get(name) ?? { running: 0, waiting: [], lastAt: now }
    line.lastAt = now
    // Deleting first keeps the map in order of last use.
    lines.delete(name)
    lines.set(name, line)
    for (const [other, { running, waiting, lastAt }] of lines) {
      if (now - lastAt < RECENT_MS) break
      if (running + waiting.length === 0) lines.delete(other)
    }
    return line
  }

  const most = () => (lines.size > 1 ? BESIDE : ALONE)

  function begin(line: Line): () => void {
    line.running++
    let isOver = false
    const leave = () => {
      if (isOver) return
      isOver = true
      clearTimeout(patience)
      line.running--
      if (line.running < most()) line.waiting.shift()?.()
    }
    const patience = setTimeout(leave, PATIENCE_MS).unref()
    return leave
  }

  return {
    async take(name) {
      const line = lineOf(name)
      if (line.running >= most()) await new Promise<void>((resolve) => line.waiting.push(resolve))
      return begin(line)
    },
  }
}
