/** Protected surfaces as the languages and layouts spell them, and the neighbours that they are not. */
import { expect, test } from '@jest/globals'
import { protectedBy, protectedRules } from '../../src/core/protectedPaths.ts'

const rules = protectedRules([])

test.each([
  ['src/main/java/acme/AuthenticationFilter.java', 'authentication'],
  ['src/main/java/acme/StripePaymentGateway.java', 'withdrawals and payments'],
  ['src/Acme.Payments/Ledger.cs', 'withdrawals and payments'],
  ['src/Acme.Web/Controllers/LoginController.cs', 'authentication'],
  ['app/Http/Middleware/JWTGuard.php', 'authentication'],
  ['app/Policies/UserPermissionPolicy.php', 'permissions'],
  ['packages/auth-service/src/index.ts', 'authentication'],
  ['services/payout_worker/main.go', 'withdrawals and payments'],
  ['src/OAuthClient.ts', 'authentication'],
  ['src/userAuth.ts', 'authentication'],
  ['src/\u0430uthService.ts', 'authentication'],
  ['lib/secretStore.rb', 'key and secret management'],
  ['src/rbac/roleBinding.rs', 'permissions'],
  ['ci/setup/action.yml', 'CI workflows'],
  ['packages/web/CLAUDE.local.md', 'agent instruction files'],
  ['.codex/config.toml', 'agent instruction files'],
])('D3: %s is protected as %s', (path, surface) => {
  expect(protectedBy(rules, path)?.surface).toBe(surface)
})

test.each([
  'src/authors.ts',
  'src/AuthorList.java',
  'src/objectKeys.ts',
  'src/keysOf.ts',
  'src/worktreeCheckout.ts',
  'scripts/checkout-branch.sh',
  'src/work/sessionDue.ts',
  'src/passThrough.ts',
  'docs/actions.yml.md',
])('D3: %s is not', (path) => {
  expect(protectedBy(rules, path)).toBeNull()
})

test('D3: word by word holds for what is built in, not for the paths that a policy names', () => {
  const own = protectedRules({ defaults: false, paths: ['src/core/**'] })
  expect(protectedBy(own, 'src/core/x.ts')).not.toBeNull()
  expect(protectedBy(own, 'src/core-utils/x.ts')).toBeNull()
})
