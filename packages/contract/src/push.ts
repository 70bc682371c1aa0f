import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'
import { HttpUrl } from './setting-values.ts'
import { Name } from './wire.ts'

const tag = 'Notifications'
const operator = ['operator'] as const
const Base64Url = (bytes: number) =>
  z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}={0,2}$`), {
    error: `expected ${bytes} bytes in base64url, as a browser gives them`,
  })
const Push = z.object({ id: Id, name: z.string(), service: z.string(), createdAt: UnixSeconds })

/** Browsers that are told what happens. */
export const pushOperations = {
  listPushes: operation({
    method: 'GET',
    path: '/v1/admin/notifications/push',
    access: operator,
    tag,
    summary: 'List the browsers that are told what happens.',
    command: 'push list',
    input: z.strictObject({}),
    output: z.object({
      publicKey: z.string().describe('by which push services know this daemon'),
      data: z.array(Push),
    }),
    errors: ['KEYSTORE_LOCKED'],
  }),
  addPush: operation({
    method: 'POST',
    path: '/v1/admin/notifications/push',
    access: operator,
    tag,
    summary: 'Tell a browser what happens. The page /notices of the daemon, opened in that browser, shows the command.',
    command: 'push add',
    example:
      '--name "my phone" --endpoint https://push.example.com/1 --p256dh BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U --auth vT4WWt9p5VvA6dTmlIYFkA',
    status: 201,
    input: z.strictObject({
      name: Name.describe('whose browser it is'),
      endpoint: HttpUrl.describe('of its push service'),
      p256dh: Base64Url(65),
      auth: Base64Url(16),
    }),
    output: Push,
    errors: ['KEYSTORE_LOCKED'],
  }),
  removePush: operation({
    method: 'DELETE',
    path: '/v1/admin/notifications/push/{id}',
    access: operator,
    tag,
    summary: 'Tell a browser nothing more.',
    command: 'push remove',
    input: z.strictObject({ id: Id }),
    output: Push,
    errors: ['NOT_FOUND'],
  }),
}
