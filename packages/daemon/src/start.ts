import { randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Checklist, isFailure, normalPassword } from '@waiaas/contract'
import { settleEarlierRestore } from './backup/service.ts'
import { type Composition, compose } from './daemon.ts'
import { type Keys, sealingFingerprint, startKeys } from './keys/service.ts'
import { migrations } from './migrations/all.ts'
import { AccessError, assertFile, explained } from './platform/access.ts'
import { clockMark } from './platform/clock-mark.ts'
import { type Config, ConfigError, homeOf, loadConfig, readSecretFile } from './platform/config.ts'
import { type DataDir, DataDirError, openDataDir } from './platform/data-dir.ts'
import { type Database, openDatabase } from './platform/db/database.ts'
import { type Doors, openDoors } from './platform/http/doors.ts'
import { endAll } from './platform/jobs.ts'
import { type Log, type LogForm, logForm, openLog } from './platform/log.ts'
import { StartError } from './start-error.ts'

export type Environment = Readonly<Record<string, string | undefined>>
export type StartOptions = {
  dataDir: string
  /** Read here and nowhere else; nothing of it is passed on. */
  env: Environment
  /** Comes before every other source. */
  masterPassword?: string
  /** A first start without a password makes one and leaves it in `recovery.key`. */
  autoProvision?: boolean
}
export type Daemon = {
  readonly url: string
  readonly port: number
  /** Whom its lines are for. */
  readonly form: LogForm
  /** What should hold before real money moves. */
  checklist(): Promise<Checklist>
  /** Resolves when the daemon has stopped. */
  readonly finished: Promise<void>
  stop(): Promise<void>
}

/** What was opened, to be closed in reverse when a later step of the start fails. */
type Opened = { close(): Promise<void> | void }[]

/** Starts the daemon: directory, configuration, database, signer, parts, HTTP. Prints `WAIAAS_PORT=<n>` when it listens. */
export async function startDaemon(options: StartOptions): Promise<Daemon> {
  const opened: Opened = []
  try {
    return await start(options, opened)
  } catch (error) {
    await closeAll(opened)
    throw asStartError(error, options.dataDir)
  }
}

/** In reverse; what does not close keeps nothing else open. Why the start failed is told, not this. */
async function closeAll(opened: Opened): Promise<void> {
  for (const each of opened.reverse()) {
    await Promise.resolve()
      .then(() => each.close())
      .catch(() => undefined)
  }
}

async function start(options: StartOptions, opened: Opened): Promise<Daemon> {
  const dataDir = await openDataDir(options.dataDir)
  opened.push(dataDir)
  const earlierRestore = await settleEarlierRestore(dataDir.path, options.env)
  const source = await passwordSource(options, dataDir)
  const config = withWarning(await loadConfig({ dataDir: dataDir.path, env: options.env }), source.warning)
  const { settings } = config
  const form = logForm(settings['daemon.log_format'])
  const log = openLog(settings['daemon.log_level'], form)
  if (earlierRestore) log.warn(EARLIER_RESTORE[earlierRestore])
  const database = await openStore(dataDir, settings['database.url'], settings['database.path'])
  opened.push(database)
  const { clock, ...mark } = await clockMark(database)
  const keys: Keys = await startKeys({ passwordCost: passwordCost(settings), onExit: () => void revive() })
  let isEnding = false
  const stopKeys = () => {
    isEnding = true
    return keys.stop()
  }
  opened.push({ close: stopKeys })
  const ending = Promise.withResolvers<void>()
  const base = { dataDir, config, database, clock, mark, log, form, keys, instance: await dataDir.instance() }
  const parts = await compose({ ...base, shutdown: ending.resolve, passwordIn: source.place })
  opened.push({ close: () => parts.stop() })
  const removed = await unlock(parts, source, dataDir)
  for (const warning of [...config.warnings, ...dataDir.warnings, ...removed]) log.warn(warning)
  if (dataDir.recoveryKey.exists()) log.warn(recoveryKeyAdvice(dataDir.recoveryKey.path))
  parts.settings.onChange(({ 'daemon.log_level': level }) => {
    log.level = level
  })

  /** The signer died: a new one, unlocked from a file source if there is one, else by the next master password. */
  async function revive(): Promise<void> {
    log.error('the signer ended by itself; nothing is signed or told until it is unlocked again')
    for (let isStarted = false; !isEnding; ) {
      try {
        if (!isStarted) await keys.restart()
        isStarted = true
        for (const password of await source.again()) if (await parts.operator.open(password)) return
        return
      } catch (error) {
        log.error({ err: error }, 'the signer cannot be started or unlocked yet; it is tried again')
        await pause(1_000, undefined, { ref: false })
      }
    }
  }

  await parts.start()
  const marking = mark.keep(log)
  opened.push({ close: () => marking.stop() })
  const facts = await factsOf(database, keys)
  const server = await openDoors(parts, { port: settings['daemon.port'], hostname: settings['daemon.hostname'] })
  opened.push({ close: () => server.closeStops(0) }, { close: () => server.close(0) })
  await dataDir.writePort(server.port)
  tellPort(server.port, form)
  log.info({ url: server.url, ...facts }, 'ready')
  const stop = once(() =>
    stopAll({
      log,
      parts,
      server,
      database,
      stopKeys,
      dataDir,
      marking,
      graceMs: settings['daemon.shutdown_timeout'] * 1000,
    }),
  )
  const finished = ending.promise.then(stop)
  return {
    url: server.url,
    port: server.port,
    ...{ form, checklist: parts.checklist },
    finished,
    stop() {
      ending.resolve()
      return finished
    },
  }
}

const EARLIER_RESTORE = {
  undone: 'a restore was interrupted and has been undone; run it again',
  done: 'a restore was interrupted when its data was in place already; this is that data',
}

/** A line for programs; a person is told the address. */
function tellPort(port: number, form: LogForm): void {
  if (form === 'json' || !process.stdout.isTTY) process.stdout.write(`WAIAAS_PORT=${port}\n`)
}

/** What an operator looks for in the line that says it is ready. */
const factsOf = async (database: Database, keys: Keys) => ({
  database: database.engine,
  synchronous: database.stats().synchronous,
  signer: sealingFingerprint((await keys.sealingKey()).publicKey),
})

const withWarning = (config: Config, warning: string | undefined): Config =>
  warning === undefined ? config : { ...config, warnings: [...config.warnings, warning] }

const passwordCost = (settings: Config['settings']) => ({
  memoryKib: settings['keystore.argon2_memory'],
  iterations: settings['keystore.argon2_time'],
  parallelism: settings['keystore.argon2_parallelism'],
})

type Running = {
  log: Log
  parts: Composition
  server: Doors
  database: Database
  stopKeys: () => Promise<void>
  dataDir: DataDir
  marking: { stop(): Promise<void> }
  graceMs: number
}

/** New requests are refused, running ones end, what is signed is sent, then everything is closed. */
async function stopAll({ log, parts, server, database, stopKeys, dataDir, marking, graceMs }: Running): Promise<void> {
  parts.drain()
  await endAll(log, [
    { stop: () => server.close(graceMs) },
    parts,
    // Open for as long as something may be sent.
    { stop: () => server.closeStops() },
    marking,
    { stop: stopKeys },
    { stop: () => database.close() },
    { stop: () => dataDir.close() },
  ])
}

function once(fn: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= fn()
    return running
  }
}

async function openStore(dataDir: DataDir, url: string, path: string): Promise<Database> {
  if (url !== '') return openServer(url)
  const file = await dataDir.place(path)
  await dataDir.holdDatabase(file)
  // Written while the daemon runs: better said now than by every checkpoint.
  assertFile(join(dataDir.path, 'audit', 'checkpoints.jsonl'), 'write')
  const database = await openDatabase({ path: file, migrations })
  chmodSync(file, 0o600)
  return database
}

/** Of the server's errors and the network's none quotes the address, which holds a password. */
async function openServer(url: string): Promise<Database> {
  try {
    return await openDatabase({ url, migrations })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (!(error instanceof Error) || code === 'SCHEMA_INCOMPATIBLE') throw error
    const hint = 'check database.url, and that the server runs and lets this user in'
    throw new StartError('DATABASE_UNUSABLE', `the database cannot be used: ${error.message || code}`, {
      hint,
      cause: error,
    })
  }
}

type PasswordSource = {
  /** Undefined: nobody gave one. */
  first: string | undefined
  /** The file's text as earlier versions took it, which a keyring may have been made with. */
  misread: string | undefined
  /** Why the file gives no password to begin with. */
  problem: string | undefined
  warning: string | undefined
  isRecoveryKey: boolean
  /** Where it lies, for whoever may read what the daemon reads. */
  place: string | undefined
  /** From a file that can be read again: what may be the password, in the order to try. */
  again(): Promise<readonly string[]>
  autoProvision: boolean
}

/** In order: given by the caller, WAIAAS_MASTER_PASSWORD_FILE, WAIAAS_MASTER_PASSWORD, recovery.key. */
async function passwordSource(
  { env, masterPassword, autoProvision = false }: StartOptions,
  dataDir: DataDir,
): Promise<PasswordSource> {
  const { WAIAAS_MASTER_PASSWORD_FILE: file, WAIAAS_MASTER_PASSWORD: plain } = env
  if (file && plain)
    throw new StartError(
      'CONFIG_INVALID',
      'WAIAAS_MASTER_PASSWORD_FILE and WAIAAS_MASTER_PASSWORD: expected one of them, got both',
    )
  const fromFile = file ? await readSecretFile('WAIAAS_MASTER_PASSWORD_FILE', file, homeOf(env)) : undefined
  const problem = fromFile && 'problem' in fromFile ? fromFile.problem : undefined
  if (problem !== undefined && fromFile?.misread === undefined) throw new StartError('CONFIG_INVALID', problem)
  const given = masterPassword ?? (fromFile && 'text' in fromFile ? fromFile.text : undefined) ?? (plain || undefined)
  const isFromFile = masterPassword === undefined && fromFile !== undefined
  return {
    first: given ?? (isFromFile ? undefined : await dataDir.recoveryKey.read()),
    misread: isFromFile && fromFile.misread !== given ? fromFile.misread : undefined,
    problem: isFromFile ? problem : undefined,
    isRecoveryKey: given === undefined && !isFromFile,
    place: placeOf({ isTyped: masterPassword !== undefined, file, plain }),
    warning: fromFile?.warning,
    autoProvision,
    async again() {
      const read = file ? await readSecretFile('WAIAAS_MASTER_PASSWORD_FILE', file, homeOf(env)) : undefined
      const found = read ? ['text' in read ? read.text : undefined, read.misread] : [await dataDir.recoveryKey.read()]
      return found.filter((password) => password !== undefined)
    },
  }
}

type Given = { isTyped: boolean; file: string | undefined; plain: string | undefined }

function placeOf({ isTyped, file, plain }: Given): string | undefined {
  if (isTyped) return undefined
  if (file) return 'the file of WAIAAS_MASTER_PASSWORD_FILE'
  return plain ? 'the variable WAIAAS_MASTER_PASSWORD' : 'recovery.key'
}

/** What was found and put right in doing so. */
async function unlock(parts: Composition, source: PasswordSource, dataDir: DataDir): Promise<string[]> {
  const { misread, problem } = source
  if (problem === undefined) {
    const password = source.first ?? (await provision(parts, source, dataDir))
    if (await parts.operator.open(password)) {
      await parts.makeMissingCeilings(password)
      return removeStale(password, dataDir)
    }
  } else if (!(await parts.operator.hasKeyring())) throw new StartError('CONFIG_INVALID', problem)
  // There is a keyring by now, so that this makes none.
  if (misread !== undefined && (await parts.operator.open(misread)))
    return [`${problem ?? ODD_FILE}; ${MISREAD}`, ...(await removeStale(misread, dataDir))]
  throw problem === undefined ? wrongPassword(source, dataDir) : new StartError('CONFIG_INVALID', problem)
}

const ODD_FILE = 'WAIAAS_MASTER_PASSWORD_FILE: the file has an odd encoding, or empty lines'
const MISREAD =
  'the keystore was made with this file misread, and opens with that alone: set the password anew (waiaas set-master)'

function wrongPassword({ isRecoveryKey }: PasswordSource, { recoveryKey }: DataDir): StartError {
  const message = isRecoveryKey
    ? `the password in ${recoveryKey.path} does not open this keystore: it is from before set-master`
    : 'the master password does not open this keystore'
  const hint = isRecoveryKey ? 'start with the present password; the file is removed then' : 'check where it comes from'
  return new StartError('INVALID_MASTER_PASSWORD', message, { hint })
}

/** A set-master that was killed may have left the recovery key: one password opens the keystore, so another one is old. */
async function removeStale(password: string, { recoveryKey }: DataDir): Promise<string[]> {
  const left = await recoveryKey.read()
  if (left === undefined || normalPassword(left) === normalPassword(password)) return []
  await recoveryKey.remove()
  return [`${recoveryKey.path} held a password from before set-master and has been removed`]
}

const recoveryKeyAdvice = (path: string): string =>
  `the generated master password lies in ${path}: read it, keep it where nobody else looks, and set your own with "waiaas set-master", which removes the file`

/** The recovery key is on disk before any key depends on it. */
async function provision(
  parts: Composition,
  { autoProvision }: PasswordSource,
  { recoveryKey }: DataDir,
): Promise<string> {
  if (await parts.operator.hasKeyring()) {
    throw new StartError('MASTER_PASSWORD_REQUIRED', 'no master password was given', {
      hint: 'set WAIAAS_MASTER_PASSWORD_FILE',
    })
  }
  if (!autoProvision) {
    const hint = 'set WAIAAS_MASTER_PASSWORD_FILE, or WAIAAS_AUTO_PROVISION=true to have one made'
    throw new StartError('NEW_MASTER_PASSWORD_REQUIRED', 'a first start needs a master password', { hint })
  }
  const password = randomBytes(32).toString('hex')
  await recoveryKey.write(password)
  return password
}

/** Makes the directory, and with `autoProvision` the recovery key that the first start will use. */
export async function initDataDir({
  dataDir,
  autoProvision,
}: {
  dataDir: string
  autoProvision: boolean
}): Promise<{ created: string[]; recoveryKey?: string }> {
  try {
    const opened = await openDataDir(dataDir)
    const created = [opened.path, await opened.place('data')]
    const key = opened.recoveryKey
    const makesKey = autoProvision && !key.exists()
    if (makesKey) await key.write(randomBytes(32).toString('hex'))
    await opened.close()
    return makesKey ? { created: [...created, key.path], recoveryKey: key.path } : { created }
  } catch (error) {
    throw asStartError(error, dataDir)
  }
}

function asStartError(thrown: unknown, dataDir: string): unknown {
  const error = explained(thrown, dataDir)
  if (error instanceof StartError || !(error instanceof Error)) return error
  if (error instanceof AccessError)
    return new StartError('DATA_DIR_UNUSABLE', error.message, { hint: error.hint, cause: error })
  const code = 'code' in error ? String(error.code) : ''
  if (error instanceof DataDirError) return new StartError('DATA_DIR_UNUSABLE', error.message, { cause: error })
  if (error instanceof ConfigError) return new StartError('CONFIG_INVALID', error.message, { cause: error })
  if (code === 'SCHEMA_INCOMPATIBLE') return new StartError('SCHEMA_INCOMPATIBLE', error.message, { cause: error })
  if (code === 'EADDRINUSE')
    return new StartError('ADDRESS_IN_USE', error.message, {
      hint: 'set WAIAAS_DAEMON_PORT to a free port',
      cause: error,
    })
  if (isFailure(error, 'ACTION_VALIDATION_FAILED'))
    return new StartError('INVALID_MASTER_PASSWORD', error.message, { cause: error })
  if (isFailure(error, 'KEYSTORE_LOCKED')) return new StartError('KEYSTORE_UNUSABLE', error.message, { cause: error })
  return error
}
