import {
  Failure,
  newId,
  type Parsed,
  type Sweep,
  type SweepPlan,
  type sweepOperations,
  type TransactionStatus,
} from '@waiaas/contract'
import { unlessMissing } from '../../owners/service.ts'
import { by, type Principal } from '../../platform/caller.ts'
import type { Database } from '../../platform/db/database.ts'
import { unleased } from '../../platform/due-rows.ts'
import { sha256 } from '../../platform/sha256.ts'
import { type Job, scopeOf } from '../job.ts'
import type { ServiceParts } from '../parts.ts'
import { listStore } from '../rows/list-store.ts'
import { endSweep } from './ending.ts'
import { leftOf, planned, type Survey, survey, type Wanted } from './planning.ts'
import { decimalsOf, nameOf } from './reading.ts'
import { type SweepParts, sweepParts, type Told } from './sweep-parts.ts'
import { type SweepRow, sweepStore } from './sweep-store.ts'
import { sweepView } from './view.ts'
import { askOwners, type Owning, withdrawing } from './withdrawing.ts'
import { sweepWorker } from './working.ts'

type Requester = { principal: Principal<'operator'>; peer: string | undefined }
type Input = Parsed<(typeof sweepOperations)['sweepWallet']>

/** Sweeps: all that a wallet holds, sent to one address by ordinary transactions. */
export function sweeps(parts: ServiceParts, told: Told) {
  const swept = sweepParts(parts, told)
  const { sweep, ...start } = starting(swept)
  return { sweep, ...withdrawing(swept, start), ...following(swept), work: () => sweepWorker(swept) }
}

function starting(swept: SweepParts) {
  const { parts } = swept
  const { database, clock, audit } = parts

  async function wantedOf({ id, to, networks, tokens }: Omit<Input, 'digest'>): Promise<Wanted> {
    const wallet = await database.read((db) => parts.switches.wallet(db, id))
    if (!wallet) throw new Failure('WALLET_NOT_FOUND', 'no such wallet')
    const chosen = networks
      ? [...new Set(networks.map((name) => parts.resolveNetwork(wallet, name)))]
      : parts.networksOf(wallet)
    const [first] = chosen
    const address = first ? (await parts.chain(first.id)).address(to) : to
    if (address === wallet.address)
      throw new Failure('INVALID_TRANSACTION', 'expected another address than the one of the wallet itself')
    return { wallet, to: address, networks: chosen, named: new Set(tokens) }
  }

  async function sweep(input: Input, requester: Requester): Promise<SweepPlan | Sweep> {
    const wanted = await wantedOf(input)
    const found = await survey(swept, wanted)
    const digest = digestOf(wanted, found)
    if (input.digest === undefined) {
      const steps = await planned(swept, wanted.wallet, found)
      const { id: walletId } = wanted.wallet
      return { digest, walletId, to: wanted.to, steps, left: leftOf(found), unread: [...found.unread] }
    }
    if (input.digest !== digest) throw changed(found)
    return shown(database, await start(wanted, found, requester))
  }

  async function start(wanted: Wanted, found: Survey, requester: Requester | Owning): Promise<string> {
    const {
      wallet: { id: walletId },
      to,
    } = wanted
    requireSome(found)
    const now = clock.now()
    const id = newId(now)
    const assets = found.places.flatMap((place) => place.assets)
    const networks = found.places.filter((place) => place.assets.length > 0)
    const started = await database.work(scopeOf(walletId, []), async (db) => {
      await requireReady({ parts, db }, walletId)
      const asked = await askOwners({ parts, db }, wanted, requester.principal)
      if ('missing' in asked) return asked.missing
      const status = 'RUNNING' as const
      await sweepStore.insert(db, {
        ...{ id, wallet_id: walletId, to_address: to, status, created_at: now, updated_at: now },
        ...asked.agreed,
      })
      for (const [at, asset] of assets.entries()) {
        const { network, assetId, symbol } = nameOf(asset)
        await sweepStore.insertStep(db, {
          ...{ sweep_id: id, step: at + 1, network, asset: assetId, symbol, decimals: decimalsOf(asset) },
          token: asset.token && JSON.stringify(asset.token),
          ...{ amount: null, tries: 0, transaction_id: null, error: null },
        })
      }
      for (const { place } of networks)
        await sweepStore.insertWork(db, {
          ...unleased,
          ...{ id: newId(now), sweep_id: id, network: place.chain.network.id, due_at: now },
        })
      const details = { sweep: id, to, steps: assets.length }
      await audit.record(db, { event: 'SWEEP_STARTED', ...by(requester), walletId, details })
      return { id }
    })
    return unlessMissing(started).id
  }

  return { sweep, wantedOf, start }
}

/** What became of sweeps, and their end. */
function following({ parts, lanes }: SweepParts) {
  const { database } = parts

  /** Starts nothing more of it and ends what of it is not signed; how many transactions. */
  async function cancel(id: string, requester: Requester): Promise<{ cancelled: number; unwritten?: string }> {
    const { wallet_id: wallet } = await database.read(async (db) => needed(await sweepStore.byId(db, id)))
    const ending = { to: 'CANCELLED', code: null, error: 'cancelled', ...by(requester) } as const
    const write = () =>
      database.work(scopeOf(wallet, []), async (db) => {
        const row = needed(await sweepStore.byId(db, id))
        const cancelled = await endSweep({ parts, db }, row, ending)
        if (cancelled === undefined) throw over(row)
        return cancelled
      })
    const outcome = await parts.held.write(`cancelled sweep ${id}`, {
      wallet,
      write,
      hold: () => lanes.quiet([wallet]),
    })
    return 'written' in outcome ? { cancelled: outcome.written } : { cancelled: 0, unwritten: outcome.unwritten }
  }

  return { get: (id: string) => shown(database, id), cancel }
}

/** A sweep as it is now. Failure SWEEP_NOT_FOUND. */
const shown = (database: Database, id: string): Promise<Sweep> =>
  database.read(async (db) => {
    const row = needed(await sweepStore.byId(db, id))
    const steps = await sweepStore.steps(db, id)
    const rows = new Map<string, { status: TransactionStatus; error: string | null }>()
    for (const { transaction_id: of } of steps) {
      const found = of === null ? undefined : await listStore.byId(db, of)
      if (found) rows.set(found.id, found)
    }
    return sweepView(row, steps, rows)
  })

/** Nothing stops it, and no other one of the wallet is open. */
async function requireReady({ parts, db }: Job<Pick<ServiceParts, 'switches'>>, walletId: string): Promise<void> {
  const { state } = await parts.switches.killSwitch(db)
  if (state !== 'ACTIVE') throw new Failure('SYSTEM_LOCKED', `the kill switch is ${state}`)
  const wallet = await parts.switches.wallet(db, walletId)
  if (wallet?.status === 'TERMINATED') throw new Failure('WALLET_TERMINATED', 'this wallet is terminated')
  if (wallet?.status !== 'ACTIVE')
    throw new Failure('WALLET_SUSPENDED', 'this wallet is suspended and signs nothing; resume it first')
  const other = await sweepStore.running(db, walletId)
  if (other !== undefined)
    throw new Failure('SWEEP_RUNNING', `the sweep ${other} of this wallet is not over yet`, {
      details: { sweepId: other },
    })
}

/** Failure INVALID_TRANSACTION where there is nothing to send; CHAIN_ERROR where there may be something nobody could look at. */
function requireSome({ places, unread }: Survey): void {
  if (places.some(({ assets }) => assets.length > 0)) return
  if (unread.length === 0) throw new Failure('INVALID_TRANSACTION', 'the wallet holds nothing that could be sent')
  throw new Failure('CHAIN_ERROR', `nothing was found to send, and ${networksIn(unread)} did not answer`)
}
const networksIn = (unread: Survey['unread']): string => unread.map(({ network }) => network).join(', ')

const over = ({ status }: SweepRow): Failure =>
  new Failure('TX_ALREADY_PROCESSED', `the sweep is ${status}`, { details: { status } })

function needed(row: SweepRow | undefined): SweepRow {
  if (row) return row
  throw new Failure('SWEEP_NOT_FOUND', 'no such sweep')
}

/** What exactly is sent where, without the amounts, which every block changes. */
const digestOf = ({ wallet, to }: Wanted, { places }: Survey): string =>
  sha256(
    JSON.stringify([
      ...[wallet.id, to],
      places.flatMap(({ assets }) => assets.map(nameOf).map(({ network, assetId }) => [network, assetId])),
    ]),
  ).slice(0, 32)

function changed({ unread }: Survey): Failure {
  const why = unread.length > 0 ? `, and ${networksIn(unread)} did not answer` : ''
  return new Failure('SWEEP_CHANGED', `the wallet does not hold what was shown under this digest${why}`)
}
