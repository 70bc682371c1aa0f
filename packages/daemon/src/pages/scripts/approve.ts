/** /approve/<transaction>: what waits, for its owner. */
export const APPROVE_SCRIPT = `import { showCard } from './asked.js'
import { idIn, place } from './common.js'
import { start } from './owner.js'

start(async () => {
  place('title').textContent = await showCard(place('waiting'), idIn())
  place('waiting').hidden = false
})
`
