/** Test integrity in eight languages: each way to leave a test out is seen, and ordinary work on tests is not. */
import { describe, expect, test } from '@jest/globals'
import { linesPerFile } from '../../src/adapters/workspace/gitPatch.ts'
import { file } from '../support/snapshots.ts'
import { input, run } from './input.ts'

const lines = (...texts: string[]) => texts.map((text, at) => ({ line: at + 3, text }))
const judge = (path: string, change: Parameters<typeof file>[1]) =>
  run('test-integrity', input([file(path, { added: [], removed: [], ...change })]))

const paths = {
  js: 'test/x.test.ts',
  py: 'tests/test_x.py',
  go: 'x_test.go',
  java: 'src/XTest.java',
  cs: 'tests/XTests.cs',
  php: 'src/XTest.php',
  rb: 'spec/x_spec.rb',
  rs: 'src/x.rs',
} as const
type Language = keyof typeof paths

describe('G13: what leaves tests out is shown', () => {
  test.each<[Language, string]>([
    ['js', 'it.concurrent.skip("x", f)'],
    ['js', 'test.skip.each`a`("x", f)'],
    ['js', 'test.describe.fixme("x", f)'],
    ['js', 'test.fails("x", f)'],
    ['js', 'xcontext("x", () => {'],
    ['js', 'fit("x", f)'],
    ['js', 'it("x", { skip: true }, f)'],
    ['js', '  this.skip()'],
    ['js', '  t.skip("later")'],
    ['py', '@pytest.mark.skipif(True, reason="x")'],
    ['py', '@unittest.skipIf(True, "x")'],
    ['py', '@unittest.expectedFailure'],
    ['py', 'pytestmark = pytest.mark.skip'],
    ['py', '        self.skipTest("x")'],
    ['py', '        raise unittest.SkipTest("x")'],
    ['go', '\tsuite.T().Skip("x")'],
    ['go', '//go:build ignore'],
    ['java', '@DisabledIf("always")'],
    ['java', '  assumeTrue(false);'],
    ['java', '@Test(enabled = false)'],
    ['cs', '[Fact(Skip = "later")]'],
    ['cs', '[Test, Ignore("later")]'],
    ['cs', '[Ignore]'],
    ['cs', '  Assert.Inconclusive();'],
    ['php', '    $this->markTestSkipped("x");'],
    ['php', '})->skip();'],
    ['rb', "    xit 'does' do"],
    ['rb', "  skip 'later'"],
    ['rb', "  it 'does', skip: true do"],
    ['rb', "  it 'does', :focus do"],
    ['rs', '    #[ignore = "slow"]'],
    ['rs', '#[cfg(any())]'],
  ])('%s: %s', (language, text) => {
    const verdict = judge(paths[language], { added: lines(text) })
    expect([verdict.state, verdict.sentence]).toEqual(['flag', expect.stringContaining('skips or narrows')])
  })

  test.each<[Language, string, string]>([
    ['js', "  it('adds', () => {", "  // it('adds', () => {"],
    ['js', '    expect(sum(1, 2)).toBe(3)', '    // expect(sum(1, 2)).toBe(3)'],
    ['py', '    def test_adds(self):', '    # def test_adds(self):'],
    ['py', '    async def test_adds(self):', '    async def adds(self):'],
    ['go', 'func TestAdds(t *testing.T) {', '// func TestAdds(t *testing.T) {'],
    ['go', '\t\tt.Errorf("got %d", got)', '\t\tt.Logf("got %d", got)'],
    ['java', '  @ParameterizedTest', '  // @ParameterizedTest'],
    ['cs', '    [Fact]', '    // [Fact]'],
    ['cs', '    Assert.Equal(3, sum);', '    Assert.True(true);'],
    ['php', '    public function testAdds(): void', '    public function adds(): void'],
    ['rb', "  it 'adds' do", "  # it 'adds' do"],
    ['rb', '    refute_nil sum', '    sum'],
    ['rs', '    #[tokio::test]', '    // #[tokio::test]'],
  ])('%s: commented out or taken away, %s', (language, before, after) => {
    const verdict = judge(paths[language], { removed: lines(before), added: lines(after) })
    expect([verdict.state, verdict.sentence]).toEqual([
      'flag',
      expect.stringMatching(/removed \(line 3 before/),
    ])
  })

  test('a comment that is opened above what was there before', () => {
    const verdict = judge(paths.js, { added: [...lines('/*'), { line: 40, text: '*/' }] })
    expect([verdict.state, verdict.sentence]).toEqual([
      'flag',
      expect.stringContaining('takes the lines after'),
    ])
  })
})

describe('G13: ordinary work on tests is nobody’s business', () => {
  test.each<[Language, string[], string[]]>([
    [
      'js',
      ['/**', ' * Adds; we skip(nothing).', ' */', "it('adds', () => {", '  expect(sum()).toBe(3)', '})'],
      [],
    ],
    ['js', ["it('adds well', () => {"], ["it('adds', () => {"]],
    ['js', ['const matches = /x/i.exec(text)'], ['const matches = /x/.test(text)']],
    ['js', ['const model = curve.fit(points)', 'const only = { only: true }'], []],
    ['py', ['    """What it does."""', '    def test_more(self):', '        assert more() == 2'], []],
    ['go', ['\tt.Run("adds", func(t *testing.T) {', '\tif got != 3 {', '\t\tt.Errorf("got %d", got)'], []],
    ['java', ['@Test', 'void adds() {', 'assertEquals(3, sum());'], []],
    ['cs', ['[Theory]', '[InlineData(1, 2)]', 'Assert.Equal(3, items.Skip(1).First());'], ['[Fact]']],
    ['php', ['public function testMore(): void', '$this->assertSame(3, $sum);'], []],
    ['rb', ["it 'adds' do", 'expect(list.skip).to eq(3)'], []],
    ['rs', ['#[test]', 'fn adds() {', 'assert_eq!(3, iter.skip(1).sum());'], []],
  ])('%s: %j', (language, come, gone) => {
    const verdict = judge(paths[language], { added: lines(...come), removed: lines(...gone) })
    expect([verdict.state, verdict.sentence]).toEqual(['pass', expect.any(String)])
  })
})

test('T30, G13: a file of lines made to be read in many ways is judged while nobody notices', () => {
  const fill = (text: string) => text.repeat(Math.ceil(2000 / text.length)).slice(0, 2000)
  const others = ['it(', 'if', '#[cfg_attr(', '//go:build', 'expect(', 'func (', '[Ignore'].flatMap(
    (text) => [text.padEnd(2000), fill(`${text} `), fill(`${text},`)],
  )
  // Each blank could be read in two ways: one such line took 40 ms, and the file stopped the whole App for minutes.
  const added = Array.from({ length: linesPerFile }, (_, at) => ({
    line: at + 1,
    text: others[at] ?? (at % 2 === 0 ? 'assert' : 'test.each').padEnd(2000),
  }))
  for (const path of Object.values(paths))
    expect(judge(path, { added, removed: added }).state).toMatch(/flag|pass/)
}, 30_000)
