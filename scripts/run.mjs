/**
 * Runs `node <arguments>` on the pinned Node after making sure that the dependencies are installed; every npm script goes through here.
 * Not a `pre` script, because npm skips those for people who set `ignore-scripts`, and then Node 20 would meet TypeScript.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { ensureInstalled, suitableNode } from './bootstrap.mjs'

try {
  ensureInstalled()
  run(suitableNode(), process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

/** Type stripping and VM modules are experimental by name only; their warnings would be the first thing a newcomer reads. */
function run(node, nodeArguments) {
  if (nodeArguments.length === 0) return
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...nodeArguments], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`${node} could not be started: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
  })
}
