import { readFileSync } from 'node:fs'

/** The job that the parent process wrote. */
export const readJob = <Job>(): Job => JSON.parse(readFileSync(0, 'utf8')) as Job

export const writeResult = (result: unknown): void => void process.stdout.write(JSON.stringify(result))
