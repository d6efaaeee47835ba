/** `countersign doctor`, judged: one line for each part of enforcement, green, amber or red, with what mends it (A5). */
import { count, listed } from '../core/sentences.ts'
import { inspectBypass } from './bypass.ts'
import { doctorCommand, type Finding, green, red } from './finding.ts'
import { inspectEnvironments, inspectRollback } from './inspectEnvironments.ts'
import { comparePermissions, type Permissions } from './permissions.ts'
import type { DeployingWorkflow, Protection, Seen } from './protection.ts'
import { type Clause, weaknesses } from './weaknesses.ts'

export interface Line extends Finding {
  id: string
  title: string
  /** True when `--fix` mends it. */
  fixable: boolean
  /** True when the proof rests on it. */
  proves: boolean
}

function line(id: string, title: string, finding: Finding, kind: 'proves' | 'beside' = 'beside'): Line {
  // The policy is the repository's own, and a bypass list is somebody's decision: rulesets are all that is mended.
  const mended = ['checks', 'updates', 'forcePushes', 'deletions'].includes(id)
  const fixable = mended && finding.state === 'red'
  return { id, title, ...finding, fixable, proves: kind === 'proves' }
}

/** Judge a part that may be hidden; hidden is amber, never green (S9). */
function over<T>(part: Seen<T>, judge: (value: T) => Finding): Finding {
  if (part.seen) return judge(part.value)
  return {
    state: 'amber',
    sentence: `Not visible to this token: ${part.why}.`,
    mend: 'Run doctor again with the token of an administrator of this repository.',
  }
}

/** Every line, in the order in which people mend them. */
export function inspect(seen: Protection): Line[] {
  const clause = (of: Clause, fine: string) =>
    over(seen.rules, (rules) => {
      const weakness = weaknesses(rules, seen.appId, seen.mode)[of]
      if (weakness === null) return green(fine)
      const mend =
        of === 'queue'
          ? `Turn the merge queue off at ${seen.url}/settings/rules.`
          : `${doctorCommand(seen.repository)} --fix`
      return red(`On ${seen.branch}, ${weakness}.`, mend)
    })
  const settings = `${seen.url}/settings`
  return [
    line(
      'enforce',
      'Policy',
      seen.enforce
        ? green('Enforced.')
        : red(
            'Shadow mode: the checks hold nothing up (`enforce: false`).',
            'Take `enforce: false` out of .github/countersign.yml.',
          ),
      'proves',
    ),
    line('checks', 'Required checks', clause('checks', `Pinned to the App's id ${seen.appId}.`), 'proves'),
    line(
      'updates',
      'Who may update',
      clause(
        'updates',
        seen.mode === 'merge' ? 'Only who bypasses the rule on updates.' : 'Not asked for in checks mode.',
      ),
      'proves',
    ),
    line('forcePushes', 'Force pushes', clause('forcePushes', 'Blocked.'), 'proves'),
    line('deletions', 'Deletion', clause('deletions', 'Blocked.'), 'proves'),
    line(
      'queue',
      'Merge queue',
      clause('queue', seen.mode === 'merge' ? 'Off.' : 'Answered for, entry by entry, when it is on.'),
    ),
    line(
      'bypass',
      'Who may bypass',
      over(seen.rulesets, (all) => inspectBypass(all, seen.appId)),
      'proves',
    ),
    line(
      'bypassed',
      'Bypasses, last week',
      over(seen.bypassed, (all) => {
        const others = all.filter((one) => one.actorId === null || one.actorId !== seen.botId)
        if (others.length === 0) return green("None, the App's own merges aside.")
        const named = listed(others.map((one) => `${one.actor} (${one.sha.slice(0, 8)})`))
        return red(
          `${count(others.length, 'update')} of ${seen.branch} bypassed a rule: ${named}.`,
          `Look at each at ${settings}/rules/insights and revert what does not belong there.`,
        )
      }),
    ),
    line(
      'classic',
      'Classic protection',
      over(seen.classic, (classic) => {
        if (!classic) return green('None; rulesets hold the branch.')
        return green(
          `There beside the rulesets${classic.adminsIncluded ? '' : ' (administrators are let past it)'}; rulesets alone are counted here.`,
        )
      }),
    ),
    line(
      'actionsApprove',
      'Actions may approve',
      over(seen.workflows, ({ mayApprove }) =>
        mayApprove
          ? red(
              'GitHub Actions may create and approve pull requests.',
              `Untick "Allow GitHub Actions to create and approve pull requests" at ${settings}/actions.`,
            )
          : green('No.'),
      ),
    ),
    line(
      'actionsToken',
      'Default workflow token',
      over(seen.workflows, ({ defaultToken }) =>
        defaultToken === 'write'
          ? red(
              'Workflows get a token that can write unless they ask for less, and they run on agent branches (T38).',
              `Choose "Read repository contents and packages permissions" at ${settings}/actions.`,
            )
          : green('Reads only.'),
      ),
    ),
    line(
      'secrets',
      'Secrets in reach of agents',
      over(seen.secrets, (names) =>
        names.length === 0
          ? green('None outside environments.')
          : red(
              `Workflows on any branch, an agent's too, can read ${listed(names)} (T38).`,
              `Move them into an environment with protection rules: ${settings}/environments.`,
            ),
      ),
    ),
    line('environments', 'Environments', over(seen.environments, inspectEnvironments(settings))),
    line('rollback', 'What would hold a rollback', over(seen.environments, inspectRollback(settings))),
    line('deploying', 'Deploys for agents', over(seen.deploying, inspectDeploying(seen.url, seen.branch))),
    line('permissions', "The App's permissions", over(seen.permissions, inspectPermissions)),
  ]
}

/** T38: what an agent pushes runs before anybody has read it; it must not deploy itself. */
const inspectDeploying =
  (url: string, branch: string) =>
  (all: DeployingWorkflow[]): Finding => {
    if (all.length === 0) return green('No workflow deploys what an agent pushes or proposes.')
    const named = listed(all.map((one) => `${one.path} (to ${listed(one.environments)})`))
    return red(
      `A push or a pull request of anybody, an agent's too, starts ${named}.`,
      `Let it start on pushes of named branches alone (\`on: push: branches:\`) in ${url}/blob/${branch}/${all[0]?.path}.`,
    )
  }

function inspectPermissions({ held, wanted }: { held: Permissions; wanted: Permissions }): Finding {
  const { excess, lacking } = comparePermissions(held, wanted)
  if (lacking.length > 0)
    return red(
      `The installation lacks ${listed(lacking, 9)}.`,
      "Accept the App's permissions in the installation's settings (Settings, GitHub Apps, Configure).",
    )
  if (excess.length > 0)
    return red(
      `The installation holds more than it needs: ${listed(excess, 9)}.`,
      "Take them away on the App's settings page under Permissions & events; docs/permissions.md lists what is needed.",
    )
  return green('Exactly what docs/permissions.md lists.')
}

/** True when everything that the proof rests on was seen and holds. */
export const isProven = (lines: readonly Line[]): boolean =>
  lines.every((one) => !one.proves || one.state === 'green')
