/** Intake: from one verified webhook to facts and keys. Pure; the payload goes no further. */
import { checkRun, checkSuite, status, workflowRun } from './checks.ts'
import { issueComment, review, reviewComment, reviewThread } from './comments.ts'
import { deployment, protectionRule } from './deployments.ts'
import { installation, repository } from './installations.ts'
import { issues } from './issues.ts'
import { mergeGroup, pullRequest, push } from './pulls.ts'
import { type Intake, type IntakeContext, type Reader, understood } from './result.ts'

const readers: Readonly<Record<string, Reader>> = {
  issues,
  issue_comment: issueComment,
  pull_request: pullRequest,
  pull_request_review: review,
  pull_request_review_comment: reviewComment,
  pull_request_review_thread: reviewThread,
  check_run: checkRun,
  check_suite: checkSuite,
  workflow_run: workflowRun,
  status,
  push,
  merge_group: mergeGroup,
  deployment,
  deployment_status: deployment,
  deployment_protection_rule: protectionRule,
  installation,
  installation_repositories: installation,
  repository,
}

/**
 * What one webhook means to us. Total: any event name and any JSON value have an answer.
 *
 * @param event the X-GitHub-Event header.
 * @param payload what JSON.parse gave.
 * @param delivery the X-GitHub-Delivery GUID; a redelivery has the same one.
 */
export function intake(event: string, payload: unknown, delivery: string, context: IntakeContext): Intake {
  const reader = Object.hasOwn(readers, event) ? readers[event] : undefined
  return reader
    ? reader(payload, delivery, context)
    : understood('ignored: not an event that Countersign uses')
}
