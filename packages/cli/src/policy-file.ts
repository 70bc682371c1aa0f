import { readFile } from 'node:fs/promises'
import { type PolicyText, PolicyTextError, parsePolicyText } from '@waiaas/contract/policy-text'
import { CommandError, errorCode } from './errors.ts'

/** CommandError with file and line where it is not a file of policies. */
export async function readPolicyFile(path: string): Promise<PolicyText> {
  return parsePolicyFile(path, await textOf(path))
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path, 'utf8')
  } catch (error) {
    throw new CommandError(`cannot read ${path} (${errorCode(error)})`, 'name a file that this user may read', error)
  }
}

export function parsePolicyFile(path: string, text: string): PolicyText {
  try {
    return parsePolicyText(text)
  } catch (error) {
    if (!(error instanceof PolicyTextError)) throw error
    throw new CommandError(`${path}:${error.line}: ${error.message}`, 'waiaas policy export shows the form')
  }
}
