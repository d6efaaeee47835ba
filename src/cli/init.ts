/** `countersign init owner/repo`: proposes policy and issue form as one pull request, and creates the labels (D2, P13). */
import { RepositoryName } from '../core/ids.ts'
import { count } from '../core/sentences.ts'
import { applyInit } from './initApply.ts'
import { type InitPlan, planInit } from './initPlan.ts'
import { type InitTarget, initBranch, readInitTarget } from './initTarget.ts'
import { createOperator, type Operator, refusalOf } from './operator.ts'

type Settings = Record<string, string | undefined>
export interface InitTerminal {
  out(text: string): void
  err(text: string): void
  /** The answer to a yes-or-no question; null where nobody can be asked. */
  ask(question: string): Promise<boolean | null>
}

const help = `countersign init <owner/repo> [--yes]

  Needs GITHUB_TOKEN: the token of someone who may push branches and create labels there.
  Shows what it would do, asks, and then opens one pull request with .github/countersign.yml and an issue form, and
  creates the labels that the policy names. What is there already is left as it is. Run it again at any time.
  --yes   do not ask

Exit code: 0 done, or nothing to do; 1 you said no; 2 it could not be run.`

/**
 * Run init.
 *
 * @param words the arguments after `init`.
 * @returns the exit code, see the help text.
 */
export async function init(
  words: readonly string[],
  settings: Settings,
  terminal: InitTerminal,
): Promise<number> {
  const refuse = (why: string) => {
    terminal.err(`${why}\n\n${help}\n`)
    return 2
  }
  const yes = words.includes('--yes')
  const [repository = '', ...extra] = words.filter((word) => word !== '--yes')
  if (extra.length > 0 || repository.startsWith('-'))
    return refuse(`"${extra[0] ?? repository}" is not an option of init.`)
  if (!RepositoryName.safeParse(repository).success) return refuse('Name the repository as owner/repo.')
  const token = settings['GITHUB_TOKEN']
  if (!token) return refuse('GITHUB_TOKEN is missing: set it to a token that may push to the repository.')
  const operator = createOperator(settings['GITHUB_API_URL'] || 'https://api.github.com', token)
  try {
    return await propose(operator, repository, yes, terminal)
  } catch (error) {
    terminal.err(`Init could not go on: ${refusalOf(error)}\n`)
    return 2
  }
}

async function propose(
  operator: Operator,
  repository: string,
  yes: boolean,
  { out, err, ask }: InitTerminal,
): Promise<number> {
  const target = await readInitTarget(operator, repository)
  const plan = await planInit(target)
  for (const sentence of plan.kept) out(`${sentence}\n`)
  if (plan.files.length > 0 && target.blocked !== null) throw new Error(target.blocked)
  if (plan.files.length === 0 && plan.labels.length === 0 && target.branchTip === null) {
    const waits = target.proposal
      ? ` Pull request #${target.proposal.number} waits: ${target.proposal.url}`
      : ''
    out(`Nothing to do in ${target.name}.${waits}\n`)
    return 0
  }
  out(`${shown(target, plan).join('\n')}\n`)
  const answer = yes || (await ask('Go on? [y/N] '))
  if (answer === null) {
    err('Nobody can be asked here, so nothing was done. Give --yes once you have read the above.\n')
    return 2
  }
  if (!answer) {
    out('Nothing was done.\n')
    return 1
  }
  for (const sentence of await applyInit(operator, target, plan)) out(`${sentence}\n`)
  return 0
}

/** Everything that will be done, with the whole text of the files. */
function shown(target: InitTarget, { files, labels }: InitPlan): string[] {
  const { name, defaultBranch, proposal, branchTip } = target
  const proposes = files.length > 0 || branchTip !== null
  const what =
    files.length > 0 ? `with ${count(files.length, 'file')}:` : 'with what the branch holds already.'
  const how = proposal
    ? `Update pull request #${proposal.number} of ${name} (branch ${initBranch})`
    : `Open a pull request on ${name} from the branch ${initBranch} into ${defaultBranch}`
  return [
    ...(proposes ? ['', `${how}, ${what}`] : []),
    ...files.flatMap(({ path, content }) => [
      '',
      `--- ${path}`,
      ...content
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`),
    ]),
    ...(labels.length > 0 ? ['', `Create ${count(labels.length, 'label')}:`] : []),
    ...labels.map((one) => `  ${one.name}  (${one.description})`),
    '',
  ]
}
