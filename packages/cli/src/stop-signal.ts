/**
 * Resolves at the first SIGTERM or SIGINT. Later ones are heard and change nothing: Ctrl-C at a terminal reaches
 * this process once from the terminal and once more from npm or the launcher, and must not cut the orderly stop short.
 */
export function stopSignal(): Promise<'stopped'> {
  const asked = Promise.withResolvers<'stopped'>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => asked.resolve('stopped'))
  return asked.promise
}
