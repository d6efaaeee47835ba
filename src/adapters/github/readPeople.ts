/** Reading people: the role and teams an account has at this moment. */
import { z } from 'zod'
import { type Account, type Role, roles, type Standing } from '../../core/account.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { Clock, ForgeReads, Log } from '../../core/ports.ts'
import { on, parts } from './access.ts'
import { RestAccount } from './accounts.ts'
import type { Client } from './client.ts'
import { absentOn404 } from './failures.ts'
import { createLru, type Lru } from './lru.ts'

const Permission = z.object({ permission: z.string(), role_name: z.string(), user: RestAccount.nullable() })
const Membership = z.object({ state: z.string() })
const asRole = z.enum(roles)

/**
 * Who was not in a team is not asked for again so soon: GitHub answers 404, which has no ETag and counts each time. It
 * can only hold an approval back, by this much; a membership, which lets one count, is read each time.
 */
const strangerForMs = 60_000

interface People {
  client: Client
  log: Log
  clock: Clock
  strangers: Lru<number>
}

/** The look-up of standing, with its own short memory of who is in no team. */
export function createStandings(client: Client, log: Log, clock: Clock): ForgeReads['standing'] {
  const people: People = { client, log, clock, strangers: createLru({ entries: 10_000 }) }
  return (name, account, teams) => readStanding(people, name, account, teams)
}

/**
 * Role and teams of an account now (A3). Failed look-ups are `unknown`, which never counts as enough (S9).
 *
 * @param teams `org/slug`, as policy names them.
 */
async function readStanding(
  people: People,
  name: RepositoryName,
  account: Account,
  teams: string[],
): Promise<Standing> {
  // Bots hold no role that any rule asks for; where a bot may start something, policy lists its id.
  if (account.type !== 'User') return { account, role: 'none', teams: [] }
  try {
    const current = await currentRole(people.client, name, account)
    if (current === null) return { account, role: 'none', teams: [] }
    const held = await Promise.all(teams.map((team) => isMember(people, name, team, current.login)))
    return {
      account: { ...account, login: current.login },
      role: current.role,
      teams: teams.filter((_, i) => held[i]),
    }
  } catch (error) {
    people.log.warn({ account: account.login, error }, 'standing could not be looked up')
    return readRoleAlone(people, name, account, teams)
  }
}

/** After a failure: the role may be readable where teams are not, and the reverse helps nobody. */
async function readRoleAlone(
  people: People,
  name: RepositoryName,
  account: Account,
  teams: string[],
): Promise<Standing> {
  if (teams.length === 0) return { account, role: 'unknown', teams: 'unknown' }
  const alone = await readStanding(people, name, account, [])
  return { ...alone, teams: 'unknown' }
}

/** Look up by login, which the API wants, and check the id, which is the identity: logins are renamed and reused. */
async function currentRole(
  client: Client,
  name: RepositoryName,
  account: Account,
): Promise<{ login: string; role: Role } | null> {
  const first = await roleByLogin(client, name, account.login)
  if (first?.id === account.id) return { login: account.login, role: first.role }
  const user = await absentOn404(
    client.rest(on(name, 'read'), 'GET /user/{account_id}', { account_id: account.id }, RestAccount),
  )
  if (!user.found || user.value.login === account.login) return null
  const renamed = await roleByLogin(client, name, user.value.login)
  return renamed?.id === account.id ? { login: user.value.login, role: renamed.role } : null
}

async function roleByLogin(
  client: Client,
  name: RepositoryName,
  login: string,
): Promise<{ id: number; role: Role } | null> {
  const route = 'GET /repos/{owner}/{repo}/collaborators/{username}/permission'
  const answer = await absentOn404(
    client.rest(on(name, 'read'), route, { ...parts(name), username: login }, Permission),
  )
  if (!answer.found || !answer.value.user) return null
  // A custom role has a name of its own; `permission` is then the built-in role it is based on, folded.
  const role =
    asRole.safeParse(answer.value.role_name).data ?? asRole.safeParse(answer.value.permission).data ?? 'none'
  return { id: answer.value.user.id, role }
}

async function isMember(
  { client, clock, strangers }: People,
  name: RepositoryName,
  team: string,
  login: string,
): Promise<boolean> {
  const [org = '', slug = ''] = team.split('/')
  const key = `${team} ${login}`.toLowerCase()
  if (clock.nowMs() < (strangers.get(key) ?? 0)) return false
  const route = 'GET /orgs/{org}/teams/{team_slug}/memberships/{username}'
  const inputs = { org, team_slug: slug, username: login }
  const answer = await absentOn404(client.rest(on(name, 'members'), route, inputs, Membership))
  if (!answer.found) strangers.set(key, clock.nowMs() + strangerForMs)
  return answer.found && answer.value.state === 'active'
}
