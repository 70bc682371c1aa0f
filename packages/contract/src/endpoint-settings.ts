import { LOCAL_NETWORKS, NETWORKS } from './networks.ts'
import { loosensEndpoints, type Setting } from './setting-form.ts'
import { HttpUrl } from './setting-values.ts'

const KNOWN_NETWORKS = [...NETWORKS, ...LOCAL_NETWORKS]
/** Where each network is asked: one endpoint, or a list. */
export const endpointSettings = KNOWN_NETWORKS.flatMap(({ id, setting }): [string, Setting][] => [
  [
    `rpc.${setting}`,
    {
      type: 'url',
      default: '',
      of: HttpUrl,
      runtime: true,
      loosens: loosensEndpoints,
      summary: `RPC endpoint of ${id}; empty means the built-in list.`,
    },
  ],
  [
    `rpc_pool.${id}`,
    {
      type: 'list',
      default: [],
      of: HttpUrl,
      runtime: true,
      loosens: loosensEndpoints,
      summary: `RPC endpoints of ${id} in order of preference.`,
    },
  ],
])
