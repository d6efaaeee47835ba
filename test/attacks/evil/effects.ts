/** What the App has done on GitHub about one task, without the words: equal effects of two tasks are equal values (S12). */
import { execFileSync } from 'node:child_process'
import type { GitHubState, GitHubWorld } from '../../../world/index.ts'

/** Digits and hashes differ between two tasks that are treated alike. */
const plain = (text: string) =>
  text
    .replace(/\b[0-9a-f]{7,64}\b/g, 'h')
    .replace(/\d+/g, '0')
    .replace(/\s+/g, ' ')
    .trim()

export interface Effects {
  of(issue: number): object
  /** Everything that the App wrote anywhere, with the place it stands at. */
  texts(): { place: string; text: string }[]
  pullOf(issue: number): GitHubState.Pull | undefined
  /** The issues that an epic was split into. */
  childrenOf(issue: number): number[]
}

export function effectsOn(github: GitHubWorld, repository: string): Effects {
  const { state } = github
  const repo = github.repo(repository)
  const git = (...args: string[]) =>
    execFileSync('git', ['--git-dir', repo.dir, ...args], { maxBuffer: 1e8 }).toString()
  const mine = (one: { repoId: number }) => one.repoId === repo.id
  const issueOf = (number: number) =>
    [...state.issues.values()].find((one) => mine(one) && one.number === number)
  const pullOf = (issue: number) =>
    [...state.pulls.values()].find((one) => mine(one) && one.headRef.startsWith(`agent/${issue}-`))

  const childrenOf = (number: number) => {
    const parent = issueOf(number)?.id
    return [...state.issues.values()].filter((one) => one.parentId === parent).map((one) => one.number)
  }

  /** The marker of a comment and its fixed frame: headings and numbered choices, not what was tried. */
  function comments(number: number): string[] {
    const issue = issueOf(number)
    return [...state.comments.values()]
      .filter((one) => one.issueId === issue?.id && one.viaAppId !== null)
      .map(({ body }) => {
        const marker = plain(/^<!-- countersign:(\S+) -->/.exec(body)?.[1] ?? 'no marker')
        const frame = body
          .split('\n')
          .flatMap(
            (line) => /^\*\*[A-Z][^*]*\*\*|^\d\. (?:Comment|Change|Finish|Do)\b.*/.exec(line)?.[0] ?? [],
          )
        return `${marker}: ${marker === 'progress' ? '' : frame.map(plain).join(' / ')}`
      })
      .sort()
  }

  function runs(sha: string): string[] {
    const newest = new Map<string, GitHubState.CheckRun>()
    for (const run of state.checkRuns.values())
      if (mine(run) && run.headSha === sha) newest.set(`${run.appId} ${run.name}`, run)
    return [...newest.values()]
      .map(({ name, status, conclusion, actions, output, annotations }) =>
        [
          name,
          status,
          conclusion,
          plain(output.title ?? ''),
          actions.map(({ label }) => label).join('+'),
          annotations.length,
        ].join(' | '),
      )
      .sort()
  }

  function commits(pull: GitHubState.Pull): string[] {
    const log = git(
      'log',
      '--format=%an|%cn|%s%x00%(trailers:only,keyonly,separator=%x2C)',
      `main..${pull.headSha}`,
    )
    return log
      .trim()
      .split('\n')
      .map((line) => {
        const [head = '', trailers] = line.split('\0')
        return `${head.split(':')[0]} ${trailers}`
      })
  }

  function pullEffects(pull: GitHubState.Pull): object {
    const reviews = [...state.reviews.values()].filter((one) => one.pullId === pull.id)
    return {
      draft: pull.draft,
      merged: pull.merged,
      base: pull.baseRef,
      reviewers: [pull.requestedReviewerIds, pull.requestedTeamIds],
      tree: git('rev-parse', `${pull.headSha}^{tree}`).trim(),
      commits: commits(pull),
      runs: runs(pull.headSha),
      comments: comments(pull.number),
      reviews: reviews.map(({ id, state: verdict, viaAppId }) => [
        verdict,
        viaAppId === null,
        [...state.reviewComments.values()].filter((one) => one.reviewId === id).length,
      ]),
      threads: [...state.threads.values()]
        .filter((one) => one.pullId === pull.id)
        .map(({ resolvedById }) => resolvedById !== null),
    }
  }

  function of(number: number): object {
    const issue = issueOf(number)
    const pull = pullOf(number)
    return {
      state: [issue?.state, issue?.locked, issue?.assigneeIds],
      labels: [...(issue?.labels ?? [])].sort(),
      comments: comments(number),
      branches: git('for-each-ref', '--format=%(refname)', `refs/heads/agent/${number}-*`)
        .trim()
        .split('\n')
        .map((ref) => plain(ref).replace(/-[a-z0-9-]+$/, '-slug')),
      pull: pull ? pullEffects(pull) : null,
      children: childrenOf(number).map(of),
    }
  }

  return {
    pullOf,
    childrenOf,
    of,
    texts() {
      const texts: { place: string; text: string }[] = []
      const add = (place: string, text: string | null) => texts.push({ place, text: text ?? '' })
      for (const one of state.comments.values()) if (one.viaAppId !== null) add(`comment ${one.id}`, one.body)
      for (const one of state.reviews.values()) if (one.viaAppId !== null) add(`review ${one.id}`, one.body)
      for (const one of state.reviewComments.values())
        if (one.viaAppId !== null) add(`review comment ${one.id}`, one.body)
      for (const one of state.checkRuns.values()) {
        if (one.appId !== github.app.id) continue
        for (const text of [one.output.title, one.output.summary, one.output.text])
          add(`check ${one.name}`, text)
        for (const { message, title } of one.annotations)
          add(`annotation of ${one.name}`, `${title}\n${message}`)
      }
      for (const one of state.issues.values())
        if (one.pullId === null && [one.authorId, one.editorId].includes(github.app.botId))
          for (const text of [one.title, one.body]) add(`issue #${one.number}`, text)
      for (const pull of state.pulls.values()) {
        if (!pull.headRef.startsWith('agent/')) continue
        const issue = state.issues.get(pull.issueId)
        add(`pull request #${pull.number}`, `${issue?.title}\n${issue?.body}`)
        add(`commits of #${pull.number}`, git('log', '--format=%B', `main..${pull.headSha}`))
      }
      return texts
    },
  }
}
