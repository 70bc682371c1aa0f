import type { AllOperations, Contact, Operation } from '@waiaas/contract'
import { type WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { CommandError } from './errors.ts'
import { plainText, printable } from './table.ts'
import { askText, canAsk } from './terminal.ts'
import { holdingsText } from './views.ts'

type Input = Record<string, unknown>

/** Networks that do not answer are not waited for. */
const BALANCE_MS = 10_000

/** Fails where nobody can be asked and nobody has said yes before. */
export function requireConsent(command: string, { destroys }: Operation, isSure: boolean): void {
  if (destroys === undefined || isSure || canAsk()) return
  throw new CommandError(`${command} asks before it goes on, and there is no terminal to ask at`, 'give --yes')
}

/** Shows what would be gone for good, and goes on with a yes alone. */
export async function askConsent(op: Operation, name: keyof AllOperations, asked: { api: WAIaaSClient; input: Input }) {
  const { api, input } = asked
  const subject = (await subjects[name]?.(api, input)) ?? plainText(input)
  const answer = await askText(`${subject}\n${op.destroys}\nType yes to go on: `)
  if (answer.trim().toLowerCase() !== 'yes') throw new CommandError('nothing was changed')
}

/** What a person is asked about, by the operation that destroys it. */
const subjects: { readonly [Name in keyof AllOperations]?: (api: WAIaaSClient, input: Input) => Promise<string> } = {
  terminateWallet: wallet,
  purgeWallet: wallet,
  async changeContact(api, { name, address }) {
    const contact = await api.showContact({ name: String(name) })
    return printable(`contact ${contact.name}, now ${listed(contact)}; the new address is ${address}`)
  },
  async removeContact(api, { name }) {
    const contact = await api.showContact({ name: String(name) })
    return printable(`contact ${contact.name}, ${listed(contact)}`)
  },
  async deletePolicy(api, { id }) {
    const { type, walletId, network, rules } = await api.getPolicy({ id: String(id) })
    const of = walletId === null ? 'each wallet' : `wallet "${(await api.getWallet({ id: walletId })).name}"`
    return printable(`${type} of ${of} on ${network ?? 'every network'}: ${JSON.stringify(rules)}`)
  },
}

const listed = ({ addresses }: { addresses: readonly Contact[] }): string =>
  addresses.map(({ chain, address }) => `${address} on ${chain}`).join(' and ')

async function wallet(api: WAIaaSClient, { id }: Input): Promise<string> {
  const { name, chain, environment, publicKey, ...found } = await api.getWallet({ id: String(id) })
  const what = `wallet "${name}" (${chain} ${environment}), ${publicKey}`
  return `${printable(what)}\n${await held(api, found.id)}`
}

async function held(api: WAIaaSClient, id: string): Promise<string> {
  try {
    const { balances } = await api.adminGetWalletBalance({ id }, { signal: AbortSignal.timeout(BALANCE_MS) })
    return holdingsText({ balances })
  } catch (error) {
    if (!(error instanceof WAIaaSError)) throw error
    return printable(`what it holds is not known: ${error.message}`)
  }
}
