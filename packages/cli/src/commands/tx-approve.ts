import { isIdText } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { connectReader } from '../api.ts'
import { columns } from '../columns.ts'
import { type Derived, derivedCommands, derivedUsage, runDerived } from '../derived.ts'
import { CommandError, UsageError } from '../errors.ts'
import { daemonFlags, readFlags } from '../flags.ts'
import { plainText } from '../table.ts'
import { askText, canAsk, note, print, printJson } from '../terminal.ts'
import { views } from '../views.ts'

const approve = (): Derived => derivedCommands().find(({ operation }) => operation === 'adminApproveTransaction')!

export const usage = `${derivedUsage(approve())}
  --yes                   do not ask
Shows the card of what waits, and asks. Without an id it lists all that waits.`

/** Shows what waits, and lets it go on with a yes alone. */
export async function run(argv: readonly string[]): Promise<number> {
  const [first] = argv
  const hasId = argv.some((word) => isIdText(word) || flagIn(word) === '--id')
  if (!hasId && (first === undefined || first.startsWith('-'))) return list(argv)
  const isSure = argv.includes('--yes')
  await runDerived(
    approve(),
    argv.filter((word) => word !== '--yes'),
    (api, input) => asked(api, input, isSure),
  )
  return 0
}

/** With the code of the card that was shown: nothing else is approved. */
async function asked(api: WAIaaSClient, input: Record<string, unknown>, isSure: boolean) {
  if (!isSure && !canAsk())
    throw new CommandError('tx approve shows a card and asks, and there is no terminal to ask at', 'give --yes')
  const card = await api.getCard({ id: String(input.id) })
  if (isSure) return { code: card.code, ...input }
  const answer = await askText(`${views.getCard!(card)}\nType yes to approve it: `)
  if (answer.trim().toLowerCase() !== 'yes') throw new CommandError('nothing was approved')
  return { code: card.code, ...input, id: card.id }
}

async function list(argv: readonly string[]): Promise<number> {
  const flag = argv.map(flagIn).find((name) => answering().has(name))
  if (flag) throw new UsageError(`expected an id before ${flag}; waiaas tx approve alone lists what waits`, usage)
  const { values } = readFlags(argv, usage, daemonFlags)
  const api = await connectReader(values)
  const page = await api.listWaiting({ limit: 100 })
  if (values.json) {
    printJson(page)
    return 0
  }
  print(plainText(page, columns.listWaiting))
  if (page.items.length > 0) note('waiaas tx approve <id> shows one, and asks')
  return 0
}

const flagIn = (word: string): string => word.split('=')[0]!
/** The flags that go with an answer, and so with an id. */
const answering = () => new Set(['--yes', ...approve().flags.map(({ name }) => name)])
