/** The text of docs/gates.md, made from the gates and the classification that judge (a test holds that it is current). */
import { languages } from '../adapters/references/languages.ts'
import { classifyDefaults, type FileKind } from '../core/classify.ts'
import { allGates } from '../gates/all.ts'
import type { Gate } from '../gates/gate.ts'
import { localGates } from './gatesRange.ts'

const readsWords: Record<Gate['reads'], string> = {
  diff: 'the change itself',
  command: 'a command of policy, run in the sandbox',
  ci: "the repository's own CI on GitHub",
  report: 'reports that CI uploads',
  'command or report': 'a command of policy, run in the sandbox, or reports that CI uploads',
}

const acceptedWords: Record<Gate['acceptedBy'], string> = {
  approver: 'a person who may approve',
  senior: 'a senior',
}

/** The whole page, Markdown. */
export function gatesPage(): string {
  return `# Gates

<!-- Made by \`npm run docs:gates\` from src/gates. Do not edit by hand. -->

Every gate answers pass, flag (a person must look and accept), wait (an input is missing yet) or fail, always with one
sentence. Less information never moves an answer towards pass. A flag is accepted with the Accept button of the check or
with \`/agent accept <gate> <reason>\`, for one commit only.

| gate | rule | what it asks | rests on | a flag is accepted by |
|---|---|---|---|---|
${allGates
  .map(
    (gate) =>
      `| \`${gate.id}\` | ${gate.requirement} | ${gate.about} | ${readsWords[gate.reads]} | ${acceptedWords[gate.acceptedBy]} |`,
  )
  .join('\n')}

Gates that rest on the change itself are always on, except where the policy switches one off. The others exist only when
policy names what they need, and are listed as "not configured" otherwise.

## Reports that CI uploads

The repository's own workflow measures, and uploads what its tools write with \`actions/upload-artifact\`; policy says
where each report is. Coverage, sizes, load tests and analyses are compared with the run at the merge base.

\`\`\`yaml
gates:
  reports:
    - { workflow: .github/workflows/ci.yml, artifact: coverage, path: lcov.info, format: lcov }
    - { workflow: .github/workflows/load.yml, artifact: load, path: summary.json, format: k6 }
\`\`\`

| format | what is read | gate |
|---|---|---|
| \`junit\` | JUnit XML of any test runner | \`tests\` |
| \`lcov\`, \`cobertura\` | lines of each file | \`tests\` |
| \`istanbul\` | \`coverage-final.json\`, or the totals of \`coverage-summary.json\` | \`tests\` |
| \`audit\` | JSON of \`npm audit\`, \`pnpm audit\` or OSV-Scanner | \`audit\` |
| \`size-limit\` | \`size-limit --json\` | \`bundle-size\` |
| \`k6\` | the p(95) of \`http_req_duration\`, in milliseconds, from \`--summary-export\` or the data of \`handleSummary()\` as JSON | \`performance\` |
| \`autocannon\` | \`autocannon --json\`; it has no 95th percentile, so the next above, \`p97_5\`, is compared with itself | \`performance\` |
| \`sarif\` | SARIF 2.1.0: results that are neither suppressed nor gone; a security severity of 7 or more is an error | \`static-analysis\` |

- An artifact counts when its run is the newest of exactly that workflow file, event (\`event\` at the head,
  \`base_event\` at the merge base) and commit, and succeeded or failed. A name alone proves nothing.
- \`path\` is the path inside the artifact: upload-artifact leaves out the folder that all uploaded files share.
- At the head a run that is missing is waited for until \`gates.ci.deadline_minutes\`, then it fails, as does at once a
  report that is missing, expired, broken or empty. What is missing at the merge base is flagged, except where the base
  would be the excuse: coverage below the minimum then fails.
- Absolute paths in a report are understood below the workspace of GitHub's runners (\`.../shop/shop/\`).
- An archive may have 64 MB, 20,000 files and a report in it 20 MB. One with links, paths out of it, two files of one
  name, encryption, the zip64 form or a file that unpacks to 200 times its size is refused as a whole.
- The change's own code makes these numbers. Workflows, configuration and package scripts are G12's; name other files
  that measure (\`scripts/measure.sh\`) under \`protected\`.

## Which CI counts

- A check counts by App, workflow file, event and commit. While a run of GitHub Actions is not over the gate waits, also
  when every job that exists has succeeded: a job that needs another comes into being after it.
- A run that could not start, or that GitHub holds until somebody lets it run, is no green, whatever other Apps report.
- When the base branch of a pull request was changed, runs of \`pull_request\` events at that commit count no more, nor do
  the reports that they uploaded: they may have tested the merge into another branch. A push starts them for this one.

## Where dependencies come from

Gate integrity shows lines of lockfiles and requirements that fetch from elsewhere than the language's registry, unless
the same change takes away a line that named the same host. An organisation names its own registry once, in
\`gates.references.known\`.

## On the command line

\`countersign gates --base REV --head REV\` evaluates ${localGates.map((gate) => `\`${gate.id}\``).join(', ')}
on a local checkout, without network and without the App, so that a person, an agent or a workflow can ask before
pushing. It judges commits: what is not committed is not seen. Like the App it compares the head with the merge base,
and reads \`.github/countersign.yml\` at the base commit unless \`--policy FILE\` names another.

| option | meaning |
|---|---|
| \`--base REV\` | what the change will be merged into; needed |
| \`--head REV\` | the change; \`HEAD\` unless told |
| \`--repo DIR\` | a folder of the checkout; the current one unless told |
| \`--policy FILE\` | a policy file to judge by |
| \`--each\` | judge every commit of the range (merges aside) on its own; at most 1000 |
| \`--allow-flags\` | a flag does not change the exit code |
| \`--json\`, \`--sarif\` | for machines; SARIF 2.1.0 for code scanning |

Exit code 0: nothing stops the change. 1: a gate fails, or a person must accept a flag. 2: it could not be judged, with
the reason. The repository is read through a scratch folder that borrows its objects: its hooks, filters, attributes and
settings take no effect, and nothing of it is written.

A green answer here is no approval. The App decides from what it reads itself; a plan commit found locally is taken at
its word, while the App asks its ledger whether it issued that plan.

## What counts as code, test and documentation

By the path alone, blind to case, the first of these that fits. Anything else is **code**. Policy replaces a list with
\`gates.paths.test\`, \`gates.paths.documentation\` or \`gates.paths.configuration\`.

${section('test')}

${section('documentation')}

${section('configuration')}

A fixture below a test folder is a test whatever its ending, since it decides what the tests prove.

## What is resolved as a reference

On added lines of ${languages.map((language) => language.id).join(', ')}, by tree-sitter grammars:

- **Imports** lead to a file of the tree, a package of the manifest or lockfile above the file, the language's own
  library, or a place that tools write (ignored by git, or a folder such as \`dist\`). In TypeScript, JavaScript and
  Python the names taken from a file of the tree must be there too. What leads nowhere fails, with the nearest real names.
- **Packages** added to a package.json stand in the lockfile.
- **Calls** of plain names (\`total(1)\`) are declared in the file, the language, or anywhere in the tree; otherwise they
  are flagged. Files with wildcard imports, inheritance or mixins are left out, since names may come from there.
- **Methods on values** (\`cart.total()\`) are left to the type checker: name \`commands.typecheck\` in the policy.
- Java and C# name packages, not the artifacts that hold them, and builds resolve dependencies of dependencies: there an
  unknown package is flagged and does not fail. In PHP only names with a capital inside are taken for a project's own.

What resolves in a way that the gate cannot see is named in \`gates.references.known\`.
`
}

function section(kind: Exclude<FileKind, 'code'>): string {
  return `**${kind}**\n\n${classifyDefaults[kind].map((glob) => `- \`${glob}\``).join('\n')}`
}
