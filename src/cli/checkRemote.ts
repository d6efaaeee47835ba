/** `countersign check owner/repo`: the policy in force for a repository on GitHub, read and joined as the App does it. */
import { systemClock } from '../adapters/clock.ts'
import { createForge } from '../adapters/github/forge.ts'
import { silentLog } from '../adapters/log.ts'
import { policyPath } from '../core/policyFiles.ts'
import type { PolicyReading } from '../core/snapshot/common.ts'
import { type PolicyPorts, readPolicy } from '../observe/policy.ts'
import type { FloorSettings } from '../policy/floor.ts'
import { parsePolicy } from '../policy/parse.ts'
import { defaultPolicy, type Policy } from '../policy/schema.ts'
import { mistakeLine, mistakesSaid, type Output } from './check.ts'
import { privateKeyOf } from './doctorApp.ts'
import { policyPorts } from './doctorTarget.ts'
import { createOperator, refusalOf } from './operator.ts'
import { type Origin, originsIn, withOrigins } from './policyOrigins.ts'

type Settings = Record<string, string | undefined>

/**
 * Check a repository on GitHub.
 *
 * @param place `owner/repo`, or `owner/repo@branch` for pull requests into another branch than the default one.
 * @returns exit code: 0 with the effective policy on standard output, 1 when it is broken, 2 when it could not be read.
 */
export async function checkRemote(place: string, settings: Settings, { out, err }: Output): Promise<number> {
  const [name = '', branch] = place.split(/@(.*)/s)
  try {
    const read = new Map<string, string>()
    const ports = recording(await portsOf(settings), read)
    const repository = await ports.forge.repository(name)
    if (!repository.found)
      throw new Error(`${name} cannot be seen with this token. Check the name, and what the token may read.`)
    const ref = branch ?? repository.value.defaultBranch
    const tip = await ports.forge.branchTip(name, ref)
    if (!tip.found) throw new Error(`${name} has no branch ${ref} with a commit.`)
    const reading = await readPolicy(ports, repository.value, { ref, tip: tip.value })
    const files = filesOf(repository.value.name, reading, read)
    if (!reading.ok) {
      err(mistakesSaid(mistakesIn(reading, files)))
      return 1
    }
    out(
      [...headOf(repository.value.name, ref, tip.value, files), ...linesOf(reading.policy, files), ''].join(
        '\n',
      ),
    )
    return 0
  } catch (error) {
    err(`The policy of ${place} could not be read: ${refusalOf(error)}\n`)
    return 2
  }
}

/** The operator's own token, or the App's key. */
async function portsOf(settings: Settings): Promise<PolicyPorts> {
  const baseUrl = settings['GITHUB_API_URL'] || 'https://api.github.com'
  const token = settings['GITHUB_TOKEN']
  if (token) return policyPorts(createOperator(baseUrl, token))
  const privateKey = await privateKeyOf(settings)
  const appId = Number(settings['APP_ID'])
  if (privateKey === null || !Number.isInteger(appId) || appId <= 0)
    throw new Error('set GITHUB_TOKEN to a token of your own that may read it, or APP_ID and PRIVATE_KEY.')
  const nothing = () => undefined
  const forge = createForge({
    appId,
    privateKey,
    baseUrl,
    clock: systemClock,
    log: silentLog,
    metrics: { count: nothing, observe: nothing, gauge: nothing },
  })
  return { forge, ledger: { setting: async () => null, putSetting: async () => undefined } }
}

/** The same ports, which keep every policy file that was read, by `owner/repo@sha`. */
function recording({ forge, ledger }: PolicyPorts, read: Map<string, string>): PolicyPorts {
  return {
    ledger,
    forge: {
      repository: (name) => forge.repository(name),
      branchTip: (name, ref) => forge.branchTip(name, ref),
      async file(name, sha, path) {
        const found = await forge.file(name, sha, path)
        if (found.found && path === policyPath) read.set(`${name}@${sha}`, found.value)
        return found
      },
    },
  }
}

/** The texts that made the policy; null where there is none. */
interface Files {
  own: { text: string; shown: string } | null
  shared: { text: string; shown: string } | null
}

function filesOf(name: string, { sha }: PolicyReading<Policy>, read: ReadonlyMap<string, string>): Files {
  const own = read.get(`${name}@${sha}`)
  const sharedName = `${name.split('/')[0]}/.github`
  const shared = [...read].find(([key]) => key.toLowerCase().startsWith(`${sharedName.toLowerCase()}@`))
  const isShared = name.toLowerCase() === sharedName.toLowerCase()
  return {
    own: own === undefined ? null : { text: own, shown: policyPath },
    shared: isShared || !shared ? null : { text: shared[1], shown: `${sharedName}:${policyPath}` },
  }
}

/** The organisation's mistakes have no annotations here, as their lines are in another repository: they are looked up. */
function mistakesIn(reading: Extract<PolicyReading<Policy>, { ok: false }>, { shared }: Files): string[] {
  if (reading.mistakes.length > 0) return reading.mistakes.map(mistakeLine)
  const parsed = shared ? parsePolicy(shared.text, shared.shown) : null
  return parsed && !parsed.ok
    ? parsed.mistakes.map(({ path, message }) => `${path}:${message}`)
    : [reading.sentence]
}

function headOf(name: string, ref: string, tip: string, { own, shared }: Files): string[] {
  const from = [own, shared].flatMap((file) => (file ? [file.shown] : []))
  return [
    `# The policy in force for ${name} at ${ref} (${tip.slice(0, 12)}), as the App reads it.`,
    `# It is made from ${from.length === 0 ? 'no file: everything is a default' : from.join(' over ')}.`,
    ...(shared
      ? []
      : [`# What this token cannot see of ${name.split('/')[0]}/.github looks as if there were nothing.`]),
  ]
}

function linesOf(policy: Policy, { own, shared }: Files): string[] {
  const [ownOrigin, sharedOrigin] = [own, shared].map((file) => file && originsIn(file.text, file.shown))
  const sources: Origin[] = []
  const before = withoutFloor({ own, shared })
  if (sharedOrigin && policy.floor) sources.push(raisedBy(policy.floor, policy, before, sharedOrigin))
  // A floor is the organisation's alone, whatever a repository writes.
  if (ownOrigin) sources.push((path) => (path[0] === 'floor' && shared ? null : ownOrigin(path)))
  if (sharedOrigin) sources.push(sharedOrigin)
  return withOrigins(policy, sources)
}

/** What the files make before the floor is laid under it. */
function withoutFloor({ own, shared }: Files): Policy {
  const organisation = shared ? parsePolicy(shared.text) : null
  const base = organisation?.ok ? organisation.policy : defaultPolicy
  const joined = own ? parsePolicy(own.text, policyPath, base) : null
  return joined?.ok ? joined.policy : base
}

/** Which key of the floor may raise which value. */
const raises: Record<string, keyof FloorSettings> = {
  enforce: 'enforce',
  seniors: 'seniors',
  people: 'people',
  protected: 'protected',
  'protected.paths': 'protected',
  'approvals.profile': 'profile',
  'approvals.by': 'by',
  'merge.mode': 'mode',
  'merge.auto': 'auto',
}

function raisedBy(floor: FloorSettings, policy: Policy, before: Policy, shared: Origin): Origin {
  return (path) => {
    const key = raises[path.join('.')]
    if (key === undefined || floor[key] === undefined) return null
    if (JSON.stringify(valueAt(policy, path)) === JSON.stringify(valueAt(before, path))) return null
    return `floor, ${shared(['floor', key]) ?? 'of the organisation'}`
  }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  )
}
