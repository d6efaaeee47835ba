/** G6: code comes with documentation, unless the approved plan says why it needs none. */
import { classify } from '../core/classify.ts'
import { code, count, listed } from '../core/sentences.ts'
import { flag, pass } from '../core/verdict.ts'
import { diffGate } from './gate.ts'

export const docsWithCode = diffGate({
  id: 'docs-with-code',
  requirement: 'G6',
  title: 'Documentation with code',
  about: 'Code comes with documentation, unless the approved plan says why it needs none.',
  acceptedBy: 'approver',
  off: (input) =>
    input.settings.docs_with_code ? null : 'Switched off in the policy file (`gates.docs_with_code`).',
  judge: (diff, input) => {
    const kindOf = (path: string) => classify(path, input.settings.paths)
    const changed = diff.files.filter((file) => kindOf(file.path) === 'code')
    if (changed.length === 0) return pass('No code was changed, so no documentation is asked for.')
    const docs = diff.files.filter(
      (file) => kindOf(file.path) === 'documentation' && file.status !== 'deleted',
    )
    if (docs.length > 0)
      return pass(
        `${count(changed.length, 'code file')} changed together with ${listed(
          docs.map((file) => code(file.path)),
          3,
        )}.`,
      )
    if (input.plan?.documentation.kind === 'none')
      return pass(
        `The plan says that no documentation is needed: ${code(input.plan.documentation.reason, 200)}.`,
      )
    return flag(
      `${listed(
        changed.map((file) => code(file.path)),
        3,
      )} changed without documentation. Update it and push, or a person who may approve accepts it with the Accept button.`,
    )
  },
})
