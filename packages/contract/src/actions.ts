import { z } from 'zod'
import { operation } from './operation.ts'

const Action = z.object({
  name: z.string(),
  description: z.string(),
  chain: z.string(),
  riskLevel: z.string(),
  defaultTier: z.string(),
  inputSchema: z.record(z.string(), z.unknown()).optional(),
})

const Provider = z.object({
  name: z.string(),
  description: z.string(),
  version: z.string(),
  chains: z.array(z.string()),
  mcpExpose: z.boolean(),
  requiresApiKey: z.boolean(),
  apiKeyUrl: z.string().optional(),
  hasApiKey: z.boolean(),
  enabledKey: z.string(),
  category: z.string(),
  isEnabled: z.boolean(),
  actions: z.array(Action),
})

/** What others offer that a wallet can do in one call. */
export const actionOperations = {
  listActionProviders: operation({
    method: 'GET',
    path: '/v1/actions/providers',
    access: ['agent', 'operator'],
    tag: 'Actions',
    summary: 'List the providers of actions. This release has none.',
    input: z.strictObject({}),
    output: z.object({ providers: z.array(Provider) }),
    errors: [],
  }),
}
