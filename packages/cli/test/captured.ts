import { runProgram } from '../src/program.ts'
import type { Ended } from './run.ts'

/** Runs a command line in this process, and gives what it wrote. */
export async function captured(argv: readonly string[]): Promise<Ended> {
  const text = { out: '', err: '' }
  const { stdout, stderr } = process
  const before = [stdout.write, stderr.write] as const
  const into = (stream: 'out' | 'err') =>
    ((chunk: string) => {
      text[stream] += chunk
      return true
    }) as typeof stdout.write
  stdout.write = into('out')
  stderr.write = into('err')
  try {
    return { code: await runProgram(argv), ...text }
  } finally {
    ;[stdout.write, stderr.write] = before
  }
}
