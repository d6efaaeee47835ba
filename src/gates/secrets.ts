/** G16: no known form of secret in added lines or commit messages; what was found is never repeated. */
import type { CommitBody, DiffBody } from '../core/evidence.ts'
import { matchesGlob } from '../core/glob.ts'
import { code, count, listed } from '../core/sentences.ts'
import { type Annotation, fail, flag, pass, type Verdict } from '../core/verdict.ts'
import { commitsRequest, diffRequest, type Gate, type GateInput, withCommits, withDiff } from './gate.ts'

/**
 * Forms that providers publish, so that a hit is almost surely real; keys of their own examples end in EXAMPLE. Each has
 * a bounded length, and none begins inside of another begin of itself: a line is hostile text.
 */
const forms: readonly [string, RegExp][] = [
  ['a private key', /-----BEGIN (?:[A-Z]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----/],
  ['an age key', /\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b/],
  ['an AWS access key', /\b(?:AKIA|ASIA)(?![A-Z2-7]{9}EXAMPLE\b)[A-Z2-7]{16}\b/],
  ['an Anthropic key', /\bsk-ant-[A-Za-z0-9_-]{20,200}/],
  ['an OpenAI key', /\bsk-(?:[A-Za-z0-9]{32,200}\b|(?:proj|svcacct|admin)-[A-Za-z0-9_-]{32,250})/],
  ['a Google API key', /\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/],
  ['a Google client secret', /\bGOCSPX-[A-Za-z0-9_-]{28}(?![A-Za-z0-9_-])/],
  ['a Slack token', /\bxox[abeoprs]-[A-Za-z0-9-]{10,250}|\bxapp-\d-[A-Z0-9]{8,15}-\d{8,15}-[a-f0-9]{60,70}/],
  ['a Slack webhook', /hooks\.slack\.com\/services\/T[A-Z0-9]{6,14}\/B[A-Z0-9]{6,14}\/[A-Za-z0-9]{20,30}/],
  ['a Stripe key', /\b(?:[rs]k_live_[A-Za-z0-9]{20,250}|whsec_[A-Za-z0-9+/]{32,100})/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a PyPI token', /\bpypi-AgE[A-Za-z0-9_-]{50,300}/],
  ['a GitLab token', /\bglpat-[A-Za-z0-9_-]{20,100}/],
  ['a Hugging Face token', /\bhf_[A-Za-z0-9]{34}\b/],
  ['a SendGrid key', /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/],
  ['a Docker token', /\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,40}/],
  ['a DigitalOcean token', /\bdo[opr]_v1_[a-f0-9]{64}\b/],
  ['a Vault token', /\bhv[sbr]\.[A-Za-z0-9_-]{24,300}/],
  ['an Azure storage key', /\bAccountKey=[A-Za-z0-9+/]{86}==/],
  [
    'a JSON web token',
    /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20,2000}/,
  ],
  // A host of one label is a container's or the machine itself, and those of RFC 2606 are nobody's.
  [
    'a password in a URL',
    /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'`$<{]{1,100}:[^\s/@"'`$<{]{8,200}@(?!(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|host\.docker\.internal|(?:[a-z0-9-]{1,63}\.){0,5}(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)|[a-z0-9-]{1,63})\.?(?![a-z0-9.-]))[a-z0-9.-]{1,200}/i,
  ],
]

export const secrets: Gate = {
  id: 'secrets',
  requirement: 'G16',
  title: 'Secrets',
  about: 'No known form of secret on added lines or in commit messages; what was found is never repeated.',
  reads: 'diff',
  acceptedBy: 'senior',
  off: () => null,
  needs: (input) => [diffRequest(input), commitsRequest(input)],
  evaluate: (input) =>
    withDiff(input, (diff) => withCommits(input, (commits) => judge(input, diff, commits))),
}

const formsIn = (text: string) => forms.flatMap(([what, form]) => (form.test(text) ? [what] : []))

function judge({ settings }: GateInput, diff: DiffBody, commits: readonly CommitBody[]): Verdict {
  const ignored = (path: string) => settings.secrets.ignore_paths.some((glob) => matchesGlob(glob, path))
  const files = diff.files.filter((file) => !ignored(file.path))
  const annotations: Annotation[] = files.flatMap((file) =>
    file.added.flatMap(({ line, text }) =>
      formsIn(text).map((what) => ({
        path: file.path,
        startLine: line,
        endLine: line,
        level: 'failure' as const,
        message: `This line looks like ${what} (G16).`,
      })),
    ),
  )
  const messages = commits.filter(({ message }) =>
    message.split('\n').some((line) => formsIn(line).length > 0),
  )
  if (annotations.length + messages.length > 0) {
    const places = [
      ...annotations.map((one) => code(`${one.path}:${one.startLine}`)),
      ...messages.map(({ sha }) => `the message of commit ${code(sha.slice(0, 8))}`),
    ]
    return fail(
      `${count(annotations.length + messages.length, 'line looks', 'lines look')} like a secret: ${listed([...new Set(places)])}. Revoke it, take it out of the history, and push; a made-up one is named in \`gates.secrets.ignore_paths\`.`,
      annotations.slice(0, 50),
    )
  }
  const cut = files.filter((file) => file.truncated)
  if (cut.length > 0)
    return flag(
      `${count(cut.length, 'file')} too large to be searched for secrets to the end. Split the change, or a senior accepts it with the Accept button.`,
    )
  return pass('No known form of secret in the added lines and the commit messages.')
}
