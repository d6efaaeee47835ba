/** The policy file that `countersign init` proposes: what is known to work is set, everything else stands as a comment. */
import { stringify } from 'yaml'
import type { Policy } from '../policy/schema.ts'
import type { Detected, DetectedCommand } from './initDetect.ts'

const schemaUrl = 'https://raw.githubusercontent.com/countersign/countersign/main/docs/policy.schema.json'

/**
 * The text of `.github/countersign.yml`.
 *
 * @param found what the repository says about itself.
 * @param standing the policy without this file: what the organisation has already decided is not written again.
 */
export function policyText(found: Detected, standing: Policy): string {
  return [
    `# yaml-language-server: $schema=${schemaUrl}`,
    '# The policy of Countersign for this repository. Every key is explained in docs/policy.md of Countersign;',
    '# `countersign check` shows the policy in force, with the default of whatever is not written here.',
    'version: 1',
    '',
    '# Who may let work touch protected paths, and accept changes to gates: logins, or teams as org/slug.',
    '# seniors: [your-org/seniors]',
    '',
    ...commandLines(found.commands.filter(({ name }) => standing.commands[name] === undefined)),
    '',
    ...ciLines(found, standing),
    '',
    '# Who must approve: solo (one engineer), team (two), strict (seniors as well).',
    `# approvals: { profile: ${standing.approvals.profile} }`,
    '',
    '# `checks`: GitHub merges when the required checks are green. `merge`: only Countersign updates the branch.',
    `# merge: { mode: ${standing.merge.mode} }`,
    '',
    '# Specialised agents, each delegated to by its own label.',
    '# profiles:',
    '#   docs:',
    '#     label: agent-docs',
    '#     instructions: docs/agents/docs.md',
    '#     paths: ["docs/**", "*.md"]',
    '#     routes: [feature]',
    '',
  ].join('\n')
}

function commandLines(commands: readonly DetectedCommand[]): string[] {
  // The gate on tests asks for coverage and the pipeline for test results, so that a test command needs its reports.
  const isSet = (one: DetectedCommand) => one.inCi && one.name !== 'test'
  const set = commands.filter(isSet)
  const suggested = commands.filter((one) => !isSet(one))
  return [
    '# What agents and gates run in the sandbox. Only `setup` has a network.',
    ...(set.length > 0
      ? ["# These are run by this repository's own CI:", 'commands:', ...set.map((one) => `  ${entry(one)}`)]
      : []),
    ...(set.length > 0 ? [] : ['# commands:']),
    ...suggested.flatMap((one) =>
      one.name === 'test'
        ? [
            '#   # Tests come first in the work of agents; name the reports that the command writes:',
            '#   test:',
            `#     run: ${scalar(one.run)}`,
            '#     reports:',
            '#       - { format: junit, path: reports/junit.xml }',
            '#       - { format: lcov, path: coverage/lcov.info }',
          ]
        : [`#   ${entry(one)}`],
    ),
    ...(commands.length === 0
      ? ['#   typecheck: { run: make typecheck }', '#   lint: { run: make lint }']
      : []),
  ]
}

const scalar = (text: string) => stringify(text, { lineWidth: 0 }).trim()
const entry = ({ name, run }: DetectedCommand) => `${name}: { run: ${JSON.stringify(run)} }`

function ciLines({ workflows }: Detected, standing: Policy): string[] {
  const named = workflows.filter((one) => one.event !== null)
  const decided = standing.gates.ci.workflows.length > 0 || !standing.gates.ci.enabled
  const left = workflows.filter((one) => one.event === null)
  return [
    "# The repository's own CI, by workflow file and event. Without a list every check at the commit must succeed.",
    ...(named.length > 0 && !decided
      ? [
          'gates:',
          '  ci:',
          '    workflows:',
          ...named.map(({ path, event }) => `      - { path: ${JSON.stringify(path)}, event: ${event} }`),
        ]
      : workflows.length === 0 && !decided
        ? [
            '# No workflow was found: without any CI, switch the gate off.',
            '# gates: { ci: { enabled: false } }',
          ]
        : []),
    ...(decided ? ["# The organisation's policy names it."] : []),
    ...left.map(({ path, why }) => `# Not listed: ${path.replace(/[^\w./-]/g, '?')}, since ${why}.`),
  ]
}
