/**
 * Test words: how eight languages and their usual runners write a test, its being left out, and what it asserts (G13).
 *
 * One line of a hostile diff is up to 2,000 characters: no pattern may have two ways to read the same run of characters.
 */
interface TestWords {
  files: RegExp
  /** A line that leaves tests out, or all others. */
  skipped: readonly RegExp[]
  /** A line with which a test, or a case of one, begins. */
  declared: RegExp
  asserted: RegExp
  /** Assertions that pass for almost anything; adding one where an exact one was removed is a weakening. */
  vague: RegExp
  /** A line that is nothing but a comment: what is written there tests nothing. */
  comment: RegExp
}

const slashes = /^\s*(?:\/\/|\/\*|\*)/
const hashes = /^\s*(?:#|"""|''')/
/** `it`, `test.each`, `describe.concurrent` and so on; never `pattern.test(...)`. */
const call = String.raw`(?<!\.)\b(?:describe|it|test|suite|context|specify|bench|Deno\.test)(?:\s*\.\s*\w+){0,3}`

const javascript: TestWords = {
  files: /\.(?:[cm]?[jt]sx?|vue|svelte|astro)$/i,
  skipped: [
    new RegExp(String.raw`${call}\s*\.\s*(?:skip|only|todo|fails|failing|skipIf|runIf|fixme|ignore)\b`),
    new RegExp(String.raw`^\s*${call}\s*\(.{0,300}?[{,]\s*(?:skip|only|todo|ignore)\s*:\s*(?!false)`),
    /(?<![.\w])(?:x(?:it|test|describe|context|specify)|f(?:it|test|describe|context|specify))\s*[(.]/,
    /\b(?:this|t|ctx|context|test)\s*\.\s*(?:skip|todo)\s*\(|(?<![.\w])pending\s*\(/,
  ],
  declared: /(?<!\.)\b(?:it|test|specify|Deno\.test)(?:\s*\.\s*\w+){0,3}\s*[(`]/,
  asserted:
    /\bexpect\b(?:\s*\.\s*\w+){0,2}\s*[(<]|\bassert\w*\b|\.should\b|\bt\s*\.\s*(?:is|not|ok|equal|deepEqual|same|strictSame|like|match|regex|throws\w*|true|false|truthy|falsy|snapshot)\s*\(/,
  vague:
    /\.(?:toBeTruthy|toBeDefined|toBeFalsy|not\.toThrow|toBeUndefined)\(\s*\)|expect\.anything\(\)|expect\(\s*true\s*\)/,
  comment: slashes,
}

const python: TestWords = {
  files: /\.pyi?$/i,
  skipped: [
    /\bmark\.(?:skip|skipif|xfail)\b/,
    /@(?:unittest\.)?(?:skip|skipIf|skipUnless|expectedFailure)\b/,
    /\bpytest\.(?:skip|xfail|importorskip)\s*\(|\.skipTest\s*\(|\braise\s+(?:unittest\.)?SkipTest\b/,
    /^\s*__test__\s*=\s*False\b/,
  ],
  declared: /^\s*(?:async\s+)?def\s+test\w*/,
  asserted: /\bassert\w*\b|\.(?:assert\w+|fail)\s*\(|\bpytest\.(?:raises|warns)\b/,
  vague: /\bassert(?:\s*\(\s*|\s+)True\b|\.assertTrue\(\s*True\s*\)/,
  comment: hashes,
}

const go: TestWords = {
  files: /\.go$/i,
  skipped: [/\.\s*Skip(?:f|Now)?\s*\(/, /^\/\/(?:go:build|\s*\+build)\b[^\n]{0,200}?\bignore\b/],
  declared: /^\s*func\s+(?:\([^)]{0,100}\)\s*)?(?:Test|Benchmark|Fuzz|Example)\w*\s*\(|\b[tb]\.Run\s*\(/,
  asserted:
    /\b[tb]\s*\.\s*(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\s*\(|\b(?:assert|require)\s*\.\s*[A-Z]\w*\s*\(|\.(?:Not)?(?:Equal|Nil|Empty|Contains|Zero)f?\s*\(|\.(?:NoError|ErrorIs|ErrorAs|ErrorContains|True|False|Len|ElementsMatch|JSONEq|Panics)f?\s*\(/,
  vague: /\.True\(\s*(?:t\s*,\s*)?true\s*\)/,
  // What decides whether a file is built looks like a comment.
  comment: /^\s*(?:\/\/(?!go:build|\s*\+build)|\/\*|\*)/,
}

const jvm: TestWords = {
  files: /\.(?:java|kts?|scala|groovy)$/i,
  skipped: [
    /@(?:Disabled\w*|Ignore\w*|EnabledIf\w*|Enabled(?:On|For)\w*)\b/,
    /\benabled\s*=\s*false\b|\bassum(?:e|ing)[A-Z]\w*\s*\(|\bAssumptions?\s*\./,
    /^\s*(?:ignore|xtest|xit|xdescribe|xcontext|xshould)\s*\(/,
  ],
  declared:
    /@(?:Test|ParameterizedTest|RepeatedTest|TestFactory|Theory|Property)\b|^\s*(?:test|it|should)\s*\(/,
  asserted: /\bassert\w*\b|\bverify\w*\s*\(|\bshould\w*\b|(?<![.\w])fail\s*\(|\bexpect\w*\s*[({]/,
  vague: /\bassertTrue\(\s*true\s*\)/,
  comment: slashes,
}

const csharp: TestWords = {
  files: /\.(?:cs|fs|vb)$/i,
  skipped: [
    /\bSkip\s*=|[[,]\s*(?:Ignore|Explicit)(?:Attribute)?\s*[\](,]/,
    /\bAssert\.(?:Ignore|Inconclusive|Pass|Skip\w*)\s*\(|\bSkip\.(?:If|IfNot|When|Unless)\s*\(/,
  ],
  declared: /\[\s*(?:Fact|Theory|Test|TestCase|TestMethod|DataTestMethod|InlineData|DataRow)\b/,
  asserted: /\b(?:Collection|String)?Assert\s*\.\s*\w+|\.Should\w*\s*\(|\bVerify\w*\s*\(|\bExpect\s*\(/,
  vague: /\bAssert\.(?:Is)?True\(\s*true\s*\)/,
  comment: slashes,
}

const php: TestWords = {
  files: /\.php$/i,
  skipped: [
    /\bmarkTest(?:Skipped|Incomplete)\w*\s*\(|->\s*(?:skip\w*|todo|only)\s*\(|(?<![>:$\w])todo\s*\(/,
    /@(?:requires|doesNotPerformAssertions)\b|\bexpectNotToPerformAssertions\s*\(|#\[\s*(?:Requires\w+|DoesNotPerformAssertions)\b/,
  ],
  declared: /\bfunction\s+test\w*\s*\(|@test\b|#\[\s*Test\b|(?<![>:$\w])(?:it|test)\s*\(/,
  asserted: /\bassert\w*\s*\(|->\s*(?:expect|should)\w*\s*\(|(?<![>:$\w])expect\s*\(/,
  vague: /\bassertTrue\(\s*true\s*\)/i,
  comment: /^\s*(?:\/\/|\/\*|\*|#(?!\[))/,
}

const ruby: TestWords = {
  files: /\.(?:rb|rake)$/i,
  skipped: [
    /^\s*(?:skip|pending|omit)\b(?!\s*[=.:])/,
    /^\s*[xf](?:it|describe|context|specify|example|scenario|feature|test)\b/,
    /[,{]\s*:?(?:skip|pending|focus|focused)\b\s*(?:=>|:|,|do\b|$)/,
  ],
  declared: /^\s*(?:it|specify|example|scenario|test|should)\b\s*[('"{d]|^\s*def\s+test_/,
  asserted:
    /\bexpect\b|\bis_expected\b|\bassert\w*\b|\brefute\w*\b|\bflunk\b|\.(?:must|wont)_\w+|\.should\w*\b/,
  vague: /\bassert(?:\s*\(\s*|\s+)true\b|\bexpect\(\s*true\s*\)/,
  comment: /^\s*#/,
}

const rust: TestWords = {
  files: /\.rs$/i,
  skipped: [
    /#!?\[\s*(?:ignore\b|cfg_attr\s*\([^)]{0,200}\bignore\b)/,
    /#!?\[\s*cfg\s*\(\s*(?:any\s*\(\s*\)|not\s*\(\s*test\b)/,
  ],
  declared: /#\[\s*(?:\w+::)*(?:test|rstest|case|test_case|bench|proptest|quickcheck)\b/,
  asserted: /\b(?:debug_)?assert\w*!|\bprop_assert\w*!|\bpanic!|\b(?:unwrap|expect)_err\b/,
  vague: /\bassert!\s*\(\s*true\s*[,)]/,
  comment: /^\s*(?:\/\/|\/\*)/,
}

const languages = [javascript, python, go, jvm, csharp, php, ruby, rust]

/** The words for a file by its ending; of files in no language that is known, those of JavaScript. */
export const wordsFor = (path: string): TestWords =>
  languages.find(({ files }) => files.test(path)) ?? javascript

/** Whether tests stand beside the code that they test, in files of any name. */
export const holdsTests = (path: string): boolean => rust.files.test(path)

/** A line that takes what follows out of the program, when what follows was there before. */
export const opensComment =
  /^\s*(?:\/\*(?!.*\*\/)|=begin\b|#if\s+(?:false|0)\b|if\s*(?:\(\s*)?(?:false|False|0)\b\s*(?:\)\s*)?[:{]?\s*$)/
