import { readFileSync } from 'node:fs'
import { type AllOperations, isIdText, type Output, type OwnersAgreed, type OwnerWord } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { connectOperator, connectPublic, connectReaderAtHand } from '../api.ts'
import { CommandError, UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { idOf } from '../names.ts'
import { printable } from '../table.ts'
import { askText, canAsk, note, print, printJson } from '../terminal.ts'
import { agreedText } from '../views.ts'

/** Where a wallet has several owners: `signer` is whose text it is to be, `ownerId` whom it is about. */
type Given = {
  readonly api: WAIaaSClient
  readonly words: readonly string[]
  readonly signer?: string | undefined
  readonly ownerId?: string | undefined
  readonly view?: { view: string } | undefined
}
type Deed = {
  /** What it takes, in its usage. */
  readonly places: readonly string[]
  readonly summary: string
  /** The operator sends it, with the word of the owner; else the owner alone. */
  readonly withOperator?: true
  /** Everybody may have its text, which tells nothing; else it is for the owner and the operator. */
  readonly isOpen?: true
  ask(given: Given): Promise<{ message: string }>
  send(given: Given, owner: OwnerWord): Promise<object>
  /** What is said once it is done; or the field of the answer that is shown. */
  readonly done: string | { readonly field: string }
  /** What it says where other owners have to agree too. */
  readonly more?: (answer: never) => string | undefined
}

/** Undefined where enough have. */
const moreOf = (standing: OwnersAgreed): string | undefined =>
  standing.agreed.length < standing.needed ? agreedText(standing) : undefined

type Withdrawal = Output<AllOperations['withdrawWallet']>
/** What stays, and where nobody could look; undefined where all goes. */
function withdrawalText(results: Withdrawal['results'], unread: Withdrawal['unread']): string | undefined {
  const stays = results.flatMap(({ network, asset, error }) =>
    error === undefined ? [] : [`${network}: ${asset} stays: ${error}`],
  )
  const silent = unread.map(({ network }) => network).join(', ')
  const unknown = silent === '' ? [] : [`${silent} did not answer: what is there stays; withdraw again once they do`]
  if (stays.length + unknown.length === 0) return undefined
  const first = 'the rest goes to the address of the owner, native currency last'
  return [first, ...stays, ...unknown].map(printable).join('\n')
}

const [TRANSACTION, WALLET] = ['transaction id', 'wallet id']
/** What is looked up by name or short id where the operator is at hand. */
const nouns: Readonly<Record<string, string>> = { [TRANSACTION]: 'tx', [WALLET]: 'wallet' }

/** What an owner signs, by the name of its command. */
const deeds = {
  'owner view': {
    places: ['owner address'],
    isOpen: true,
    summary: 'Get a token to look with, as an owner, for ten minutes: --view takes it.',
    ask: ({ api, words: [address = ''] }) => api.getViewChallenge({ address }),
    send: ({ api }, owner) => api.startView({}, { owner }),
    done: { field: 'token' },
  },
  'wallet owner verify': {
    places: [WALLET],
    summary: 'Verify as the owner of a wallet, with a signature of the owner’s own wallet.',
    ask: ({ api, view, signer, words: [id = ''] }) => api.getOwnerChallenge({ id, action: 'verify', signer }, view),
    send: ({ api, words: [id = ''] }, owner) => api.verifyOwner({ id }, { owner }),
    done: 'the owner has verified, and approves from now on',
  },
  'wallet owner replace': {
    places: [WALLET, 'new owner'],
    summary: 'Name another owner of a wallet, with a signature of the one it has.',
    withOperator: true,
    ask: ({ api, view, signer, ownerId, words: [id = '', ownerAddress = ''] }) =>
      api.getOwnerChallenge({ id, action: 'replace', ownerAddress, ownerId, signer }, view),
    send: ({ api, ownerId, words: [id = '', ownerAddress = ''] }, owner) =>
      api.setOwner({ id, ownerAddress, ownerId }, { owner }),
    done: 'the new owner is named, and takes over once verified',
  },
  'wallet owner release': {
    places: [WALLET],
    summary: 'Remove the owner of a wallet, with a signature of that owner.',
    withOperator: true,
    ask: ({ api, view, signer, words: [id = ''] }) => api.getOwnerChallenge({ id, action: 'remove', signer }, view),
    send: ({ api, words: [id = ''] }, owner) => api.removeOwner({ id }, { owner }),
    done: 'the wallet has no owner any more, and the operator approves',
  },
  'owner add-wallet': {
    places: [WALLET, 'new wallet'],
    summary: 'Add another wallet of the owner of a wallet, with a signature of the one that the owner has.',
    ask: ({ api, view, signer, ownerId, words: [id = '', ownerAddress = ''] }) =>
      api.getOwnerChallenge({ id, action: 'add-credential', ownerAddress, ownerId, signer }, view),
    send: ({ api, ownerId, words: [id = '', ownerAddress = ''] }, owner) =>
      api.addOwnerWallet({ id, ownerAddress, ownerId }, { owner }),
    done: 'the new wallet is named, and signs for the owner once verified: waiaas wallet owner verify',
  },
  'owner approve': {
    places: [TRANSACTION],
    summary: 'Approve a transaction that waits, with a signature of the owner of its wallet.',
    ask: ({ api, view, signer, words: [id = ''] }) =>
      api.getTransactionChallenge({ id, decision: 'approve', signer }, view),
    send: ({ api, words: [id = ''] }, owner) => api.approveTransaction({ id }, { owner }),
    done: 'approved',
    more: ({ owners }: { owners?: OwnersAgreed }) => owners && moreOf(owners),
  },
  'owner reject': {
    places: [TRANSACTION],
    summary: 'Reject a transaction that waits, with a signature of the owner of its wallet.',
    ask: ({ api, view, signer, words: [id = ''] }) =>
      api.getTransactionChallenge({ id, decision: 'reject', signer }, view),
    send: ({ api, words: [id = ''] }, owner) => api.rejectTransaction({ id }, { owner }),
    done: 'rejected',
  },
  'owner agree': {
    places: ['consent id', WALLET],
    summary: 'Agree to what the operator asked for, with a signature of the owner of a wallet that it concerns.',
    ask: ({ api, view, signer, words: [id = '', walletId = ''] }) =>
      api.getConsentChallenge({ id, walletId, signer }, view),
    send: ({ api, words: [id = '', walletId = ''] }, owner) => api.giveConsent({ id, walletId }, { owner }),
    done: 'agreed; the operator makes the same call again once all owners have',
    more: ({ wallets }: { wallets: { owners: OwnersAgreed }[] }) =>
      wallets.map(({ owners }) => moreOf(owners)).find((text) => text !== undefined),
  },
  'owner withdraw': {
    places: [WALLET],
    summary: 'Take all that a wallet holds to the address of its owner, with a signature of that owner.',
    ask: ({ api, view, signer, words: [id = ''] }) => api.getWithdrawChallenge({ id, signer }, view),
    send: ({ api, words: [id = ''] }, owner) => api.withdrawWallet({ id }, { owner }),
    done: 'it goes to the address of the owner, native currency last',
    more: ({ results, unread }: Withdrawal) => withdrawalText(results, unread),
  },
  'owner stop': {
    places: [WALLET],
    summary: 'Stop everything, with a signature of the owner of a wallet.',
    isOpen: true,
    ask: ({ api, signer, words: [walletId = ''] }) =>
      api.getOwnerActionChallenge({ action: 'kill-switch', walletId, signer }),
    send: ({ api }, owner) => api.ownerKillSwitch({}, { owner }),
    done: 'everything has stopped',
  },
  'owner cut-off': {
    places: [WALLET, 'what signs no more'],
    summary:
      'Cut off a lost or stolen wallet or passkey of an owner, with a signature of itself or of another one of theirs.',
    isOpen: true,
    ask: ({ api, words: [walletId = '', credential = ''], signer = credential }) =>
      api.getOwnerActionChallenge({ action: 'cut-off', walletId, credential, signer }),
    send: ({ api, words: [walletId = '', credential = ''] }, owner) =>
      api.cutOffCredential({ walletId, credential }, { owner }),
    done: 'it is cut off',
    more: ({ wallets }: { wallets: { agrees: boolean }[] }) =>
      wallets.every(({ agrees }) => agrees)
        ? undefined
        : 'it is cut off. Nothing of this owner counts until the operator has taken it away: waiaas wallet owner show',
  },
  'owner cancel-recovery': {
    places: [WALLET],
    summary: 'Stop a recovery that goes on without the owners, with a signature of one of them.',
    isOpen: true,
    ask: ({ api, signer, words: [walletId = ''] }) =>
      api.getOwnerActionChallenge({ action: 'cancel-recovery', walletId, signer }),
    send: ({ api }, owner) => api.cancelRecovery({}, { owner }),
    done: 'the recovery has stopped',
  },
  'kill-switch unlock': {
    places: [WALLET],
    summary: 'Turn the kill switch of a locked daemon off, with a signature of the owner of a wallet.',
    isOpen: true,
    withOperator: true,
    ask: ({ api, signer, words: [walletId = ''] }) =>
      api.getOwnerActionChallenge({ action: 'recover', walletId, signer }),
    send: ({ api }, owner) => api.recoverKillSwitch({}, { owner }),
    done: 'the kill switch is off',
  },
} as const satisfies Record<string, Deed>

export type OwnerCommand = keyof typeof deeds
const AN_ID = '0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57'
const AN_ADDRESS = '0x00000000219ab540356cBB839Cbe05303d7705Fa'
/** What somebody could type in a place. */
const placed: Readonly<Record<string, string>> = {
  [WALLET]: 'shop',
  [TRANSACTION]: AN_ID,
  'consent id': AN_ID,
  'owner address': AN_ADDRESS,
  'new owner': AN_ADDRESS,
  'new wallet': AN_ADDRESS,
}

/** The commands, each with what it does. */
export const ownerCommands = Object.entries(deeds).map(([name, { summary, places }]) => ({
  name: name as OwnerCommand,
  summary,
  example: [name, ...places.map((place) => placed[place] ?? `<${place}>`)].join(' '),
}))

const options = {
  ...daemonFlags,
  message: { type: 'boolean' },
  'message-file': { type: 'string' },
  signature: { type: 'string' },
  view: { type: 'string' },
  signer: { type: 'string' },
  owner: { type: 'string' },
} as const

/** One command: it shows the text, takes its signature, and sends both. */
export function ownerCommand(name: OwnerCommand) {
  const deed: Deed = deeds[name]
  const usage = `usage: waiaas ${name} ${deed.places.map((place) => `<${place}>`).join(' ')} [flags]
${deed.summary}
Without flags the text is shown, and the signature asked for. Sign it as a personal message in the wallet of the owner.
  --signer <address>      whose text it is, where a wallet has several owners
  --owner <owner id>      whose place is taken, or whose wallet it is to be, where a wallet has several owners
  --message               print the text to be signed, and nothing else
  --message-file <file>   the text that was signed, as it was printed
  --signature <text>      its signature: 0x and hex, or base64
${deed.isOpen ? '' : '  --view <token>          what waiaas owner view gave, in place of the master password\n'}${daemonFlagsHelp}`
  return {
    usage,
    async run(argv: readonly string[]): Promise<number> {
      const { values, positionals } = readArguments(argv, usage, { options, places: deed.places.length })
      if (positionals.length < deed.places.length) throw new UsageError(`expected ${deed.places.join(' and ')}`, usage)
      const file = values['message-file']
      if ((file === undefined) !== (values.signature === undefined))
        throw new UsageError('expected --message-file together with --signature', usage)
      const view = values.view === undefined ? undefined : { view: values.view }
      const asksAsOperator = file === undefined && !deed.isOpen && !view
      const isOperator = asksAsOperator || deed.withOperator === true
      // Nobody is asked for the password twice.
      const operator = isOperator ? (await connectOperator(values)).api : undefined
      const words = await withIds(deed, positionals, operator ?? (() => connectReaderAtHand(values)))
      const given = async (asOperator: boolean) => {
        const api = (asOperator ? operator : undefined) ?? (await connectPublic(values))
        return { api, words, signer: values.signer, ownerId: values.owner }
      }
      const message =
        file === undefined
          ? (await deed.ask({ ...(await given(asksAsOperator)), view })).message
          : readFileSync(file, 'utf8').replace(/\n$/, '')
      if (values.message) {
        print(message)
        return 0
      }
      const signature = values.signature ?? (await askSignature(message))
      const word = { address: addressIn(message), message, signature }
      const answer = await deed.send(await given(deed.withOperator === true), word)
      if (values.json) printJson(answer)
      else print(deed.more?.(answer as never) ?? saidOf(deed, answer))
      return 0
    },
  }
}

/** An answer of the daemon has the fields that its operation names. */
const saidOf = ({ done }: Deed, answer: object): string =>
  typeof done === 'string' ? done : String((answer as Record<string, unknown>)[done.field])

/** An owner sends ids: names are the operator's, and are looked up where the operator is at hand. */
async function withIds(
  { places }: Deed,
  words: readonly string[],
  operator: WAIaaSClient | (() => Promise<WAIaaSClient | undefined>),
): Promise<string[]> {
  const ids = [...words]
  for (const [index, word] of words.entries()) {
    const noun = nouns[places[index]!]
    if (noun === undefined || isIdText(word)) continue
    const api = typeof operator === 'function' ? await operator() : operator
    if (!api)
      throw new CommandError(
        `expected the ${places[index]}, got "${word.slice(0, 60)}": a name takes the master password`,
        `the operator finds the id with waiaas ${noun} list`,
      )
    ids[index] = await idOf(noun, api, word)
  }
  return ids
}

async function askSignature(message: string): Promise<string> {
  if (!canAsk())
    throw new CommandError(
      'a signature is needed, and there is no terminal to ask at',
      'print the text with --message, sign it, and give --message-file and --signature',
    )
  note(`sign this text with the wallet of the owner:\n\n${message.split('\n').map(printable).join('\n')}\n`)
  return (await askText('Signature: ')).trim()
}

/** The second line of the text is the address of who is asked. */
function addressIn(message: string): string {
  const address = message.split('\n')[1]
  if (address !== undefined && /^[0-9a-zA-Z]{25,64}$/.test(address)) return address
  throw new CommandError('expected the text that the daemon asked to sign', 'print it with --message')
}
