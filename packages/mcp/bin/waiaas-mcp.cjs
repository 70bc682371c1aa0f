#!/usr/bin/env node
'use strict'
// CommonJS and old syntax on purpose: this file must load on any Node, to say what is wrong with an old one.

const { spawn } = require('node:child_process')
const { constants } = require('node:os')

/** The Node that npm installed with the project, or undefined on a platform for which there is none. */
function pinnedNode() {
  try {
    return require.resolve(`node-${process.platform}-${process.arch}/bin/node`)
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/** Stdout belongs to the protocol, so this goes to stderr. */
function explain() {
  console.error(
    `[waiaas-mcp] waiaas-mcp needs Node 22.18 or newer, this is Node ${process.versions.node}. ` +
      'Install Node 24 LTS from https://nodejs.org.',
  )
  process.exitCode = 1
}

/** Runs this file again under another Node, on the same stdin and stdout, and ends as that one ends. */
function runUnder(node) {
  const child = spawn(node, [__filename, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`[waiaas-mcp] could not start ${node}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]))
}

function main() {
  // Source runs unbuilt, so what matters is whether this Node strips types: 22.18 and newer do.
  if (process.features.typescript) return import('../src/main.ts')
  const node = pinnedNode()
  return node === undefined ? explain() : runUnder(node)
}

// A program that cannot be loaded ends with what Node says of it.
void main()
