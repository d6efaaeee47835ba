/** The board's own addresses, and GitHub's beside them. */
import { parseKey, type RepositoryName, type SubjectKey } from '../core/ids.ts'

export const paths = {
  home: '/board',
  repository: (name: RepositoryName) => `/board/${name}`,
  task: (name: RepositoryName, issue: number) => `/board/${name}/issues/${issue}`,
  pull: (name: RepositoryName, number: number) => `/board/${name}/pulls/${number}`,
  environment: (name: RepositoryName, environment: string) =>
    `/board/${name}/environments/${encodeURIComponent(environment)}`,
  enforcement: (name: RepositoryName) => `/board/${name}/enforcement`,
  figures: (name: RepositoryName) => `/board/${name}/figures`,
}

/** The page about a subject; null for a merge queue's group, which has none. */
export function pathOf(key: SubjectKey): string | null {
  const subject = parseKey(key)
  switch (subject?.kind) {
    case 'task':
      return paths.task(subject.repository, subject.issue)
    case 'pull':
      return paths.pull(subject.repository, subject.number)
    case 'rollout':
      return paths.environment(subject.repository, subject.environment)
    default:
      return null
  }
}

/** Pages on GitHub. @param web such as `https://github.com`, without a slash at its end. */
export const github = (web: string) => ({
  issue: (name: RepositoryName, number: number) => `${web}/${name}/issues/${number}`,
  pull: (name: RepositoryName, number: number) => `${web}/${name}/pull/${number}`,
  commit: (name: RepositoryName, sha: string) => `${web}/${name}/commit/${sha}`,
})
export type GitHubPages = ReturnType<typeof github>
