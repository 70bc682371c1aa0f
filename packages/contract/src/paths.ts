const QUOTE = /^["'`“”‘’„‚«»]|["'`“”‘’„‚«»]$/
/** Control characters, and what no one sees: a folder's name with one of them is no one's intention. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u200b\u2060\ufeff\ufffd]/gu
const VARIABLE = /(?:^|[/\\])\$[A-Za-z_{(]|%[A-Za-z_]\w*%/

/** In the data directory: the socket through which whoever may open it stops the daemon, without a password. */
export const STOP_SOCKET = 'stop.sock'

/** Finds the home directory; asked only where a path needs it. `homedir` of node:os fits. */
export type Home = () => string

/**
 * A path as it comes from a place that no shell has read: an MCP client's JSON, an env file, a unit, config.toml. White
 * space around it is none of it, and `~` in front is the home directory. What a shell would have taken away or put in is
 * refused by a RangeError that begins with `name`, so that nothing is ever made in a folder called `~` or `"`. Undefined
 * for an empty text.
 */
export function readPath(name: string, given: string, home: Home): string | undefined {
  const path = given.trim()
  if (path === '') return undefined
  const expected = expectedOf(path, home)
  if (expected) throw new RangeError(`${name}: expected ${expected}, got ${shown(path)}`)
  return /^~(?=[/\\]|$)/.test(path) ? below(absoluteHome(name, home), path.slice(1)) : path
}

/** The data directory where nothing names one: `~/.waiaas`. */
export const defaultDataDir = (home: Home): string => below(absoluteHome('the data directory', home), '/.waiaas')

/** The text of a variable without white space around it. A RangeError, which does not quote it, where a shell's quotes are left. */
export function readVariable(name: string, given: string): string {
  const text = given.trim()
  if (/^(["'])(.*)\1$/s.test(text))
    throw new RangeError(`${name}: expected the value alone, got one with quotes around it: take them away`)
  return text
}

/** What had to come instead; undefined for a path that can be meant. */
function expectedOf(path: string, home: Home): string | undefined {
  if (QUOTE.test(path)) return 'a path without quotes around it'
  if (path.search(UNSEEN) !== -1) return 'a path without control or invisible characters'
  if (VARIABLE.test(path)) return 'a path without variables, which only a shell puts in'
  if (/^~[^/\\]/.test(path)) return '~/ for the own home directory, for that of another user is not looked up'
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return 'a path, not a URL'
  if (/^[a-z]:[/\\]|^\\\\/i.test(path) && homeOrNothing(home).startsWith('/'))
    return 'a path of this system, not one of Windows'
  return undefined
}

function absoluteHome(name: string, find: Home): string {
  const home = homeOrNothing(find)
  if (/^(\/|[a-z]:[/\\]|\\\\)/i.test(home) && home.search(UNSEEN) === -1) return home
  throw new RangeError(
    `${name}: expected HOME to be the absolute path of a folder, got ${shown(home)}: name the whole path`,
  )
}

function homeOrNothing(find: Home): string {
  try {
    return find()
  } catch {
    // A user without an entry, as in a container.
    return ''
  }
}

/** `rest` begins with a separator, or is empty. */
const below = (home: string, rest: string): string => `${home.replace(/[/\\]+$/, '')}${rest}` || '/'

/** In quotes, and with nothing unseen in it. */
const shown = (text: string): string =>
  `"${text.slice(0, 200).replaceAll(UNSEEN, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
