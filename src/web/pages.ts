/** Which page an address means, and what is read for it. By now the viewer may read the repository. */
import { formatKey, type RepositoryName } from '../core/ids.ts'
import type { Clock, Ledger } from '../core/ports.ts'
import { judge as judgePull } from '../subjects/pull.ts'
import { view } from '../subjects/task.ts'
import type { Content } from './board.ts'
import { type EnforcementPorts, loadEnforcement } from './enforcement.ts'
import { loadEnvironment, loadEnvironmentPast } from './environment.ts'
import { loadFigures, weeksIn } from './figures.ts'
import type { Html } from './html.ts'
import type { Looks } from './looks.ts'
import { enforcementPage, enforcementSummary } from './pages/enforcement.ts'
import { environmentPage } from './pages/environment.ts'
import { figuresPage } from './pages/figures.ts'
import { cardsOf, homePage } from './pages/home.ts'
import { pullPage } from './pages/pull.ts'
import { repositoryPage } from './pages/repository.ts'
import { taskPage } from './pages/task.ts'
import { github, paths } from './paths.ts'
import { loadRepository, tell } from './repository.ts'

export interface PagePorts {
  ledger: Pick<Ledger, 'facts' | 'latest' | 'factsSince' | 'evidence' | 'setting'>
  looks: Looks
  /** How rounds read a repository's policy, and the rules in force on a branch. */
  rules: Pick<EnforcementPorts, 'ground' | 'branchRules'>
  clock: Clock
  /** GitHub's pages, such as `https://github.com`. */
  web: string
}

export interface Pages {
  home(readable: readonly RepositoryName[]): Promise<Content>
  /** @param rest the path below the repository's, without a slash before it. Null when there is no such page. */
  of(name: RepositoryName, rest: string, query: Record<string, string>): Promise<Content | null>
}

/** Subjects whose last word the first page counts. */
const mostListed = 10_000
/** Names of environments may hold nearly anything, slashes too. */
const environmental = /^environments\/(.{1,255})$/s
const numbered = /^(issues|pulls)\/([1-9]\d{0,9})$/

export function createPages(ports: PagePorts): Pages {
  const { ledger, looks, clock } = ports
  const links = github(ports.web)
  const below = (name: RepositoryName, title: string, href: string, body: Html): Content => ({
    title: `${title} · ${name}`,
    path: [
      { name, href: paths.repository(name) },
      { name: title, href },
    ],
    body,
    moves: true,
  })

  async function repository(name: RepositoryName): Promise<Content> {
    const [data, rules] = await Promise.all([loadRepository(ports, name), enforcementOf(name)])
    const body = repositoryPage({ ...data, enforcement: enforcementSummary(rules), links })
    return { title: name, path: [{ name, href: paths.repository(name) }], body, moves: true }
  }

  const enforcementOf = (name: RepositoryName) =>
    loadEnforcement({ ...ports.rules, ledger, web: ports.web }, name, clock.nowMs())

  async function enforcement(name: RepositoryName): Promise<Content> {
    const body = enforcementPage(await enforcementOf(name))
    return below(name, 'Enforcement', paths.enforcement(name), body)
  }

  async function task(name: RepositoryName, issue: number): Promise<Content | null> {
    const key = formatKey({ kind: 'task', repository: name, issue })
    const facts = await ledger.facts(key)
    if (facts.length === 0) return null
    const told = await tell(() => looks.task(key))
    const look = told?.ok ? told.look : null
    const open = look && {
      look,
      view: view(look.snapshot),
      pull: look.snapshot.pull ? judgePull(look.snapshot.pull) : null,
    }
    const unread = told && !told.ok ? told.sentence : ''
    const body = taskPage({ name, issue, facts: look?.snapshot.facts ?? facts, open, unread, links })
    return below(name, `#${issue}`, paths.task(name, issue), body)
  }

  async function pull(name: RepositoryName, number: number): Promise<Content | null> {
    const key = formatKey({ kind: 'pull', repository: name, number })
    const told = await tell(() => looks.pull(key))
    const look = told?.ok ? told.look : null
    const facts = look?.snapshot.facts ?? (await ledger.facts(key))
    if (!look && facts.length === 0) return null
    const unread = told && !told.ok ? told.sentence : ''
    const body = pullPage({ name, number, facts, look, unread, links })
    return below(name, `#${number}`, paths.pull(name, number), body)
  }

  async function environment(name: RepositoryName, spelled: string): Promise<Content | null> {
    const key = formatKey({ kind: 'rollout', repository: name, environment: spelled })
    const past = await ledger.facts(key)
    if (past.length === 0) return null
    const told = await tell(() => looks.rollout(key))
    const gone = 'GitHub does not have this repository under this name any more.'
    const data = told?.ok
      ? await loadEnvironment(ports, told.look.snapshot, told.look.verdicts)
      : await loadEnvironmentPast(ports, {
          repository: name,
          environment: spelled,
          nowMs: clock.nowMs(),
          why: told?.sentence ?? gone,
        })
    return below(name, data.environment, paths.environment(name, spelled), environmentPage(data))
  }

  async function figures(name: RepositoryName, asked: string | undefined): Promise<Content> {
    const weeks = weeksIn(asked)
    const read = await loadFigures(ledger, name, { weeks, nowMs: clock.nowMs() })
    const body = figuresPage({ figures: read, weeks })
    // Read over thousands of facts, of which a few are new in an hour: asked for again only by whoever looks again.
    return { ...below(name, 'Figures', paths.figures(name), body), moves: false }
  }

  return {
    async home(readable) {
      const latest = await ledger.latest({ limit: mostListed })
      return { title: 'Board', path: [], body: homePage(cardsOf(readable, latest)), moves: true }
    },
    async of(name, rest, query) {
      if (rest === '') return repository(name)
      const [, kind, digits] = numbered.exec(rest) ?? []
      if (kind === 'issues') return task(name, Number(digits))
      if (kind === 'pulls') return pull(name, Number(digits))
      const [, spelled] = environmental.exec(rest) ?? []
      if (spelled !== undefined) return environment(name, spelled)
      if (rest === 'enforcement') return enforcement(name)
      return rest === 'figures' ? figures(name, query['weeks']) : null
    },
  }
}
