import { type WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { connectReader } from '../api.ts'
import { type Check, checkup, type Facts } from '../checkup.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { lookOf, toned } from '../look.ts'
import { rowsOf } from '../names.ts'
import { printable } from '../table.ts'
import { print, printJson } from '../terminal.ts'
import { allWallets } from '../wallets.ts'

export const usage = `usage: waiaas doctor [flags]
Checks what should hold before real money moves, and says what to do where it does not: exit code 0 when all holds.
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, daemonFlags)
  const api = await connectReader(values)
  const checks = checkup(await factsOf(api))
  const isWell = checks.every(({ ok }) => ok)
  if (values.json) printJson({ ok: isWell, checks })
  else for (const check of checks) print(lineOf(check))
  return isWell ? 0 : 1
}

async function factsOf(api: WAIaaSClient): Promise<Facts> {
  const [health, unready, { state }, { backups }, { channels }, wallets, { rows: policies }, rpc] = await Promise.all([
    api.getHealth(),
    whyUnready(api),
    api.getKillSwitch(),
    api.listBackups(),
    api.getNotificationStatus(),
    allWallets(api),
    rowsOf(api, 'listPolicies'),
    api.getRpcStatus(),
  ])
  return {
    health,
    unready,
    killSwitch: state,
    backups,
    channels,
    wallets,
    policies: policies.map(holds),
    rpc,
    now: Date.now(),
  }
}

/** A row of the list of policies, as the contract has it. */
const holds = ({ walletId, enabled }: Readonly<Record<string, unknown>>) => ({
  walletId: typeof walletId === 'string' ? walletId : null,
  enabled: enabled === true,
})

async function whyUnready(api: WAIaaSClient): Promise<string | undefined> {
  try {
    await api.getReady()
    return undefined
  } catch (error) {
    if (error instanceof WAIaaSError) return error.message
    throw error
  }
}

function lineOf({ ok, says, next }: Check): string {
  const mark = toned(ok ? 'ok' : 'to do', lookOf(process.stdout, process.env))
  return `${mark}${ok ? '   ' : ''}  ${printable(says)}${next === undefined ? '' : `\n       ${printable(next)}`}`
}
