/** For what was read under the same lock, so that only a fault can have changed it; the job then writes nothing at all. */
export async function must(isWon: Promise<boolean>, what: string): Promise<void> {
  if (!(await isWon)) throw new Error(`${what} is not what it was a moment ago`)
}
