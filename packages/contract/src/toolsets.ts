/**
 * The tools that a client is shown only where it is asked for them: each costs every conversation the tokens of its
 * description. What is in none is shown to all.
 */
export const toolsets = {
  trading: [
    'call_contract',
    'approve_token',
    'send_batch',
    'send_plan',
    'get_plan',
    'cancel_plan',
    'list_allowances',
    'encode_calldata',
  ],
  messages: ['sign_message', 'sign_transaction'],
  nft: ['transfer_nft'],
  'admin-read': ['get_policies', 'list_sessions', 'get_kill_switch'],
} as const satisfies Record<string, readonly string[]>

export type Toolset = keyof typeof toolsets

const all = Object.keys(toolsets) as Toolset[]
const isToolset = (name: string): name is Toolset => Object.hasOwn(toolsets, name)

/**
 * The sets that a text names, such as "trading, nft", or "all" of them; "core", which everybody is shown, names none.
 * Throws at a name of no set.
 */
export function readToolsets(text: string): readonly Toolset[] {
  const names = text.split(',').flatMap((name) => name.trim().toLowerCase() || [])
  const wrong = names.find((name) => name !== 'all' && name !== 'core' && !isToolset(name))
  if (wrong !== undefined)
    throw new Error(`expected all, core or some of ${all.join(', ')}, got "${wrong.slice(0, 40)}"`)
  return names.includes('all') ? all : names.filter(isToolset)
}

/** Is the tool shown to who asked for these sets? */
export const isShown = (tool: string, asked: readonly Toolset[]): boolean => {
  const sets = all.filter((set) => (toolsets[set] as readonly string[]).includes(tool))
  return sets.length === 0 || sets.some((set) => asked.includes(set))
}
