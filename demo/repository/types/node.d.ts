// The few parts of Node that the tests use, so that the type check needs nothing installed.
declare module 'node:test' {
  export function describe(name: string, body: () => void): void
  export function test(name: string, body: () => void | Promise<void>): void
}

declare module 'node:assert/strict' {
  interface Assert {
    equal<T>(actual: T, expected: T): void
    deepEqual<T>(actual: T, expected: T): void
    throws(body: () => unknown, expected: RegExp): void
  }
  const assert: Assert
  export default assert
}
