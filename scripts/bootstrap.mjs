/** Makes a fresh clone runnable: installs the dependencies when they are missing or stale, and finds the pinned Node. Plain JavaScript, because Node 20 runs it. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pinnedNode = join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
)
const neededMajor = 24

/** Installs with `npm ci` unless node_modules holds exactly what the lockfile asks for. Throws with a sentence for the user. */
export function ensureInstalled() {
  if (isInstalled()) return
  process.stderr.write('Installing dependencies from package-lock.json (once; about a minute) ...\n')
  const started = Date.now()
  // Warnings are about the Node that runs npm; the code itself runs on the pinned one.
  const npmArguments = ['ci', '--loglevel=error', '--no-audit', '--no-fund']
  const { status, error } = runNpm(npmArguments)
  if (error)
    throw new Error(`npm could not be started (${error.message}). Install Node.js with npm, then try again.`)
  if (status !== 0) {
    throw new Error(
      `npm ci failed with exit code ${status}; its own message is above. Mend that, then run the same command again.`,
    )
  }
  process.stderr.write(`Installed in ${Math.round((Date.now() - started) / 1000)} s.\n`)
}

/** The path of a Node that can run TypeScript: the pinned one, else the one running now. Throws with a sentence for the user. */
export function suitableNode() {
  if (majorOf(spawnSync(pinnedNode, ['--version'], { encoding: 'utf8' }).stdout) >= neededMajor)
    return pinnedNode
  if (majorOf(process.version) >= neededMajor) return process.execPath
  throw new Error(
    `Countersign runs on Node ${neededMajor} or newer, this is ${process.version}, and the pinned copy in node_modules is missing, ` +
      'most likely because your npm is set to ignore install scripts: run "npm rebuild node --ignore-scripts=false" ' +
      `(it allows the one script that fetches Node), or install Node ${neededMajor}, and run the same command again.`,
  )
}

/** npm keeps a record of what it put into node_modules; it must agree with the lockfile, whoever ran npm last. */
function isInstalled() {
  const installed = lockedPackages(join('node_modules', '.package-lock.json'))
  if (!installed) return false
  const wanted = lockedPackages('package-lock.json') ?? {}
  const upToDate = Object.entries(installed).every(([path, entry]) => wanted[path]?.version === entry.version)
  // Prebuilt binaries for other platforms are optional and rightly absent.
  const complete = Object.entries(wanted).every(
    ([path, entry]) => path === '' || path in installed || entry.optional || entry.devOptional,
  )
  return upToDate && complete
}

/** The `packages` table of a lockfile, by path inside the project; undefined when the file does not exist. */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  }
}

/** Started by npm, the very same npm is used again; started by hand, the one on the path. */
function runNpm(npmArguments) {
  const own = process.env.npm_execpath
  const options = { cwd: root, stdio: ['ignore', 2, 2], env: withoutNpmSettings(process.env) }
  return own?.endsWith('.js')
    ? spawnSync(process.execPath, [own, ...npmArguments], options)
    : spawnSync('npm', npmArguments, { ...options, shell: process.platform === 'win32' })
}

/** npm hands its own flags down in the environment; `npm test --silent` must not silence a failing installation. */
function withoutNpmSettings(environment) {
  const {
    npm_config_loglevel: _loglevel,
    npm_config_omit: _omit,
    npm_config_json: _json,
    ...rest
  } = environment
  return rest
}

/** "v24.21.0" gives 24; anything else gives 0. */
function majorOf(version) {
  return Number(/^v(\d+)\./.exec(version ?? '')?.[1] ?? 0)
}
