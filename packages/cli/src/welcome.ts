import type { Daemon } from '@waiaas/daemon'

/** What a person who has started the daemon at a terminal should know: where it is, and what to do next. */
export const welcome = ({ url }: Pick<Daemon, 'url'>, dataDir: string): string => `
WAIaaS runs at ${url} and keeps everything in ${dataDir}. Ctrl-C stops it.
In another terminal:
  npx --no waiaas wallet create --name shop   makes a wallet, and a session for your agent
  npx --no waiaas doctor                      says what to do before real money moves
  npx --no waiaas help                        lists all commands
${url}/reference describes the API. What happens is told below, a line each.
`
