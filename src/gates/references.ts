/** G14: what added lines import and call exists; the type checker decides what a parser cannot (P4). */
import type { ReferencesBody, UnresolvedReference } from '../core/evidence.ts'
import { matchesGlob } from '../core/glob.ts'
import { code, count, listed } from '../core/sentences.ts'
import { type Annotation, fail, flag, pass, type Verdict, wait } from '../core/verdict.ts'
import type { Gate, GateInput } from './gate.ts'

const referencesRequest = (input: Pick<GateInput, 'base' | 'head'>) =>
  ({ kind: 'references', base: input.base, head: input.head }) as const

export const references: Gate = {
  id: 'references',
  requirement: 'G14',
  title: 'References',
  about:
    'Imports and packages on added lines lead to the repository, its manifest and lockfile, or the language; called functions that are declared nowhere are shown.',
  reads: 'diff',
  acceptedBy: 'approver',
  off: (input) =>
    input.settings.references.enabled
      ? null
      : 'Switched off in the policy file (`gates.references.enabled`).',
  needs: (input) => [referencesRequest(input)],
  evaluate: (input) => {
    const result = input.evidence.get(referencesRequest(input))
    if (!result) return wait('What the added lines refer to is being looked up; nothing to do.')
    if (!result.ok)
      return fail(
        `What the added lines refer to could not be looked up: ${result.reason}. Push again, or split the change.`,
      )
    return judge(result.body, input.settings.references.known)
  },
}

function judge(body: ReferencesBody, known: readonly string[]): Verdict {
  const open = body.unresolved.filter((one) => !known.some((glob) => matchesGlob(glob, one.text)))
  const certain = open.filter((one) => one.certain)
  const annotations = open.slice(0, 50).map(annotationOf)
  if (certain.length > 0)
    return fail(
      `${count(certain.length, 'reference')} on added lines ${certain.length === 1 ? 'leads' : 'lead'} nowhere: ${named(certain)} (rule G14). Correct it and push; what resolves in another way is named in \`gates.references.known\` of the policy file.`,
      annotations,
    )
  if (open.length > 0)
    return flag(
      `${count(open.length, 'name')} on added lines could not be found: ${named(open)}. Correct it and push, or a person who may approve accepts it with the Accept button.`,
      annotations,
    )
  if (body.unchecked.length > 0)
    return flag(
      `${count(body.unchecked.length, 'file')} could not be searched for references: ${listed(
        body.unchecked.map((one) => `${code(one.path)} (${one.reason})`),
        3,
      )}. Split the change, or a person who may approve accepts it with the Accept button.`,
    )
  return pass(
    body.filesRead === 0
      ? 'No file of a language whose references are resolved was changed.'
      : `What the added lines of ${count(body.filesRead, 'file')} import and call exists.`,
  )
}

function named(some: readonly UnresolvedReference[]): string {
  return listed(
    some.map((one) => `${code(one.text)} at ${code(`${one.path}:${one.line}`)}${hint(one)}`),
    4,
  )
}

function hint({ near }: UnresolvedReference): string {
  return near.length === 0
    ? ''
    : ` (near it: ${listed(
        near.map((name) => code(name)),
        3,
        'or',
      )})`
}

function annotationOf(one: UnresolvedReference): Annotation {
  const near = one.near.length === 0 ? '' : ` Near it: ${one.near.join(', ')}.`
  return {
    path: one.path,
    startLine: one.line,
    endLine: one.line,
    level: one.certain ? 'failure' : 'warning',
    message: `${one.text}: ${one.why}${near} (G14)`.slice(0, 4000),
  }
}
