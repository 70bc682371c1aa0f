import { operations, plainIssue } from '@waiaas/contract'
import { connectReader } from '../api.ts'
import { UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags, timeFlag } from '../flags.ts'
import { writeNewFile } from '../new-file.ts'
import { pathOf } from '../place.ts'
import { print, printJson } from '../terminal.ts'
import { TIME_HELP } from '../times.ts'

export const usage = `usage: waiaas tx export --output <file> [flags]
Exports what has left wallets as CSV for a spreadsheet, newest first: payments, deposits and fees, each with its dollars
when it was decided on.
  --output <file>         the file
  --wallet-id <wallet>    those of one wallet, by its id or name
  --network <network>     those on one network
  --label <name:value>    those with this label
  --since <time>          made then or later
  --until <time>          made then or earlier
${daemonFlagsHelp}
  <time>                  ${TIME_HELP}`

const PAGE = 500

export async function run(argv: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const
  const { values } = readFlags(argv, usage, {
    ...daemonFlags,
    output: text,
    ...{ 'wallet-id': text, network: text, label: text, since: text, until: text },
  })
  if (values.output === undefined) throw new UsageError('expected --output', usage)
  const output = pathOf('--output', values.output)
  const filters = readFilters(values)
  const api = await connectReader(values)
  let movements = 0
  await writeNewFile(
    output,
    (async function* () {
      let cursor: string | null | undefined
      do {
        const page = await api.exportTransactions({ ...filters, limit: PAGE, ...(cursor && { cursor }) })
        if (cursor === undefined) yield page.header
        movements += page.movements
        yield page.csv
        cursor = page.nextCursor
      } while (cursor !== null)
    })(),
  )
  if (values.json) printJson({ output, movements })
  else print(`${movements} movements are in ${output}`)
  return 0
}

type Flags = { readonly [Name in 'wallet-id' | 'network' | 'label' | 'since' | 'until']?: string | undefined }

/** As the operation takes them; UsageError names what it does not take. */
function readFilters(flags: Flags) {
  const { 'wallet-id': wallet_id, since, until, ...others } = flags
  const given = {
    ...(wallet_id !== undefined && { wallet_id }),
    ...(others.network !== undefined && { network: others.network }),
    ...(others.label !== undefined && { label: others.label }),
    ...(since !== undefined && { since: timeFlag('--since', since, usage) }),
    ...(until !== undefined && { until: timeFlag('--until', until, usage) }),
  }
  const issue = operations.exportTransactions.input.safeParse(given, { error: plainIssue }).error?.issues[0]
  if (issue) throw new UsageError(`--${String(issue.path[0]).replace('_', '-')}: ${issue.message}`, usage)
  return given
}
