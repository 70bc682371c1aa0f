/** The lane of an address on a network. */
export const laneId = (network: string, address: string): string => `${network}/${address}`

/** The address in a lane's id. */
export const addressOf = (lane: string): string => lane.slice(lane.indexOf('/') + 1)
export const networkOf = (lane: string): string => lane.slice(0, lane.indexOf('/'))
