import { pageText } from '../platform/http/page.ts'
import { WORDS } from './words.ts'

const { who, approve, consent, owner, invite, pair } = WORDS

/** Who is there: shown first on each page of an owner, and nothing else with it. */
const WHO = `<section id="who">
<p>${who.intro}</p>
<div id="wallets"></div>
<button id="passkey" type="button" hidden>${who.usePasskey}</button>
<form id="other">
<label for="address">${who.other}</label>
<input id="address" autocomplete="off" autocapitalize="off" spellcheck="false" required>
<details><summary>${who.contract}</summary>
<input id="network" aria-label="${who.contract}" autocomplete="off" autocapitalize="off" spellcheck="false">
</details>
<button type="submit">${who.show}</button>
</form>
</section>`

const SAID = '<p id="said" role="status"></p>'

const ELSEWHERE = `<dialog id="elsewhere" aria-labelledby="sign-this">
<form method="dialog">
<label for="text" id="sign-this">${who.sign}</label>
<textarea id="text" rows="9" readonly></textarea>
<button id="copy" type="button">${who.copy}</button>
<label for="signature">${who.paste}</label>
<textarea id="signature" rows="3" spellcheck="false"></textarea>
<div class="answers"><button value="go">${who.goOn}</button><button value="cancel" formnovalidate>${who.cancel}</button></div>
</form>
</dialog>`

const ofOwner = (title: string, waiting: string, script: string) =>
  pageText({
    title,
    script,
    body: `<h1 id="title">${title}</h1>
${WHO}
<section id="waiting" hidden>
${waiting}
</section>
${SAID}
${ELSEWHERE}`,
  })

export const APPROVE_PAGE = ofOwner(approve.title, '', '/page/approve.js')

export const CONSENT_PAGE = ofOwner(consent.title, '', '/page/consent.js')

export const OWNER_PAGE = ofOwner(
  owner.title,
  `<h2>${owner.waiting}</h2>
<p id="nothing" hidden>${owner.nothingWaits}</p>
<div id="asks"></div>
<div id="owned"></div>
<dialog id="asked" aria-labelledby="asked-title">
<form method="dialog">
<h2 id="asked-title">${owner.ask}</h2>
<p id="statement"></p>
<div class="answers"><button value="go" class="yes">${owner.sign}</button><button value="cancel">${who.cancel}</button></div>
</form>
</dialog>
<dialog id="adding" aria-labelledby="adding-title">
<form method="dialog">
<h2 id="adding-title">${owner.addWallet}</h2>
<p>${owner.addWhy}</p>
<label for="new-address">${owner.newAddress}</label>
<input id="new-address" autocomplete="off" autocapitalize="off" spellcheck="false" required>
<details><summary>${invite.contract}</summary>
<input id="new-network" aria-label="${invite.contract}" autocomplete="off" autocapitalize="off" spellcheck="false">
</details>
<div class="answers"><button value="go">${who.goOn}</button><button value="cancel" formnovalidate>${who.cancel}</button></div>
</form>
</dialog>`,
  '/page/wallets.js',
)

export const INVITE_PAGE = pageText({
  title: invite.title,
  script: '/page/invite.js',
  body: `<h1 id="title">${invite.title}</h1>
<section id="invited">
<p>${invite.intro}</p>
<ul id="lines" class="lines" hidden></ul>
<form id="naming" hidden>
<label for="withdraw-to">${invite.withdrawTo}</label>
<input id="withdraw-to" autocomplete="off" autocapitalize="off" spellcheck="false" required>
<p class="warnings">${invite.warning}</p>
<details><summary>${invite.contract}</summary>
<input id="place-network" aria-label="${invite.contract}" autocomplete="off" autocapitalize="off" spellcheck="false">
</details>
<button type="submit">${invite.make}</button>
</form>
<section id="signing" hidden>
<h2>${owner.ask}</h2>
<p id="statement"></p>
<button id="sign" type="button" class="yes">${owner.sign}</button>
</section>
</section>
<section id="accepted" hidden>
<p>${invite.accepted}</p>
<p id="code" class="code"></p>
<p id="code-until" class="quiet"></p>
<p>${invite.theyRun}</p>
<pre id="command"></pre>
<p>${invite.afterwards} <a href="/owner">${owner.title}</a></p>
</section>
${SAID}`,
})

const lifetimes = Object.entries({ 3600: pair.hour, 86400: pair.day, 604800: pair.week, 2592000: pair.month })

export const PAIR_PAGE = pageText({
  title: pair.title,
  script: '/page/pair.js',
  body: `<h1 id="title">${pair.title}</h1>
<p id="unsafe" class="wrong" hidden>${pair.unsafe.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</p>
<form id="asking" hidden>
<label for="pairing-code">${pair.code}</label>
<input id="pairing-code" class="code" autocomplete="off" autocapitalize="characters" spellcheck="false" minlength="8" maxlength="40" required>
<label for="password">${pair.password}</label>
<input id="password" type="password" autocomplete="off" required>
<button id="look" type="submit">${pair.look}</button>
</form>
<form id="answering" hidden>
<h2>${pair.asks}</h2>
<ul id="lines" class="lines"></ul>
<p class="warnings">${pair.warning}</p>
<fieldset class="choices"><legend>${pair.wallets}</legend><div id="choices"></div></fieldset>
<label for="called">${pair.calledByYou}</label>
<input id="called" autocomplete="off" spellcheck="false" maxlength="64">
<label for="template">${pair.template}</label>
<select id="template"><option value="">${pair.noTemplate}</option></select>
<div id="template-told"></div>
<label for="lifetime">${pair.lifetime}</label>
<select id="lifetime">${lifetimes.map(([seconds, name]) => `<option value="${seconds}"${seconds === '86400' ? ' selected' : ''}>${name}</option>`).join('')}</select>
<div class="answers">
<button id="approve" class="yes" type="submit">${pair.approve}</button>
<button id="deny" class="no" type="button">${pair.deny}</button>
</div>
</form>
${SAID}`,
})
