/** G16: no known form of secret in added lines; what was found is never repeated. */
import { matchesGlob } from '../core/glob.ts'
import { code, count, listed } from '../core/sentences.ts'
import { type Annotation, fail, flag, pass } from '../core/verdict.ts'
import { diffGate } from './gate.ts'

/** Forms that providers publish, so that a hit is almost surely real. Each has a bounded length. */
const forms: readonly [string, RegExp][] = [
  ['a private key', /-----BEGIN (?:[A-Z]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/],
  ['an Anthropic key', /\bsk-ant-[A-Za-z0-9_-]{20,200}/],
  ['an OpenAI key', /\bsk-(?:proj-)?[A-Za-z0-9]{32,200}\b/],
  ['a Google API key', /\bAIza[A-Za-z0-9_-]{35}\b/],
  ['a Slack token', /\bxox[abeoprs]-[A-Za-z0-9-]{10,250}/],
  ['a Stripe key', /\b[rs]k_live_[A-Za-z0-9]{20,250}\b/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a GitLab token', /\bglpat-[A-Za-z0-9_-]{20,100}/],
  ['a JSON web token', /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20,2000}/],
  [
    'a password in a URL',
    /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'`$<{]{1,100}:[^\s/@"'`$<{]{8,200}@[a-z0-9.-]{1,200}/i,
  ],
]

export const secrets = diffGate({
  id: 'secrets',
  requirement: 'G16',
  title: 'Secrets',
  about: 'No known form of secret on added lines; what was found is never repeated.',
  acceptedBy: 'senior',
  judge: (diff, input) => {
    const ignored = (path: string) =>
      input.settings.secrets.ignore_paths.some((glob) => matchesGlob(glob, path))
    const files = diff.files.filter((file) => !ignored(file.path))
    const annotations: Annotation[] = files.flatMap((file) =>
      file.added.flatMap(({ line, text }) =>
        forms
          .filter(([, form]) => form.test(text))
          .map(([what]) => ({
            path: file.path,
            startLine: line,
            endLine: line,
            level: 'failure' as const,
            message: `This line looks like ${what} (G16).`,
          })),
      ),
    )
    if (annotations.length > 0) {
      const places = annotations.map((one) => code(`${one.path}:${one.startLine}`))
      return fail(
        `${count(annotations.length, 'line looks', 'lines look')} like a secret: ${listed([...new Set(places)])}. Revoke it, take it out of the history, and push; a made-up one is named in \`gates.secrets.ignore_paths\`.`,
        annotations.slice(0, 50),
      )
    }
    const cut = files.filter((file) => file.truncated)
    if (cut.length > 0)
      return flag(
        `${count(cut.length, 'file')} too large to be searched for secrets to the end. Split the change, or a senior accepts it with the Accept button.`,
      )
    return pass('No known form of secret in the added lines.')
  },
})
