import { z } from 'zod'

/** Over what a human answers. Each shows the same card; what each may say is its own. */
export const ChannelName = z.enum(['rest', 'link', 'telegram'])
export type Channel = z.infer<typeof ChannelName>
