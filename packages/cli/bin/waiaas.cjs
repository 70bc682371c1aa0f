#!/usr/bin/env node
'use strict'
// CommonJS and old syntax on purpose: this file must load on any Node, to say what is wrong with an old one.

const { spawn } = require('node:child_process')
const { enableCompileCache } = require('node:module')
const { constants } = require('node:os')
const { join } = require('node:path')

/** The Node that npm installed with the project, or undefined on a platform for which there is none. */
function pinnedNode() {
  try {
    return require.resolve(`node-${process.platform}-${process.arch}/bin/node`)
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/** Keeps what was compiled, so that the next command starts in half the time: beside the code, where only its owner writes. */
function keepCompiled() {
  if (process.env.NODE_COMPILE_CACHE === undefined)
    enableCompileCache?.(join(__dirname, '../../../node_modules/.cache/waiaas'))
}

function explain() {
  console.error(
    `waiaas needs Node 22.18 or newer, this is Node ${process.versions.node}, ` +
      `and no Node for ${process.platform}-${process.arch} is installed with the project.\n` +
      'Install Node 24 LTS from https://nodejs.org, or run "npm ci" again without --omit=optional.',
  )
  process.exitCode = 1
}

/** Runs this file again under another Node and ends as that one ends. */
function runUnder(node) {
  const child = spawn(node, [__filename, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`waiaas could not start ${node}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]))
}

function main() {
  // Source runs unbuilt, so what matters is whether this Node strips types: 22.18 and newer do.
  if (process.features.typescript) {
    keepCompiled()
    return import('../src/main.ts')
  }
  const node = pinnedNode()
  return node === undefined ? explain() : runUnder(node)
}

// A program that cannot be loaded ends with what Node says of it.
void main()
