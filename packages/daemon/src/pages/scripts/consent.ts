/** /consent/<id>: what the operator asks owners to agree to. */
export const CONSENT_SCRIPT = `import { showConsent } from './asked.js'
import { idIn, place } from './common.js'
import { start } from './owner.js'

start(async () => {
  place('title').textContent = await showConsent(place('waiting'), idIn())
  place('waiting').hidden = false
})
`
